"""Tables of files: a line for each cell, under the heading of its column; those without headings give plain lines."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.numbering import starts_numbered
from index.paragraphs import paragraphs
from index.readings import Line
from index.records import Cell

_SHORT_ROW = 60
_LONGEST_HEADING = 15
_LONGEST_MARKED_HEADING = 40
# Wider tables are no tables of words; what lies beyond shares the last column.
_MOST_COLUMNS = 200
# What columns of lists of problems and of plans to mend them are called. A form (姓名 张三) has few such words.
_COLUMN = re.compile(
    "(?:序号|编号|类别|类型|方面|维度|领域|项目|内容|事项|问题|不足|短板|差距|表现|原因|根源|症结|剖析|清单|措施|举措|对策|办法|整改|目标|任务"
    "|方向|要求|计划|描述|做法|[责负].{0,2}人|责任|领导|部门|单位|科室|时限|期限|时间|日期|进度|进展|情况|成效|结果|状态|销号|来源|备注)(?:[（(].*)?"
)
# What the first cell of a row of a form may name: a part of the report, which the second cell is.
_PART = re.compile(
    "(?:存在|主要|突出|自身|个人|本人|查摆|检查|剖析|产生|思想|下一步|今后|整改|改进|努力|具体|深层|次|的|及){0,4}(?:问题|不足|差距|短板|原因|根源|症结|措施|举措|努力方向|整改方向|改进方向|打算)"
    "(?:分析|剖析|表现)?[：:]?"
)
_LONGEST_FORM_CELL = 200
_SENTENCE = re.compile("[，,。；;！!？?]")
_NUMBER = re.compile("[（(第]?(?:[0-9０-９]{1,4}|[〇零一二三四五六七八九十百]{1,4}|[①-⑳⑴-⒛㈠-㈩])[）)、.．]*")
# How an empty cell is marked.
_NOTHING = re.compile("[-—–－/／]*")
_WITHIN_CHINESE = re.compile("(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """A cell as a file gives it: its lines, none of them blank, and how many columns and rows it takes."""

    lines: tuple[Line, ...]
    wide: int = 1
    high: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """A row as a file gives it; `is_head` says that its format makes it a row of headings."""

    cells: tuple[GridCell, ...]
    is_head: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A filled cell and the first and the last of its columns."""

    first: int
    last: int
    lines: tuple[Line, ...]

    @property
    def words(self) -> str:
        """Return the text of the cell in one line, without the spaces that spread a word over its width."""
        return _WITHIN_CHINESE.sub("", " ".join(" ".join(line.text for line in self.lines).split()))


def table_lines(rows: Sequence[GridRow]) -> Iterator[Line]:
    """Yield the lines of a table, row by row.

    Where a row of headings stands above two columns or more, it is a line, and each paragraph of a cell below it is a
    line that knows its column; the number of a row stands before its first words, a cell of dashes is empty, and a row
    of one cell across all columns is text between rows. Otherwise (a form) the first of two cells may name a part of a
    report, for which see `_form`, a row of short cells is one line, and each other cell its lines.
    """
    placed = _placed(rows)
    last = max((cell.last for row in placed for cell in row), default=0)
    top = next((place for place, row in enumerate(placed) if len(row) > 1), len(placed))
    end = _end_of_headings(rows, placed, top)
    if end == top or not any(len(row) > 1 for row in placed[end:]):
        yield from _form(placed)
        return
    headings = {
        column: cell.words for row in placed[top:end] for cell in row for column in range(cell.first, cell.last + 1)
    }
    for place, row in enumerate(placed):
        if top <= place < end:
            yield Line(text=" ".join(cell.words for cell in row), cell=Cell(opens="table"))
        elif place < top or (len(row) == 1 and (row[0].first, row[0].last) == (0, last)):
            yield from _plain(row)
        else:
            yield from _row(row, headings)


def _placed(rows: Sequence[GridRow]) -> list[list[_Placed]]:
    """Return the filled cells of each row with their columns."""
    result: list[list[_Placed]] = []
    # Columns that cells of rows above reach down into, and how many rows more.
    taken: dict[int, int] = {}
    for row in rows:
        column = 0
        placed: list[_Placed] = []
        reaching: dict[int, int] = {}
        for cell in row.cells:
            while taken.get(column, 0):
                column += 1
            first, last = min(column, _MOST_COLUMNS), min(column + max(cell.wide, 1) - 1, _MOST_COLUMNS)
            if any(line.text.strip() for line in cell.lines):
                placed.append(_Placed(first=first, last=last, lines=cell.lines))
            if cell.high > 1:
                reaching |= dict.fromkeys(range(first, last + 1), cell.high - 1)
            column = min(last + 1, _MOST_COLUMNS)
        taken = {place: left - 1 for place, left in taken.items() if left > 1} | reaching
        result.append(placed)
    return result


def _end_of_headings(rows: Sequence[GridRow], placed: Sequence[Sequence[_Placed]], top: int) -> int:
    """Return the place after the rows of headings that begin at `top`; `top` where there are none."""
    end = top
    while end < len(placed) and _is_heading_row(placed[end], marked=rows[end].is_head):
        end += 1
        # A second row of headings divides a wider one of the first, or its format shows it.
        divided = any(cell.last > cell.first for cell in placed[end - 1])
        if not divided and not (end < len(rows) and rows[end].is_head):
            break
    return end


def _is_heading_row(row: Sequence[_Placed], *, marked: bool) -> bool:
    words = [cell.words for cell in row]
    if len(set(words)) < max(len(words), 2):
        return False
    if marked:
        return all(len(word) <= _LONGEST_MARKED_HEADING for word in words)
    if any(len(word) > _LONGEST_HEADING or _SENTENCE.search(word) for word in words):
        return False
    return 2 * sum(any(found.end() == len(word) for found in _COLUMN.finditer(word)) for word in words) > len(words)


def _form(rows: Sequence[Sequence[_Placed]]) -> Iterator[Line]:
    """Yield the rows of a form. The name of a part is a line of its own and stands above its cell.

    As long as all such cells are short, they are cells below the name as below the heading of a column. Longer ones
    have an outline of their own, which the lines of plain text keep.
    """
    short = all(_is_short(row[1]) for row in rows if _names_part(row))
    name: _Placed | None = None
    column = 0
    for row in rows:
        if _names_part(row):
            name, column = row[0], row[1].first
            yield Line(text=name.words, cell=Cell(opens="table") if short else None)
            row = row[1:]
        elif len(row) != 1 or row[0].first != column:
            name = None
        if name and short:
            yield from _row(row, {column: name.words.rstrip("：:")})
        else:
            yield from _plain(row)


def _names_part(row: Sequence[_Placed]) -> bool:
    """Return whether the first of two cells names a part of a report, of which the second holds the text."""
    if len(row) != 2 or not _PART.fullmatch(row[0].words) or starts_numbered(row[0].words):
        return False
    words = row[1].words
    return not any(pattern.fullmatch(words) for pattern in (_PART, _COLUMN, _NUMBER, _NOTHING))


def _is_short(cell: _Placed) -> bool:
    """Return whether a cell is one line, and none that names an aspect (理论学习方面：学得浅)."""
    line = cell.lines[0].text
    return len(cell.lines) == 1 and "\n" not in line and "方面" not in line and len(line) <= _LONGEST_FORM_CELL


def _plain(row: Sequence[_Placed]) -> Iterator[Line]:
    """Yield a row as one line where its cells are short (a form), otherwise the lines of each cell."""
    lines = [line for cell in row for line in cell.lines]
    if len(row) == len(lines) > 1 and sum(len(line.text) for line in lines) <= _SHORT_ROW:
        yield Line(text=" ".join(line.text for line in lines))
    else:
        yield from lines


def _row(row: Sequence[_Placed], headings: dict[int, str]) -> Iterator[Line]:
    number, opens = "", True
    row = [cell for cell in row if not _NOTHING.fullmatch(cell.words)]
    for place, cell in enumerate(row):
        if opens and place + 1 < len(row) and _NUMBER.fullmatch(cell.words):
            number += f"{cell.words} "
            continue
        column = headings.get(cell.first, "")
        for text in _texts(cell.lines):
            yield Line(text=number + text, cell=Cell(column=column, opens="row" if opens else ""))
            number, opens = "", False


def _texts(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the paragraphs of a cell, each without line ends."""
    whole = "\n".join(line.text for line in lines)
    for found in paragraphs(whole):
        yield "".join(line.strip() for line in whole[found.start : found.end].split("\n"))
