"""Text of Word files: paragraphs and tables in body order, with the numbers that Word draws but does not store."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import docx
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn

from index.errors import UnreadableDocument
from index.word_numbers import WordNumbers

MOST_EXPANDED_BYTES = 200 * 1024 * 1024
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SHORT_ROW = 60
# What python-docx, lxml and zipfile raise on damaged files; found by flipping bytes in sound ones.
_BROKEN = (
    OpcError,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,  # what lxml's XMLSyntaxError is
    KeyError,
    ValueError,
    AttributeError,
    IndexError,
    TypeError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
)
# Deleted text, the second copy of a text box, phonetic signs above characters, properties.
_SKIPPED = frozenset(qn(f"w:{name}") for name in ("pPr", "rPr", "del", "moveFrom", "txbxContent", "rt")) | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
_DRAWN = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_WRAPPERS = frozenset(qn(f"w:{name}") for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))


def word_text(name: str, data: bytes) -> str:
    """Return the text of a .docx file, a line per paragraph. Raises UnreadableDocument, naming the file."""
    _check_package(name, data)
    try:
        document = docx.Document(io.BytesIO(data))
        numbers = WordNumbers(document)
        return "\n".join(_lines(document.element.body, numbers))
    except _BROKEN as error:
        raise _broken(name) from error


def _check_package(name: str, data: bytes) -> None:
    """Raise for what is no docx, before python-docx unpacks it."""
    if data.startswith(_OLD_OFFICE):
        locked = _ENCRYPTED in data
        raise UnreadableDocument(
            f"{name}: protected by a password; remove it in Word and save again"
            if locked
            else f"{name}: an old Word file (.doc) by its content; open it in Word or WPS and save it as .docx"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = set(package.namelist())
            size = sum(entry.file_size for entry in package.infolist())
    except _BROKEN as error:
        raise _broken(name) from error
    if size > MOST_EXPANDED_BYTES:
        raise UnreadableDocument(f"{name}: unpacks to {size:,} bytes, more than {MOST_EXPANDED_BYTES:,}; not opened")
    if "word/document.xml" not in names and "[Content_Types].xml" not in names:
        raise UnreadableDocument(f"{name}: a zip archive without a Word document in it; name it .zip")


def _broken(name: str) -> UnreadableDocument:
    return UnreadableDocument(f"{name}: not a sound .docx file; open it in Word or WPS and save it again as .docx")


def _lines(container: Any, numbers: WordNumbers) -> Iterator[str]:  # noqa: ANN401 - an lxml element
    """Yield the lines of a body, a cell or a content control."""
    for child in container:
        if child.tag == qn("w:p"):
            text = "".join(_runs(child))
            number = numbers.next_number(child)
            yield number + text if text.strip() else text
        elif child.tag == qn("w:tbl"):
            for row in child.iter(qn("w:tr")):
                yield from _row(row, child, numbers)
        elif child.tag in _WRAPPERS:
            yield from _lines(child, numbers)


def _row(row: Any, table: Any, numbers: WordNumbers) -> Iterator[str]:  # noqa: ANN401 - lxml elements
    """Yield a row: one line where its cells are short (a form), otherwise the lines of each cell."""
    if next(row.iterancestors(qn("w:tbl"))) is not table:
        return
    cells = [
        [line for line in _lines(cell, numbers) if line.strip()] for cell in row.iter(qn("w:tc")) if _in(cell, row)
    ]
    filled = [cell for cell in cells if cell]
    if all(len(cell) == 1 for cell in filled) and sum(len(cell[0]) for cell in filled) <= _SHORT_ROW:
        yield " ".join(cell[0] for cell in filled)
        return
    for cell in filled:
        yield from cell


def _in(cell: Any, row: Any) -> bool:  # noqa: ANN401 - lxml elements
    return next(cell.iterancestors(qn("w:tr"))) is row


def _runs(element: Any) -> Iterator[str]:  # noqa: ANN401 - an lxml element
    """Yield the visible text of a paragraph, tracked insertions and links included."""
    for child in element:
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag in _DRAWN:
            yield _DRAWN[child.tag]
        elif child.tag not in _SKIPPED:
            yield from _runs(child)
