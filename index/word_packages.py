"""Word files of other forms put into the one that python-docx reads: strict Open XML, templates, files with macros."""

import io
import re
import zipfile

_STRICT = b"http://purl.oclc.org/ooxml/"
_OTHER_TYPES = re.compile(
    rb"application/vnd\.(?:openxmlformats-officedocument\.wordprocessingml\.template"
    rb"|ms-word\.(?:document|template)\.macroEnabled(?:Template)?)\.main\+xml"
)
_DOCUMENT_TYPE = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
# Of the names of strict Open XML, those of its parts have a form of their own, and these two differ in a word.
_RENAMED = (
    (b"http://purl.oclc.org/ooxml/officeDocument/", b"http://schemas.openxmlformats.org/officeDocument/2006/"),
    (b"/2006/customProperties", b"/2006/custom-properties"),
    (b"/2006/extendedProperties", b"/2006/extended-properties"),
)
_STRICT_MAIN = re.compile(rb"http://purl\.oclc\.org/ooxml/(wordprocessingml|drawingml)/(\w+)")
_TYPES, _RELATIONS = "[Content_Types].xml", "_rels/.rels"


def plain_package(data: bytes) -> bytes:
    """Return the package of an ordinary .docx for one of another form, others as they are.

    Raises what zipfile raises where it is damaged. Its size must have been looked at before.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = set(package.namelist())
        strict = _RELATIONS in names and _STRICT in package.read(_RELATIONS)
        other = _TYPES in names and _OTHER_TYPES.search(package.read(_TYPES)) is not None
        return _rewritten(package, strict=strict) if strict or other else data


def _rewritten(package: zipfile.ZipFile, *, strict: bool) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as result:
        for entry in package.infolist():
            if not entry.is_dir():
                content = package.read(entry)
                if entry.filename.endswith((".xml", ".rels")):
                    content = _transitional(content) if strict else content
                    content = _OTHER_TYPES.sub(_DOCUMENT_TYPE, content) if entry.filename == _TYPES else content
                result.writestr(entry.filename, content)
    return made.getvalue()


def _transitional(content: bytes) -> bytes:
    """Return a part of a strict package with the names of an ordinary one."""
    for strict, ordinary in _RENAMED:
        content = content.replace(strict, ordinary)
    return _STRICT_MAIN.sub(rb"http://schemas.openxmlformats.org/\1/2006/\2", content)
