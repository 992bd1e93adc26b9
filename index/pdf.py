"""Text of PDF files: lines put together to paragraphs, without running heads and page numbers."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw

from index.deadlines import Deadline
from index.errors import UnreadableDocument
from index.pdf_lines import PdfLine
from index.pdf_pages import text_spans
from index.pdf_paragraphs import pdf_paragraphs
from index.readings import MOST_CHARACTERS, Line, Reading
from index.text import has_letter

MOST_PAGES = 2000
_HEAD = 1024
_MOST_STRANGE = 0.2
# U+FFFE and U+0002 are what pdfium gives for a hyphen at a line end.
_HYPHEN = re.compile("[\ufffe\x02]")
_LINE = re.compile("[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The lines of a page as they stand, and whether it is a picture of one."""

    lines: tuple[PdfLine, ...]
    scanned: bool


def pdf_text(name: str, data: bytes) -> Reading:
    """Return what a PDF holds, a line per paragraph; a note tells of pages that are pictures.

    Raises UnreadableDocument, naming the file, also where all pages are pictures.
    """
    if b"%PDF-" not in data[:_HEAD]:
        raise UnreadableDocument(f"{name}: no PDF by its content; check the file name or save it again as .pdf")
    deadline = Deadline(name)
    try:
        pages = _pages(name, data, deadline)
    except (pypdfium2.PdfiumError, UnicodeError, ValueError, OSError) as error:
        raise _translated(name, error) from error
    if not any(_has_text(page) for page in pages):
        raise UnreadableDocument(
            f"{name}: {len(pages)} pages without any text, so most likely scanned; add a version with text in it"
        )
    _refuse_strange(name, pages)
    kept = text_spans([[line.text for line in page.lines] for page in pages])
    texts = pdf_paragraphs([page.lines[span] for page, span in zip(pages, kept, strict=True)], deadline)
    return Reading(lines=tuple(Line(text=text) for text in texts), notes=_notes(name, pages))


def page_lines(page: pypdfium2.PdfPage) -> tuple[PdfLine, ...]:
    """Return the lines of a page in the order of the file."""
    content = page.get_textpage()
    try:
        return tuple(_lines(content, turned=page.get_rotation()))
    finally:
        content.close()


def _pages(name: str, data: bytes, deadline: Deadline) -> list[_Page]:
    document = pypdfium2.PdfDocument(data)
    try:
        if len(document) > MOST_PAGES:
            raise UnreadableDocument(f"{name}: {len(document):,} pages, more than {MOST_PAGES:,}; split the file")
        pages: list[_Page] = []
        characters = 0
        for number in range(len(document)):
            deadline.check()
            pages.append(_page(document, number))
            characters += sum(len(line.text) for line in pages[-1].lines)
            if characters > MOST_CHARACTERS:
                raise UnreadableDocument(f"{name}: more than {MOST_CHARACTERS:,} characters; split it by report")
        return pages
    finally:
        document.close()


def _page(document: pypdfium2.PdfDocument, number: int) -> _Page:
    page = document[number]
    try:
        lines = page_lines(page)
        empty = not any(has_letter(line.text) for line in lines)
        return _Page(lines=lines, scanned=empty and _has_picture(page))
    finally:
        page.close()


def _lines(content: pypdfium2.PdfTextPage, *, turned: int) -> Iterator[PdfLine]:
    for found in _LINE.finditer(str(content.get_text_range())):
        line = found.group().rstrip()
        start, end = found.start() + len(line) - len(line.lstrip()), found.start() + len(line)
        text = _HYPHEN.sub("", line).strip()
        yield _placed(text, content, start, end - 1, turned=turned) if text else PdfLine(text="")


def _placed(text: str, content: pypdfium2.PdfTextPage, first: int, last: int, *, turned: int) -> PdfLine:
    boxes = [_box(content, place, turned=turned) for place in (first, last)]
    return PdfLine(
        text=text,
        left=min(box[0] for box in boxes),
        bottom=min(box[1] for box in boxes),
        right=max(box[2] for box in boxes),
        top=max(box[3] for box in boxes),
    )


def _box(content: pypdfium2.PdfTextPage, place: int, *, turned: int) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of a character; `turned` is by how many degrees the page is shown turned."""
    char = raw.FPDFText_GetCharIndexFromTextIndex(content, place)
    left, bottom, right, top = content.get_charbox(max(char, 0), loose=True)
    if turned == 90:
        return bottom, -right, top, -left
    if turned == 180:
        return -right, -top, -left, -bottom
    if turned == 270:
        return -top, left, -bottom, right
    return left, bottom, right, top


def _has_picture(page: pypdfium2.PdfPage) -> bool:
    return next(iter(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])), None) is not None


def _has_text(page: _Page) -> bool:
    return any(has_letter(line.text) for line in page.lines)


def _refuse_strange(name: str, pages: Sequence[_Page]) -> None:
    """Raise where the characters are not those that a reader sees: a font that does not say which they are."""
    characters = [char for page in pages for line in page.lines for char in line.text]
    strange = sum(char == "\ufffd" or unicodedata.category(char) in {"Co", "Cn", "Cc"} for char in characters)
    if strange > _MOST_STRANGE * len(characters):
        raise UnreadableDocument(
            f"{name}: its fonts do not tell which characters they draw; add the .docx that it was made of"
        )


def _notes(name: str, pages: Sequence[_Page]) -> tuple[str, ...]:
    scanned = [number for number, page in enumerate(pages, start=1) if page.scanned]
    if not scanned:
        return ()
    what = f"page {scanned[0]} is a picture" if len(scanned) == 1 else f"pages {_ranges(scanned)} are pictures"
    return (f"{name}: {what} without text, most likely scanned; not read",)


def _ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers as a person writes them: 3, 5-7."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1] = [ranges[-1][0], number]
        else:
            ranges.append([number])
    return ", ".join("-".join(map(str, pair)) for pair in ranges)


def _translated(name: str, error: Exception) -> UnreadableDocument:
    if "password" in str(error).lower():
        return UnreadableDocument(f"{name}: protected by a password; save it again without one")
    return UnreadableDocument(f"{name}: not a sound PDF; open it in a PDF reader and save it again")
