"""Text of PDF files: lines put together to paragraphs, without running heads and page numbers."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw

from index.deadlines import Deadline
from index.errors import UnreadableDocument
from index.numbering import starts_numbered
from index.pdf_pages import without_running_lines
from index.punctuation import CLOSERS, FULL_STOPS
from index.readings import MOST_CHARACTERS, Line, Reading
from index.text import has_letter

MOST_PAGES = 2000
_HEAD = 1024
_ENDED = tuple(FULL_STOPS + "；;：:")
_NEVER_FIRST = tuple("，、。；：！？）》」』”’%,.;:!?)")
# A line that reaches this share of the usual width was broken by the edge, not by its author. Headings may be long
# without being broken; a title is set in larger type.
_FULL_LINE = 0.85
_FULL_HEADING = 0.94
_FULL_TITLE = 0.7
_PAUSES = re.compile("[，、。；：！？,;:]")
# A title that stands on several lines: the first breaks off, the last says what kind of document it is.
_LONGEST_TITLE_LINES = 4
_BROKEN_OFF = re.compile("[、的和与及]$|^关于|“[^”]*$|《[^》]*$")
_KIND = re.compile("(?:材料|报告|发言稿?|汇报|清单|方案|提纲|总结|检查|剖析)(?:[（(][^（()）]*[）)])?$")
_NO_TITLE = re.compile("[，。；：！？,;:!?]")
_MOST_STRANGE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The lines of a page as they stand, and whether it is a picture of one."""

    lines: tuple[str, ...]
    scanned: bool


def pdf_text(name: str, data: bytes) -> Reading:
    """Return what a PDF holds, a line per paragraph; a note tells of pages that are pictures.

    Raises UnreadableDocument, naming the file, also where all pages are pictures.
    """
    if b"%PDF-" not in data[:_HEAD]:
        raise UnreadableDocument(f"{name}: no PDF by its content; check the file name or save it again as .pdf")
    try:
        pages = _pages(name, data)
    except (pypdfium2.PdfiumError, UnicodeError, ValueError, OSError) as error:
        raise _translated(name, error) from error
    if not any(_has_text(page) for page in pages):
        raise UnreadableDocument(
            f"{name}: {len(pages)} pages without any text, so most likely scanned; add a version with text in it"
        )
    _refuse_strange(name, pages)
    lines = [line for page in without_running_lines([page.lines for page in pages]) for line in page]
    return Reading(lines=tuple(Line(text=text) for text in _joined(lines)), notes=_notes(name, pages))


def _pages(name: str, data: bytes) -> list[_Page]:
    deadline = Deadline(name)
    document = pypdfium2.PdfDocument(data)
    try:
        if len(document) > MOST_PAGES:
            raise UnreadableDocument(f"{name}: {len(document):,} pages, more than {MOST_PAGES:,}; split the file")
        pages: list[_Page] = []
        characters = 0
        for number in range(len(document)):
            deadline.check()
            pages.append(_page(document, number))
            characters += sum(map(len, pages[-1].lines))
            if characters > MOST_CHARACTERS:
                raise UnreadableDocument(f"{name}: more than {MOST_CHARACTERS:,} characters; split it by report")
        return pages
    finally:
        document.close()


def _page(document: pypdfium2.PdfDocument, number: int) -> _Page:
    page = document[number]
    try:
        content = page.get_textpage()
        try:
            text = str(content.get_text_range())
        finally:
            content.close()
        # U+FFFE and U+0002 are what pdfium gives for a hyphen at a line end.
        lines = tuple(line.strip() for line in re.split("\r\n|\r|\n", re.sub("[\ufffe\x02]", "", text)))
        empty = not any(map(has_letter, lines))
        return _Page(lines=lines, scanned=empty and _has_picture(page))
    finally:
        page.close()


def _has_picture(page: pypdfium2.PdfPage) -> bool:
    return next(iter(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])), None) is not None


def _has_text(page: _Page) -> bool:
    return any(map(has_letter, page.lines))


def _refuse_strange(name: str, pages: Sequence[_Page]) -> None:
    """Raise where the characters are not those that a reader sees: a font that does not say which they are."""
    characters = [char for page in pages for line in page.lines for char in line]
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


def _joined(lines: Sequence[str]) -> list[str]:
    usual = _usual_width(lines)
    title, lines = _whole_title(lines)
    result: list[str] = []
    last = ""
    for line in lines:
        if last and line and (_goes_on(last, line, usual=usual) or _is_title_rest(result, line, usual=usual)):
            result[-1] += _glue(last, line) + line
        else:
            result.append(line)
        last = "" if title and line == title else line
    return result


def _whole_title(lines: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the title at the top that was set on several lines, "" without one, and the lines with it in one."""
    first = next((place for place, line in enumerate(lines) if line), len(lines))
    for end in range(first, min(first + _LONGEST_TITLE_LINES, len(lines))):
        line = lines[end]
        if not line or _NO_TITLE.search(line) or starts_numbered(line) or not _BROKEN_OFF.search(lines[first]):
            break
        if _KIND.search(line):
            title = "".join(lines[first : end + 1])
            return title, [*lines[:first], title, *lines[end + 1 :]]
    return "", lines


def _usual_width(lines: Sequence[str]) -> float:
    """Return the width of the wide lines, the widest tenth left out as it may be a heading in smaller type."""
    widths = sorted(_width(line) for line in lines if line)
    return widths[len(widths) * 9 // 10] if widths else 0


def _goes_on(last: str, line: str, *, usual: float) -> bool:
    if line.startswith(_NEVER_FIRST):
        return True
    full = usual * (_FULL_LINE if _PAUSES.search(last) else _FULL_HEADING)
    return _width(last) >= full and not last.rstrip(CLOSERS).endswith(_ENDED) and not starts_numbered(line)


def _is_title_rest(above: Sequence[str], line: str, *, usual: float) -> bool:
    """Return whether a line is the end of a title that stands alone above it."""
    if any(above[:-1]) or _PAUSES.search(above[-1] + line) or starts_numbered(line):
        return False
    return usual * _FULL_TITLE <= _width(above[-1]) and _width(line) < usual / 2


def _width(line: str) -> int:
    """Return the width in half characters; a Chinese one takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in line)


def _glue(last: str, line: str) -> str:
    return " " if last[-1].isascii() and last[-1].isalnum() and line[0].isascii() and line[0].isalnum() else ""
