"""Tables of PDF files: the lines that stand in a grid of ruling lines, put together over the ends of pages."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from index.pdf_grids import Grid, GridBox, fit
from index.pdf_lines import PdfCell, PdfLine, PdfTable, SetLine
from index.pdf_paragraphs import cell_paragraphs, goes_on
from index.readings import Line
from index.tables import GridCell, GridRow
from index.text import cleaned

Spot = tuple[int, int] | None
"""The places of a grid on its page and of a cell in it; None outside of all."""

# White between a ruling line and the words beside it is seldom more, in points.
_WIDEST_MARGIN = 12.0
# Words are in the middle of a cell if it is as wide left of them as right, but for this share of a character.
_OFF_CENTRE = 0.6
# So many rows at the top of a page may repeat those that a table begins with.
_MOST_HEADINGS = 3
_MARKS = re.compile(r"\W")


def spot_at(x: float, y: float, grids: Sequence[Grid]) -> Spot:
    """Return the grid and the cell at a point."""
    for place, grid in enumerate(grids):
        box = grid.box_at(x, y)
        if box is not None:
            return place, box
    return None


def with_tables(lines: Iterable[tuple[PdfLine, Spot]], grids: Sequence[Grid]) -> list[PdfLine]:
    """Return the lines outside of the grids, and where the first of each grid stands, a blank line with its table."""
    result: list[PdfLine] = []
    cells: dict[int, list[list[PdfLine]]] = {}
    places: dict[int, int] = {}
    for line, spot in lines:
        if not spot or not line.text:
            result.append(line)
            continue
        if spot[0] not in cells:
            cells[spot[0]] = [[] for _ in grids[spot[0]].boxes]
            places[spot[0]] = len(result)
            result.append(PdfLine(text=""))
        _add(cells[spot[0]][spot[1]], line)
    for number, place in places.items():
        result[place] = PdfLine(text="", table=_table(grids[number], cells[number]))
    return result


def whole_tables(pages: Sequence[Sequence[PdfLine]]) -> list[list[PdfLine]]:
    """Return the pages, where a table at the top that goes on with the one at the foot of the page before joins it."""
    result: list[list[PdfLine]] = []
    parts: list[PdfTable] = []
    columns: Sequence[float] = ()
    at = (0, 0)
    for page in pages:
        lines = list(page)
        filled = [place for place, line in enumerate(lines) if line.words]
        first = lines[filled[0]].table if filled else None
        if first and parts and fit(columns, first.columns):
            parts.append(first)
            columns = max(columns, first.columns, key=len)
            del lines[filled[0]]
            filled = [place - 1 for place in filled[1:]]
        if filled:
            _put(result, parts, at)
            last = lines[filled[-1]].table
            parts, columns, at = [last] if last else [], last.columns if last else (), (len(result), filled[-1])
        result.append(lines)
    _put(result, parts, at)
    return result


def grid_rows(table: PdfTable) -> list[GridRow]:
    """Return the rows of a table as those of other kinds of files."""
    return [GridRow(cells=tuple(_grid_cell(cell) for cell in row)) for row in table.rows]


def _grid_cell(cell: PdfCell) -> GridCell:
    lines = tuple(Line(text=cleaned(text)) for text in cell_paragraphs(cell.lines))
    return GridCell(lines=lines, wide=cell.wide, high=cell.high)


def _add(lines: list[PdfLine], line: PdfLine) -> None:
    """Add a piece to the lines of a cell; one beside the last goes on with it: a stamp or another font came between."""
    last = lines[-1] if lines else None
    if last and last.bottom < (line.bottom + line.top) / 2 < last.top and line.left >= last.right - line.size / 2:
        space = " " if line.left - last.right > line.size / 2 else ""
        lines[-1] = replace(last, text=last.text + space + line.text, right=line.right)
    else:
        lines.append(line)


def _table(grid: Grid, cells: Sequence[Sequence[PdfLine]]) -> PdfTable:
    margins = [line.left - box.left for box, lines in zip(grid.boxes, cells, strict=True) for line in lines]
    margin = min(max(min(margins, default=0.0), 0.0), _WIDEST_MARGIN)
    rows: list[list[PdfCell]] = [[] for _ in grid.rows[1:]]
    for box, lines in zip(grid.boxes, cells, strict=True):
        rows[box.row].append(
            PdfCell(column=box.column, wide=box.wide, high=box.high, lines=tuple(_set_lines(box, lines, margin)))
        )
    return PdfTable(columns=grid.columns, rows=tuple(map(tuple, rows)))


def _set_lines(box: GridBox, lines: Sequence[PdfLine], margin: float) -> Iterator[SetLine]:
    centred = all(abs(line.left - box.left - box.right + line.right) <= _OFF_CENTRE * line.size for line in lines)
    for line in lines:
        yield SetLine(
            line=line, cell=1, ruled=True, left=line.left if centred else box.left + margin, right=box.right - margin
        )


def _put(pages: list[list[PdfLine]], parts: Sequence[PdfTable], at: tuple[int, int]) -> None:
    if len(parts) > 1:
        pages[at[0]][at[1]] = PdfLine(text="", table=_joined(parts))


def _joined(parts: Sequence[PdfTable]) -> PdfTable:
    columns = max((part.columns for part in parts), key=len)
    parts = [_cut_as(part, columns) for part in parts]
    rows: list[list[PdfCell]] = [list(row) for row in parts[0].rows]
    for part in parts[1:]:
        rest = _without_headings(part, parts[0])
        ends = _ends(rows)
        if rest and _is_rest(rest[0], {column: rows[place][n] for column, (place, n) in ends.items()}):
            for cell in rest.pop(0):
                place, n = ends[cell.column]
                above = rows[place][n]
                rows[place][n] = replace(above, high=above.high + cell.high - 1, lines=above.lines + cell.lines)
        rows += rest
    return replace(parts[0], columns=columns, rows=tuple(map(tuple, rows)))


def _cut_as(part: PdfTable, columns: Sequence[float]) -> PdfTable:
    """Return a table with its cells counted in the columns of another part, of which it has some."""
    if len(part.columns) == len(columns):
        return part
    places = [
        min(range(len(columns)), key=lambda n: abs((columns[n] - columns[0]) - (edge - part.columns[0])))
        for edge in part.columns
    ]
    return replace(part, rows=tuple(tuple(_counted_in(cell, places) for cell in row) for row in part.rows))


def _counted_in(cell: PdfCell, places: Sequence[int]) -> PdfCell:
    first = places[cell.column]
    return replace(cell, column=first, wide=places[cell.column + cell.wide] - first)


def _ends(rows: Sequence[Sequence[PdfCell]]) -> dict[int, tuple[int, int]]:
    """Return the row and the place in it of the cells that reach down to the last row, by column."""
    result = {}
    for place in range(len(rows)):
        for number, cell in enumerate(rows[place]):
            if place + cell.high == len(rows):
                result[cell.column] = (place, number)
    return result


def _without_headings(part: PdfTable, whole: PdfTable) -> list[list[PdfCell]]:
    """Return the rows of a part that do not repeat the first ones of the whole table."""
    repeated = 0
    for one, other in zip(part.rows[:_MOST_HEADINGS], whole.rows, strict=False):
        if [cell.words for cell in one] != [cell.words for cell in other] or not any(cell.words for cell in one):
            break
        repeated += 1
    return [list(row) for row in part.rows[repeated:]]


def _is_rest(row: Sequence[PdfCell], above: dict[int, PdfCell]) -> bool:
    """Return whether a row goes on with the last one of the page before.

    It does where it has no number and that has one, or where each of its cells goes on with a line that the edge broke.
    """
    pairs = [(above[cell.column], cell) for cell in row if cell.column in above]
    if not pairs or len(pairs) < len(row) or any(one.wide != other.wide for one, other in pairs):
        return False
    first, rest = pairs[0]
    if rest.high == 1 and not rest.lines and _MARKS.sub("", first.words).isnumeric():
        return True
    filled = [(one, other) for one, other in pairs if other.lines]
    return bool(filled) and all(
        one.lines and goes_on(one.lines[-1], other.lines[0], is_rest=True) for one, other in filled
    )
