"""Paragraphs of a PDF: its lines, where those that the edge of a column or of a cell broke are put together."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.deadlines import Deadline
from index.numbering import starts_numbered
from index.pdf_lines import PdfLine, PdfTable, SetLine, half_width
from index.punctuation import CLOSERS, FULL_STOPS

_ENDED = tuple(FULL_STOPS + "；;：:")
_NEVER_FIRST = tuple("，、。；：！？）》」』”’%,.;:!?)")
# An entry of a table of contents: dots and a page.
_ENTRY = re.compile(r"(?:[.．·…] ?){3,}[0-9]{1,4}$")
# Words of several columns, which stand apart.
_COLUMNS = re.compile("(?:[\u4e00-\u9fff] +(?=[\u4e00-\u9fff]).*?){2}")
# What goes to the next line as a whole.
_WHOLE = re.compile(f"(?:[A-Za-z0-9.%]{{1,20}}|.)[{re.escape(''.join(_NEVER_FIRST))}]*")
# Characters that were spread over the width of a cell.
_SPREAD = re.compile("(?:[^\x00-\x7f] )+[^\x00-\x7f]")
_PAUSES = re.compile("[，、。；：！？,;:]")
# A line that ends so many characters before the edge was broken by it, not by its author: where the next character is
# one that may not begin a line, two go down. A line without a pause may be a heading, which ends anywhere.
_SLACK = 2.5
_HEADING_SLACK = 1.2
# What begins further right than this was not broken, but put to the middle or to the right.
_DEEPEST_INDENT = 6
_INDENT = 0.8
# So many lines above and below tell where the edges are, as long as they are set in about the same size.
_NEAR = 15
_SAME_SIZE = 1.2
# A line that sticks out less than this, as punctuation may, does not make an edge.
_STICKS_OUT = 3
# Longer blocks beside others are columns.
_LONGEST_CELL = 8
_SAME_LEADING = 0.25
# A title that stands on several lines: the first breaks off, the last says what kind of document it is; or all are in
# one size, which is larger than that of the text.
_LONGEST_TITLE_LINES = 4
_TOP_LINES = 8
_LARGER = 1.15
_AS_LARGE = 1.08
_BROKEN_OFF = re.compile("[、的和与及]$|^关于|“[^”]*$|《[^》]*$")
_KIND = re.compile("(?:材料|报告|发言稿?|汇报|清单|方案|提纲|总结|检查|剖析)(?:[（(][^（()）]*[）)])?$")
_NO_TITLE = re.compile("[，。；：！？,;:!?]")


@dataclass(slots=True, kw_only=True)
class _Block:
    """Lines at even distances below each other; `beside` says that another block stands beside it."""

    lines: list[PdfLine]
    left: float
    right: float
    beside: bool = False

    def add(self, line: PdfLine) -> None:
        """Add a line that the block takes."""
        self.lines.append(line)
        self.left, self.right = min(self.left, line.left), max(self.right, line.right)

    def takes(self, line: PdfLine) -> bool:
        """Return whether a line that comes next on the page belongs to the block."""
        last = self.lines[-1]
        if not (last.text and line.text) or not _alike(last, line, most=_SAME_SIZE):
            return False
        below = line.top <= last.bottom + line.size / 2
        below &= min(self.right, line.right) > max(self.left, line.left)
        return below and self._is_as_far(line)

    def _is_as_far(self, line: PdfLine) -> bool:
        if len(self.lines) == 1:
            return True
        usual = self.lines[-2].bottom - self.lines[-1].bottom
        return abs(self.lines[-1].bottom - line.bottom - usual) <= _SAME_LEADING * usual


def pdf_paragraphs(pages: Sequence[Sequence[PdfLine]], deadline: Deadline) -> list[str | PdfTable]:
    """Return the paragraphs and tables of the pages, "" where a blank line stands.

    Raises UnreadableDocument when time is up.
    """
    edged = _with_edges(list(_rows(pages)), deadline)
    usual = _usual_size(edged)
    title, rows = _whole_title(edged)
    result: list[str | PdfTable] = []
    last: SetLine | None = None
    is_rest = False
    paragraph = ""
    for place, row in enumerate(rows):
        deadline.check()
        if last and row.text and _is_rest(last, row, is_rest=is_rest, usual=usual if place < _TOP_LINES else None):
            is_rest = True
            paragraph += _glue(last.text, row.text) + row.text
            result[-1] = paragraph
        else:
            is_rest = False
            paragraph = row.text
            result.append(row.line.table or paragraph)
        last = row if row.text and row.text != title else None
    return result


def cell_paragraphs(lines: Sequence[SetLine]) -> list[str]:
    """Return the paragraphs of a cell, whose lines know where its edges are."""
    result: list[str] = []
    last: SetLine | None = None
    is_rest = False
    for line in lines:
        text = line.text.replace(" ", "") if _SPREAD.fullmatch(line.text) else line.text
        is_rest = last is not None and goes_on(last, line, is_rest=is_rest)
        if last and is_rest:
            result[-1] += _glue(last.text, text) + text
        else:
            result.append(text)
        last = line
    return result


def _rows(pages: Sequence[Sequence[PdfLine]]) -> Iterator[SetLine]:
    cell = 0
    for page in pages:
        for block in _blocks(page):
            is_cell = block.beside and len(block.lines) <= _LONGEST_CELL
            cell += is_cell
            yield from (SetLine(line=line, cell=cell if is_cell else 0) for line in block.lines)


def _blocks(page: Sequence[PdfLine]) -> list[_Block]:
    result: list[_Block] = []
    for line in page:
        if result and result[-1].takes(line):
            result[-1].add(line)
            continue
        last = result[-1].lines[-1] if result else line
        beside = bool(result and last.text and line.text) and line.top > last.bottom + line.size / 2
        if beside:
            result[-1].beside = True
        result.append(_Block(lines=[line], left=line.left, right=line.right, beside=beside))
    return result


def _with_edges(rows: Sequence[SetLine], deadline: Deadline) -> list[SetLine]:
    result = []
    for place, row in enumerate(rows):
        deadline.check()
        near = [
            other.line
            for other in rows[max(place - _NEAR, 0) : place + _NEAR + 1]
            if other.text and other.cell == row.cell and _alike(row.line, other.line, most=_SAME_SIZE)
            if min(row.line.right, other.line.right) > max(row.line.left, other.line.left)
        ]
        if row.text and near:
            row = replace(row, left=_left_edge(near, row.line.size), right=_right_edge(near, row.line.size))
        result.append(row)
    return result


def _left_edge(lines: Sequence[PdfLine], size: float) -> float:
    """Return where those lines begin that begin first; among many, one alone does not count."""
    places = Counter(round(line.left * 2 / size) for line in lines)
    needed = 1 if len(lines) <= _NEAR else 2
    return min((place for place, count in places.items() if count >= needed), default=min(places)) * size / 2


def _right_edge(lines: Sequence[PdfLine], size: float) -> float:
    """Return where the longest lines end; one that sticks out a little does not count."""
    longest, *others = sorted((line.right for line in lines), reverse=True)
    return others[0] if len(others) > 1 and size < longest - others[0] < _STICKS_OUT * size else longest


def _alike(one: PdfLine, other: PdfLine, *, most: float) -> bool:
    return max(one.size, other.size) <= most * min(one.size, other.size)


def _usual_size(rows: Sequence[SetLine]) -> float:
    """Return the size in which most characters are set, 0 for no text."""
    sizes = sorted((row.line.size, len(row.text)) for row in rows if row.text)
    half = sum(count for _, count in sizes) / 2
    for size, count in sizes:
        half -= count
        if half <= 0:
            return size
    return 0


def _whole_title(rows: Sequence[SetLine]) -> tuple[str, Sequence[SetLine]]:
    """Return the title at the top that was set on several lines, "" without one, and the lines with it in one."""
    first = next((place for place, row in enumerate(rows) if row.text), len(rows))
    for end in range(first, min(first + _LONGEST_TITLE_LINES, len(rows))):
        line = rows[end].text
        if not line or _NO_TITLE.search(line) or starts_numbered(line) or not _BROKEN_OFF.search(rows[first].text):
            break
        if _KIND.search(line):
            title = "".join(row.text for row in rows[first : end + 1])
            whole = replace(rows[end], line=replace(rows[end].line, text=title))
            return title, [*rows[:first], whole, *rows[end + 1 :]]
    return "", rows


def _is_rest(last: SetLine, row: SetLine, *, is_rest: bool, usual: float | None) -> bool:
    """Return whether a line belongs to the paragraph of the one before it; `usual` is given at the top alone."""
    return goes_on(last, row, is_rest=is_rest) or (usual is not None and _is_title_rest(last, row, usual=usual))


def goes_on(last: SetLine, row: SetLine, *, is_rest: bool) -> bool:
    """Return whether a line goes on with the sentence of the one before it, which may be a rest itself."""
    if last.cell != row.cell or not _alike(last.line, row.line, most=1 / (1 - _SAME_LEADING)):
        return False
    if row.text.startswith(_NEVER_FIRST):
        return True
    if last.text.rstrip(CLOSERS).endswith(_ENDED) or _ENTRY.search(last.text) or starts_numbered(row.text):
        return False
    return _is_full(last, row) and not _opens_paragraph(last, row, is_rest=is_rest)


def _is_full(last: SetLine, row: SetLine) -> bool:
    """Return whether a line ends where its edge broke it."""
    is_spread = last.ruled and _SPREAD.fullmatch(last.text)
    if _COLUMNS.search(last.text) and not is_spread and not _PAUSES.search(last.text):
        return False
    comes_back = last.indent >= _INDENT > row.indent
    slack = _SLACK if comes_back or _PAUSES.search(last.text) else _HEADING_SLACK
    if last.ruled and (whole := _WHOLE.match(row.text)):
        slack = max(slack, half_width(whole.group()) / 2)
    return last.gap <= slack and last.indent <= _DEEPEST_INDENT


def _opens_paragraph(last: SetLine, row: SetLine, *, is_rest: bool) -> bool:
    """Return whether a line begins a paragraph by its indent.

    The rest of a point may hang below its words, so further in than its number.
    """
    if row.indent < _INDENT:
        return False
    if last.indent < row.indent - _INDENT:
        return is_rest or not starts_numbered(last.text)
    return not is_rest and not _PAUSES.search(last.text)


def _is_title_rest(last: SetLine, row: SetLine, *, usual: float) -> bool:
    """Return whether two lines are one title: both in one size, which is larger than that of the text."""
    if _PAUSES.search(last.text + row.text) or starts_numbered(row.text) or starts_numbered(last.text):
        return False
    return _alike(last.line, row.line, most=_AS_LARGE) and min(last.line.size, row.line.size) >= _LARGER * usual


def _glue(last: str, line: str) -> str:
    return " " if last[-1].isascii() and last[-1].isalnum() and line[0].isascii() and line[0].isalnum() else ""
