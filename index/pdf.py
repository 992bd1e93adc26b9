"""Text of PDF files: lines put together to paragraphs, without running heads and page numbers."""

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw

from index.deadlines import Deadline
from index.errors import UnreadableDocument
from index.pdf_grids import Grid, page_grids
from index.pdf_lines import PdfLine, PdfTable
from index.pdf_pages import text_spans
from index.pdf_paragraphs import pdf_paragraphs
from index.pdf_rules import page_rules
from index.pdf_tables import Spot, grid_rows, spot_at, whole_tables, with_tables
from index.readings import MOST_CHARACTERS, Line, Reading, set_apart
from index.tables import table_lines
from index.text import has_letter

MOST_PAGES = 2000
_HEAD = 1024
_MOST_STRANGE = 0.2
_LEAST_SLOPE = 5
# U+FFFE and U+0002 are what pdfium gives for a hyphen at a line end.
_HYPHEN = re.compile("[\ufffe\x02]")
_LINE = re.compile("[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The lines of a page as they stand, whether it is a picture of one, and the lowest grid of ruling lines on it."""

    lines: tuple[PdfLine, ...]
    scanned: bool
    last_grid: Grid | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a character stands, how high its foot is, and about how large it is."""

    spot: Spot
    height: float
    size: float

    def goes_on(self, last: "_Place") -> bool:
        """Return whether the character stands on one line with the last. In a cell, pdfium may take two for one."""
        return self.spot == last.spot and (not self.spot or abs(self.height - last.height) <= self.size / 2)


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
    kept = text_spans([[line.words for line in page.lines] for page in pages])
    whole = whole_tables([page.lines[span] for page, span in zip(pages, kept, strict=True)])
    found = pdf_paragraphs(whole, deadline)
    return Reading(lines=tuple(line for part in found for line in _part_lines(part)), notes=_notes(name, pages))


def page_lines(page: pypdfium2.PdfPage, grids: Sequence[Grid] = ()) -> tuple[PdfLine, ...]:
    """Return the lines of a page in the order of the file; a blank one holds what stands in each of the grids."""
    content = page.get_textpage()
    try:
        lines = _lines(content, grids, turned=page.get_rotation())
        return tuple(with_tables(lines, grids)) if grids else tuple(line for line, _ in lines)
    finally:
        content.close()


def _part_lines(part: str | PdfTable) -> Iterator[Line]:
    return set_apart(table_lines(grid_rows(part))) if isinstance(part, PdfTable) else iter([Line(text=part)])


def _pages(name: str, data: bytes, deadline: Deadline) -> list[_Page]:
    document = pypdfium2.PdfDocument(data)
    try:
        if len(document) > MOST_PAGES:
            raise UnreadableDocument(f"{name}: {len(document):,} pages, more than {MOST_PAGES:,}; split the file")
        pages: list[_Page] = []
        above: Grid | None = None
        characters = 0
        for number in range(len(document)):
            deadline.check()
            pages.append(_page(document, number, above))
            above = pages[-1].last_grid
            characters += sum(len(line.words) for line in pages[-1].lines)
            if characters > MOST_CHARACTERS:
                raise UnreadableDocument(f"{name}: more than {MOST_CHARACTERS:,} characters; split it by report")
        return pages
    finally:
        document.close()


def _page(document: pypdfium2.PdfDocument, number: int, above: Grid | None) -> _Page:
    page = document[number]
    try:
        grids = page_grids(page_rules(page), above)
        lines = page_lines(page, grids)
        empty = not any(has_letter(line.words) for line in lines)
        return _Page(lines=lines, scanned=empty and _has_picture(page), last_grid=grids[-1] if grids else None)
    finally:
        page.close()


def _lines(content: pypdfium2.PdfTextPage, grids: Sequence[Grid], *, turned: int) -> Iterator[tuple[PdfLine, Spot]]:
    """Yield the lines of a page, cut where a cell ends, and where each stands among the grids."""
    for found in _LINE.finditer(str(content.get_text_range())):
        line = found.group().rstrip()
        start, end = found.start() + len(line) - len(line.lstrip()), found.start() + len(line)
        for span, spot in _pieces(found.string, content, grids, range(start, end), turned=turned):
            text = _HYPHEN.sub("", found.string[span.start : span.stop]).strip()
            yield _placed(text, content, span[0], span[-1], turned=turned) if text else PdfLine(text=""), spot


def _pieces(
    text: str, content: pypdfium2.PdfTextPage, grids: Sequence[Grid], line: range, *, turned: int
) -> Iterator[tuple[range, Spot]]:
    """Yield the pieces of a line that stand in one cell or outside of all, without white space around them."""
    start, end = line.start, line.start
    last: _Place | None = None
    for place in line if grids else ():
        if text[place].isspace():
            continue
        left, bottom, right, top = _box(content, place, turned=turned)
        spot = None if _slopes(content, place) else spot_at((left + right) / 2, (bottom + top) / 2, grids)
        here = _Place(
            spot=spot, height=_baseline(content, place, turned=turned), size=(right - left + top - bottom) / 2
        )
        if last and not here.goes_on(last):
            yield range(start, end), last.spot
            start = place
        last, end = here, place + 1
    yield range(start, line.stop), last.spot if last else None


def _baseline(content: pypdfium2.PdfTextPage, place: int, *, turned: int) -> float:
    x, y = ctypes.c_double(), ctypes.c_double()
    char = raw.FPDFText_GetCharIndexFromTextIndex(content, place)
    raw.FPDFText_GetCharOrigin(content, max(char, 0), x, y)
    return {90: -x.value, 180: -y.value, 270: x.value}.get(turned, y.value)


def _slopes(content: pypdfium2.PdfTextPage, place: int) -> bool:
    """Return whether a character is set askew, as those of stamps are, which stand in no cell."""
    char = raw.FPDFText_GetCharIndexFromTextIndex(content, place)
    angle = math.degrees(raw.FPDFText_GetCharAngle(content, max(char, 0)))
    return abs(angle - round(angle / 90) * 90) > _LEAST_SLOPE


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
    return any(has_letter(line.words) for line in page.lines)


def _refuse_strange(name: str, pages: Sequence[_Page]) -> None:
    """Raise where the characters are not those that a reader sees: a font that does not say which they are."""
    characters = [char for page in pages for line in page.lines for char in line.words]
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
