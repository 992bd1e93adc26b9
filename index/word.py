"""Text of Word files: paragraphs and tables in body order as the final version shows them, with their numbers."""

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import docx
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn

from index.deadlines import Deadline
from index.errors import UnreadableDocument
from index.readings import Line, Reading, bounded, set_apart
from index.tables import GridCell, GridRow, table_lines
from index.word_numbers import WordNumbers
from index.word_packages import plain_package
from index.word_paragraphs import NOTHING, Paragraph, WordParagraphs
from index.word_styles import Element, WordStyles, switched_on, value, whole

MOST_EXPANDED_BYTES = 200 * 1024 * 1024
# Of text, styles and numbers; as a tree in memory they take some twenty times as much.
MOST_XML_BYTES = 24 * 1024 * 1024
MOST_PARTS = 5_000
MOST_RATIO = 200
_RATIO_COUNTS_FROM = 16 * 1024 * 1024
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
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
_WRAPPERS = frozenset(qn(f"w:{name}") for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))


def word_text(name: str, data: bytes) -> Reading:
    """Return what a .docx file holds, a line per paragraph. Raises UnreadableDocument, naming the file."""
    _check_package(name, data)
    try:
        document = docx.Document(io.BytesIO(plain_package(data)))
        return Reading(lines=tuple(bounded(name, _Body(name, document).lines())))
    except _BROKEN as error:
        raise _broken(name) from error


def is_locked(data: bytes) -> bool:
    """Return whether the bytes are those of an Office file under a password."""
    return data.startswith(OLD_OFFICE) and _ENCRYPTED in data


def is_bomb(entries: Sequence[zipfile.ZipInfo]) -> bool:
    """Return whether the entries of a zip archive unpack to so much more than they take as no sound ones do."""
    size = sum(entry.file_size for entry in entries)
    return size > _RATIO_COUNTS_FROM and size > MOST_RATIO * sum(entry.compress_size for entry in entries)


def _check_package(name: str, data: bytes) -> None:
    """Raise for what is no docx, before python-docx unpacks it."""
    if is_locked(data):
        raise UnreadableDocument(f"{name}: protected by a password; remove it in Word and save again")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
    except _BROKEN as error:
        raise _broken(name) from error
    names = {entry.filename for entry in entries}
    if "word/document.xml" not in names and "[Content_Types].xml" not in names:
        raise UnreadableDocument(f"{name}: a zip archive without a Word document in it; name it .zip")
    _refuse_large(name, entries)


def _refuse_large(name: str, entries: list[zipfile.ZipInfo]) -> None:
    size = sum(entry.file_size for entry in entries)
    xml = sum(entry.file_size for entry in entries if entry.filename.lower().endswith((".xml", ".rels")))
    if size > MOST_EXPANDED_BYTES or is_bomb(entries):
        raise UnreadableDocument(
            f"{name}: unpacks to {size:,} bytes, like a zip bomb; not opened: save its text alone if you trust it"
        )
    if xml > MOST_XML_BYTES:
        raise UnreadableDocument(f"{name}: {xml:,} bytes of text and format, more than {MOST_XML_BYTES:,}; split it")
    if len(entries) > MOST_PARTS:
        raise UnreadableDocument(f"{name}: {len(entries):,} parts in it, more than {MOST_PARTS:,}; split it")


def _broken(name: str) -> UnreadableDocument:
    return UnreadableDocument(f"{name}: not a sound .docx file; open it in Word or WPS and save it again as .docx")


class _Body:
    """Reads the body of one document; its paragraphs must be asked for once and in order, since they count."""

    def __init__(self, name: str, document: Any) -> None:  # noqa: ANN401 - of python-docx, which has no types
        self._element = document.element.body
        self._styles = WordStyles(document.styles.element)
        self._numbers = WordNumbers(document, self._styles)
        self._paragraphs = WordParagraphs(document)
        self._deadline = Deadline(name)

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the document."""
        yield from self._lines(self._element)

    def _lines(self, container: Element) -> Iterator[Line]:
        """Yield the lines of a body, a cell, a text box or a content control."""
        carried = NOTHING
        for child in _blocks(container):
            self._deadline.check()
            if child.tag == qn("w:p"):
                found = self._paragraphs.read(child, after=carried)
                # A paragraph whose end was deleted runs on into the next one.
                carried = found if found.runs_on else NOTHING
                if not found.runs_on:
                    yield from self._paragraph(child, found)
            else:
                yield from self._table(child)
        if carried is not NOTHING:
            yield from self._paragraph(None, carried)

    def _paragraph(self, element: Element | None, found: Paragraph) -> Iterator[Line]:
        if element is None:
            yield Line(text=found.text)
        elif not self._styles.is_contents(element):
            number = self._numbers.next_number(element)
            shown = number + found.text if found.text.strip() else found.text
            yield Line(text=shown, level=self._styles.level(element))
        for box in found.boxes:
            yield from set_apart(self._lines(box))
        for note in found.notes:
            yield from self._lines(note)

    def _table(self, table: Element) -> Iterator[Line]:
        rows = [row for row in table.iter(qn("w:tr")) if next(row.iterancestors(qn("w:tbl"))) is table]
        kept = [self._row(row) for row in rows if not switched_on(row.find(qn("w:trPr")), "w:del")]
        yield from set_apart(table_lines(kept))

    def _row(self, row: Element) -> GridRow:
        properties = row.find(qn("w:trPr"))
        before = 0 if properties is None else whole(value(properties, "w:gridBefore"), 0)
        cells = [GridCell(lines=(), wide=before)] if before else []
        for cell in row.iter(qn("w:tc")):
            if next(cell.iterancestors(qn("w:tr"))) is row:
                # Read in any case, since its paragraphs count.
                lines = tuple(line for line in self._lines(cell) if line.text.strip())
                own = cell.find(qn("w:tcPr"))
                wide = 1 if own is None else whole(value(own, "w:gridSpan"), 1)
                cells.append(GridCell(lines=() if _goes_on_above(own) else lines, wide=wide))
        return GridRow(cells=tuple(cells), is_head=switched_on(properties, "w:tblHeader"))


def _goes_on_above(properties: Element | None) -> bool:
    """Return whether a cell is the lower part of one that begins in a row above."""
    merged = None if properties is None else properties.find(qn("w:vMerge"))
    return merged is not None and merged.get(qn("w:val"), "continue") == "continue"


def _blocks(container: Element) -> Iterator[Element]:
    """Yield the paragraphs and tables of a container, those in wrappers included, tables of contents left out."""
    for child in container:
        if child.tag in {qn("w:p"), qn("w:tbl")}:
            yield child
        elif child.tag in _WRAPPERS and not _is_contents(child):
            yield from _blocks(child)


def _is_contents(control: Element) -> bool:
    gallery = control.find(f"{qn('w:sdtPr')}/{qn('w:docPartObj')}")
    return gallery is not None and value(gallery, "w:docPartGallery") == "Table of Contents"
