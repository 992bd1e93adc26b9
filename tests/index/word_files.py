"""Word files from raw XML, for what python-docx cannot write; the same bytes every time."""

import io
import zipfile
from xml.sax.saxutils import escape

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORDS = "application/vnd.openxmlformats-officedocument.wordprocessingml"
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
PARTS = {"styles": "styles", "numbering": "numbering", "footnotes": "footnotes", "endnotes": "endnotes",
         "comments": "comments", "header1": "header", "footer1": "footer"}  # fmt: skip
DEFAULT = ' w:default="1"'
LEVELS = (("chineseCounting", "%1、"), ("chineseCountingThousand", "（%2）"), ("decimal", "%3、"))


def docx_bytes(body, **parts):
    """Return a .docx of the body and the other parts, each given as what stands inside its root element."""
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{_type('document', 'document.main')}{''.join(_type(name, PARTS[name]) for name in parts)}</Types>",
        "_rels/.rels": _relations({"word/document.xml": "officeDocument"}),
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}<w:sectPr/></w:body></w:document>",
        "word/_rels/document.xml.rels": _relations({f"{name}.xml": PARTS[name] for name in parts}),
    }
    for name, content in parts.items():
        root = {"header1": "hdr", "footer1": "ftr"}.get(name, name)
        files[f"word/{name}.xml"] = f"<w:{root} {NAMESPACES}>{content}</w:{root}>"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(
                zipfile.ZipInfo(name),
                '<?xml version="1.0" encoding="UTF-8"?>' + content,
                compress_type=zipfile.ZIP_DEFLATED,
            )
    return stream.getvalue()


def run(text, properties=""):
    """Return a run; a line end in the text is a soft one."""
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))
    return f"<w:r>{f'<w:rPr>{properties}</w:rPr>' if properties else ''}{lines}</w:r>"


def para(*content, style="", numbered=None, properties=""):
    """Return a paragraph of runs; plain text is a run. `numbered` is (list, depth)."""
    runs = "".join(run(piece) if not piece.startswith("<") else piece for piece in content)
    if style:
        properties = f'<w:pStyle w:val="{style}"/>{properties}'
    if numbered:
        properties += f'<w:numPr><w:ilvl w:val="{numbered[1]}"/><w:numId w:val="{numbered[0]}"/></w:numPr>'
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{runs}</w:p>"


def table(*rows):
    """Return a table; a cell is text or XML."""
    cells = ("".join(f"<w:tc>{cell if cell.startswith('<') else para(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def levels(*given, styles=(), extra=()):
    """Return the levels of a list, (format, template) each."""
    return "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
        + (f'<w:pStyle w:val="{styles[depth]}"/>' if styles else "")
        + (extra[depth] if extra else "")
        + f'<w:lvlText w:val="{template}"/></w:lvl>'
        for depth, (kind, template) in enumerate(given)
    )


def abstract(number, content):
    return f'<w:abstractNum w:abstractNumId="{number}">{content}</w:abstractNum>'


def listed(number, definition, overrides=""):
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{definition}"/>{overrides}</w:num>'


def style(name, title, *, based_on="", properties="", default=False):
    based = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{name}"{DEFAULT if default else ""}>'
        f'<w:name w:val="{title}"/>{based}<w:pPr>{properties}</w:pPr></w:style>'
    )


def _type(name, kind):
    return f'<Override PartName="/word/{name}.xml" ContentType="{_WORDS}.{kind}+xml"/>'


def _relations(targets):
    rows = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (target, kind) in enumerate(targets.items())
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'
