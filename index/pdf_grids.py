"""Grids of ruling lines on a page: the cells that they enclose. A frame, a single box or a drawing is no grid."""

import bisect
import operator
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.pdf_rules import Rule, Rules

# So far apart, lines are one: the borders of two cells, a double line, the pieces of a dashed one.
_NEAR = 3.0
_SHORTEST = 6.0
# What has more is a drawing.
_MOST_CROSSINGS = 250_000
_MOST_CELLS = 20_000
# A row alone is a table if it has so many cells; two may be columns of text with a line between them.
_CELLS_OF_ONE_ROW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GridBox:
    """A cell of a grid: its first row and column, how many it takes, and its edges in points."""

    row: int
    column: int
    high: int
    wide: int
    left: float
    right: float
    bottom: float
    top: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The edges of the columns from the left and of the rows from the top, and the cells, row by row."""

    columns: tuple[float, ...]
    rows: tuple[float, ...]
    boxes: tuple[GridBox, ...]
    _places: Mapping[tuple[int, int], int]

    def box_at(self, x: float, y: float) -> int | None:
        """Return the place of the cell at a point, None outside of the grid."""
        if not (self.columns[0] <= x <= self.columns[-1] and self.rows[-1] <= y <= self.rows[0]):
            return None
        row = bisect.bisect_left(self.rows, -y, key=operator.neg) - 1
        return self._places[max(row, 0), max(bisect.bisect_left(self.columns, x) - 1, 0)]


def fit(one: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether two tables may be parts of one: as wide, and the edges of the columns of one are in the other too.

    Both may stand further left or right, as on left-hand pages.
    """
    few, many = sorted((one, other), key=len)
    if abs((few[-1] - few[0]) - (many[-1] - many[0])) > _NEAR:
        return False
    return all(any(abs((a - few[0]) - (b - many[0])) <= _NEAR for b in many) for a in few)


def page_grids(rules: Rules, above: Grid | None = None) -> list[Grid]:
    """Return the grids of two columns or more, from the top; those in a cell of another are left out.

    `above` is the last grid of the page before: a row of two cells is a grid if it goes on with that.
    """
    level, upright = _merged(rules.level), _merged(rules.upright)
    if len(level) * len(upright) > _MOST_CROSSINGS:
        return []
    found = [grid for part in _connected(level, upright) if (grid := _grid(*part)) and _is_table(grid, above)]
    outer = [grid for grid in found if not any(_is_within(grid, other) for other in found if other is not grid)]
    return sorted(outer, key=lambda grid: -grid.rows[0])


def _is_table(grid: Grid, above: Grid | None) -> bool:
    if len(grid.columns) < 3:
        return False
    is_rest = above is not None and fit(grid.columns, above.columns)
    return len(grid.boxes) >= _CELLS_OF_ONE_ROW or is_rest


def _is_within(grid: Grid, other: Grid) -> bool:
    return (
        other.columns[0] < grid.columns[0]
        and grid.columns[-1] < other.columns[-1]
        and other.rows[-1] < grid.rows[-1]
        and grid.rows[0] < other.rows[0]
    )


def _merged(rules: Sequence[Rule]) -> list[Rule]:
    """Return lines that lie on each other, or end where the next begins, as one; short ones are left out."""
    result: list[Rule] = []
    group: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: rule.at):
        if group and rule.at - group[0].at > _NEAR:
            result += _in_one(group)
            group = []
        group.append(rule)
    return [rule for rule in [*result, *_in_one(group)] if rule.end - rule.start >= _SHORTEST]


def _in_one(group: Sequence[Rule]) -> Iterator[Rule]:
    at = sum(rule.at for rule in group) / max(len(group), 1)
    start = end = None
    for rule in sorted(group, key=lambda rule: rule.start):
        if start is None or end is None or rule.start > end + _NEAR:
            if start is not None and end is not None:
                yield Rule(at=at, start=start, end=end)
            start, end = rule.start, rule.end
        else:
            end = max(end, rule.end)
    if start is not None and end is not None:
        yield Rule(at=at, start=start, end=end)


def _connected(level: Sequence[Rule], upright: Sequence[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Yield the lines that touch each other, level and upright ones."""
    parents = list(range(len(level) + len(upright)))
    for row, one in enumerate(level):
        for column, other in enumerate(upright, start=len(level)):
            if _covers(one, other.at) and _covers(other, one.at):
                _unite(parents, row, column)
    parts: defaultdict[int, tuple[list[Rule], list[Rule]]] = defaultdict(lambda: ([], []))
    for place, rule in enumerate([*level, *upright]):
        parts[_root(parents, place)][place >= len(level)].append(rule)
    yield from (part for part in parts.values() if part[0] and part[1])


def _grid(level: Sequence[Rule], upright: Sequence[Rule]) -> Grid | None:
    """Return the grid of lines that touch each other, None where they enclose anything but rectangles.

    A table may be open at its sides, and at the end of a page: there, what its lines reach to is its edge.
    """
    columns = _edges([rule.at for rule in upright], [end for rule in level for end in (rule.start, rule.end)])
    rows = _edges([rule.at for rule in level], [end for rule in upright for end in (rule.start, rule.end)])[::-1]
    if (len(columns) - 1) * (len(rows) - 1) > _MOST_CELLS:
        return None
    boxes: list[GridBox] = []
    owners: dict[tuple[int, int], int] = {}
    for places in _regions(columns, rows, _walls(upright, columns), _walls(level, rows)):
        first, last = min(places), (max(row for row, _ in places), max(column for _, column in places))
        high, wide = last[0] - first[0] + 1, last[1] - first[1] + 1
        if high * wide != len(places):
            return None
        owners |= dict.fromkeys(places, len(boxes))
        left, right = columns[first[1]], columns[last[1] + 1]
        top, bottom = rows[first[0]], rows[last[0] + 1]
        box = GridBox(
            row=first[0], column=first[1], high=high, wide=wide, left=left, right=right, bottom=bottom, top=top
        )
        boxes.append(box)
    return Grid(columns=tuple(columns), rows=tuple(rows), boxes=tuple(boxes), _places=owners)


def _edges(lines: Sequence[float], ends: Sequence[float]) -> list[float]:
    """Return the places of lines, ascending, with the outermost ends where no line is."""
    result: list[float] = []
    for at in sorted(lines):
        if not result or at - result[-1] > _NEAR:
            result.append(at)
    if min(ends) < result[0] - _NEAR:
        result.insert(0, min(ends))
    if max(ends) > result[-1] + _NEAR:
        result.append(max(ends))
    return result


def _walls(lines: Sequence[Rule], edges: Sequence[float]) -> Callable[[int, float], bool]:
    """Return what says whether a line stands on an edge at a place."""
    on_edge = [[line for line in lines if abs(line.at - edge) <= _NEAR] for edge in edges]
    return lambda edge, at: any(line.start <= at <= line.end for line in on_edge[edge])


def _regions(
    columns: Sequence[float],
    rows: Sequence[float],
    beside: Callable[[int, float], bool],
    below: Callable[[int, float], bool],
) -> list[list[tuple[int, int]]]:
    """Return the rows and columns of each cell, in the order of their upper left corners."""
    across, down = len(columns) - 1, len(rows) - 1
    parents = list(range(across * down))
    for place in range(across * down):
        row, column = divmod(place, across)
        if column + 1 < across and not beside(column + 1, (rows[row] + rows[row + 1]) / 2):
            _unite(parents, place, place + 1)
        if row + 1 < down and not below(row + 1, (columns[column] + columns[column + 1]) / 2):
            _unite(parents, place, place + across)
    regions: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for place in range(across * down):
        regions[_root(parents, place)].append(divmod(place, across))
    return sorted(regions.values())


def _covers(rule: Rule, at: float) -> bool:
    return rule.start - _NEAR <= at <= rule.end + _NEAR


def _root(parents: list[int], place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


def _unite(parents: list[int], one: int, other: int) -> None:
    parents[_root(parents, one)] = _root(parents, other)
