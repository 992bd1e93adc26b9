"""Files for the tests of the readers, made on the spot."""

import io
import zipfile

import docx
import pytest

from index.archives import expand
from index.errors import UnreadableDocument
from index.readers import parse_document

REPORT = (
    "副镇长对照检查材料\n一、存在的问题\n（一）理论学习方面。一是学得浅。平时只看标题，读得少，想得更少。\n"
    "二、整改措施\n每天读书一小时。"
)


def word_bytes(*paragraphs, change=lambda document: None):
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    change(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def word_text(*paragraphs, change=lambda document: None):
    return parse_document("a.docx", word_bytes(*paragraphs, change=change)).text


def zip_bytes(files, *, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def repacked(data, change):
    """Return a zip with its parts passed through `change(name, data)`."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return zip_bytes({name: change(name, archive.read(name)) for name in archive.namelist()})


def pdf_bytes(content=b"", *, trailer=b""):
    """Return a one-page PDF with ASCII text drawn by `content`."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return b"%sxref\n0 5\n0000000000 65535 f \n%strailer << /Size 5 /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (
        body,
        table,
        trailer,
        len(body),
    )


def refused(name, data, *words, **limits):
    with pytest.raises(UnreadableDocument) as caught:
        parse_document(name, data, **limits)
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert [word for word in words if word not in message] == []


def outcomes(*paths, **limits):
    """Return name → text, or the message of what went wrong, of all that the paths hold."""
    found = {}
    for source in expand(paths, **limits):
        try:
            found[source.name] = source.load().text
        except UnreadableDocument as error:
            found[source.name] = f"! {error}"
    return found
