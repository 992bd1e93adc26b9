"""Text of PDF files: lines put together to paragraphs, page numbers left out."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import pypdfium2

from index.errors import UnreadableDocument
from index.numbering import starts_numbered
from index.punctuation import CLOSERS, FULL_STOPS

MOST_PAGES = 2000
_HEAD = 1024
_PAGE_NUMBER = re.compile(
    r"[-–—―─－·\s]*[0-9０-９]{1,4}[-–—―─－·\s]*|第\s*[0-9一二三四五六七八九十]+\s*页(?:[，,\s]*共\s*[0-9一二三四五六七八九十]+\s*页)?"
    r"|[0-9]{1,4}\s*/\s*[0-9]{1,4}"
)
_ENDED = tuple(FULL_STOPS + "；;：:")
_NEVER_FIRST = tuple("，、。；：！？）》」』”’%,.;:!?)")
# A line that reaches this share of the usual width was broken by the edge, not by its author. Headings may be long
# without being broken; a title is set in larger type.
_FULL_LINE = 0.85
_FULL_HEADING = 0.94
_FULL_TITLE = 0.7
_PAUSES = re.compile("[，、。；：！？,;:]")


def pdf_text(name: str, data: bytes) -> str:
    """Return the text of a PDF, a line per paragraph. Raises UnreadableDocument, naming the file."""
    if b"%PDF-" not in data[:_HEAD]:
        raise UnreadableDocument(f"{name}: no PDF by its content; check the file name or save it again as .pdf")
    try:
        pages = _pages(name, data)
    except (pypdfium2.PdfiumError, UnicodeError, ValueError, OSError) as error:
        raise _translated(name, error) from error
    lines = [line for page in pages for line in _lines(page)]
    if not any(char.isalnum() for line in lines for char in line):
        raise UnreadableDocument(
            f"{name}: {len(pages)} pages without any text, so most likely scanned; add a version with text in it"
        )
    return "\n".join(_joined(lines))


def _pages(name: str, data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    try:
        if len(document) > MOST_PAGES:
            raise UnreadableDocument(f"{name}: {len(document):,} pages, more than {MOST_PAGES:,}; split the file")
        return [_page(document, number) for number in range(len(document))]
    finally:
        document.close()


def _page(document: pypdfium2.PdfDocument, number: int) -> str:
    page = document[number]
    try:
        content = page.get_textpage()
        try:
            return str(content.get_text_range())
        finally:
            content.close()
    finally:
        page.close()


def _translated(name: str, error: Exception) -> UnreadableDocument:
    if "password" in str(error).lower():
        return UnreadableDocument(f"{name}: protected by a password; save it again without one")
    return UnreadableDocument(f"{name}: not a sound PDF; open it in a PDF reader and save it again")


def _lines(page: str) -> Iterator[str]:
    """Yield the lines of a page that hold text, without its number; "" where a blank line parts two paragraphs."""
    # U+FFFE and U+0002 are what pdfium gives for a hyphen at a line end.
    for line in re.split("\r\n|\r|\n", re.sub("[\ufffe\x02]", "", page)):
        text = line.strip()
        if not _PAGE_NUMBER.fullmatch(text):
            yield text


def _joined(lines: Sequence[str]) -> list[str]:
    usual = _usual_width(lines)
    result: list[str] = []
    last = ""
    for line in lines:
        if last and line and (_goes_on(last, line, usual=usual) or _is_title_rest(result, line, usual=usual)):
            result[-1] += _glue(last, line) + line
        else:
            result.append(line)
        last = line
    return result


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
