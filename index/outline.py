"""The outline of a report: parts, sections, points and paragraphs, each with its span.

A lexer and a stack rather than a grammar: `numbering` finds the marks, and each mark closes what it cannot lie in. So
every text has an outline, and wrong or missing numbers only make it flatter.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from index.cells import names_row, outside
from index.closings import closing_start, ends_report, sums_up
from index.formatted import formatted_headings, formatted_levels
from index.fused import with_fused
from index.headings import bare_headings, heading_end, speaks_of_aspect
from index.lettered import with_lettered
from index.nodes import PARAGRAPH, ROW, OpenNode, labelled
from index.numbering import RANKS, SPOKEN_STYLES, Mark, marks, with_stops
from index.paragraphs import Paragraph, paragraphs
from index.pasted import as_read
from index.punctuation import ends_sentence
from index.records import Cell, HeadingLabels, OutlineNode
from index.role_names import LineRole
from index.scripts import simplified
from index.series import goes_on
from index.text import has_letter, trim

NO_LEVELS: Mapping[int, int] = {}
NO_CELLS: Mapping[int, Cell] = {}
# What stands above a table.
_ANNOUNCES = re.compile("[：:]$|如下|清单|台账|表")


def outline(
    text: str,
    labels: HeadingLabels,
    levels: Mapping[int, int] = NO_LEVELS,
    cells: Mapping[int, Cell] = NO_CELLS,
) -> tuple[OutlineNode, ...]:
    """Return the nodes of a normalised text in order of place, parents before children; "" gives ().

    `levels` and `cells` are those of `Document`. Total: any text has an outline. Children lie inside their parents,
    siblings do not overlap, every character that is no white space lies in a node. What stands before the first part
    and a closing paragraph have no parent. A row of a table is a point, a cell a paragraph under the heading of its
    column.
    """
    read = as_read(simplified(text))
    blocks = paragraphs(read, apart={*levels, *cells})
    opening = {place for place, cell in cells.items() if cell.opens == "block"}
    cells = {place: cell for place, cell in cells.items() if place not in opening}
    prose = [block for block in blocks if block.start not in cells or block is blocks[-1]]
    found = outside(with_lettered(read, with_fused(read, marks(read), labels)), blocks, cells)
    kept = formatted_levels(read, blocks, labels, levels)
    bare = bare_headings(read, prose, found, labels) | formatted_headings(read, found, kept)
    closing = closing_start(read, blocks, found, after=max([*kept, *cells], default=-1))
    tree = _Tree(read, found, bare=bare, levels=kept, labels=labels)
    for block in blocks:
        if block.start >= closing or ends_report(read, block):
            tree.close_all()
        cell = cells.get(block.start)
        ended = block.start in opening and tree.end_list()
        if cell is None:
            tree.add(block, numbered=block.start < closing, list_ended=ended)
        else:
            tree.add_cell(block, cell)
    return labelled(text, read, tree.nodes, labels)


class _Tree:
    """Nodes built so far and the stack of those still open, outermost first."""

    def __init__(
        self,
        text: str,
        found: Sequence[Mark],
        *,
        bare: Mapping[int, Mark],
        levels: Mapping[int, int],
        labels: HeadingLabels,
    ) -> None:
        self.text = text
        self.marks = found
        self.nodes: list[OpenNode] = []
        self._stack: list[int] = []
        self._nested: set[tuple[str, str]] = set()  # which styles of lines stood below which
        self._bare = bare
        self._levels = levels
        self._labels = labels
        self._next = 0
        self._named_column = ""
        self._row_words = ""
        self._line = LineRole()

    def close_all(self) -> None:
        """Close every open node: what follows belongs to the document alone."""
        self._stack.clear()

    def end_list(self) -> bool:
        """Close the last point of a list, and return whether there was one: what is below belongs to the section."""
        self._close_row()
        place = self._top()
        if place is None or not self._is_last_point(place):
            return False
        self._stack.pop()
        return True

    def add(self, block: Paragraph, *, numbered: bool, list_ended: bool = False) -> None:
        """Add one paragraph of text with the numbered nodes that open in it."""
        self._close_row()
        self._row_words = ""
        self._line = LineRole(self._labels if numbered else None)
        own = self._marks_in(block) if numbered else []
        if numbered and block.start in self._bare:
            own = [self._bare[block.start]]
        if not own or own[0].start > block.start:
            self._add_paragraph(block.start, own[0].start if own else block.end, list_ended=list_ended)
        for mark, stop in with_stops(own, block.end):
            self._open(mark, stop)
        # What opened inside a line ends with it.
        while self._stack and self.nodes[self._stack[-1]].inline:
            self._stack.pop()

    def add_cell(self, block: Paragraph, cell: Cell) -> None:
        """Add one line of a table, its row before it where it is the first. The row of headings is a heading alone."""
        if cell.opens:
            self._close_row()
        if cell.opens == "table":
            self._add_paragraph(block.start, block.end, list_ended=self.end_list())
            self.nodes[-1].heading_end, self.nodes[-1].names_columns = block.end, True
            self._row_words = ""
        elif cell.opens == "row" and self._open_row(block, cell):
            return
        else:
            node = OpenNode(style=PARAGRAPH, parent=self._top(), start=block.start, end=block.end)
            node.heading_end, node.given = node.start, cell.column
            self._append(node)

    def _open_row(self, block: Paragraph, cell: Cell) -> bool:
        """Open a row; return whether its first cell names it. Where it has no such cell, the name above goes on."""
        words = self.text[block.start : block.end]
        node = OpenNode(style=ROW, parent=self._top(), start=block.start, end=block.end, heading_end=block.start)
        is_name = names_row(words, cell.column, self._labels)
        if is_name:
            self._named_column, self._row_words, node.heading_end = cell.column, words, block.end
        elif cell.column == self._named_column:
            self._row_words = ""
        else:
            node.given = self._row_words
        self._append(node)
        self._stack.append(len(self.nodes) - 1)
        return is_name

    def _close_row(self) -> None:
        if self._stack and self.nodes[self._stack[-1]].style == ROW:
            self._stack.pop()

    def _marks_in(self, block: Paragraph) -> list[Mark]:
        """Return the marks of a paragraph that have text of their own, and step past them."""
        first = self._next
        while self._next < len(self.marks) and self.marks[self._next].start < block.end:
            self._next += 1
        return [
            mark
            for mark, stop in with_stops(self.marks[first : self._next], block.end)
            if mark.start >= block.start and has_letter(self.text[mark.end : stop])
        ]

    def _add_paragraph(self, start: int, end: int, *, list_ended: bool = False) -> None:
        if self._stack and sums_up(self.text, start):
            del self._stack[int(self._holds_summary(self.nodes[self._stack[0]])) :]
        elif not list_ended and self._ends_list():
            self._stack.pop()
        if self._stack:
            self.nodes[self._stack[-1]].continued = True
        for piece in self._line.pieces(self.text, start, end):
            self._add_piece(*piece)

    def _add_piece(self, start: int, end: int, role: str | None) -> None:
        start, end = trim(self.text, start, end)
        self._append(OpenNode(style=PARAGRAPH, parent=self._top(), start=start, end=end, heading_end=start, role=role))

    def _open(self, mark: Mark, stop: int) -> None:
        role = self._line.opened(mark.style)
        previous = self._close_to_sibling(mark)
        style = previous.style if previous else self._style_below(mark)
        _, end = trim(self.text, mark.start, stop)
        node = OpenNode(style=style, parent=self._top(), start=mark.start, end=end)
        node.number, node.value, node.inline, node.role = mark.number, mark.value, mark.inline, role
        node.level = self._levels.get(mark.start, 0)
        node.heading_end = end if node.level else heading_end(self.text, mark, end)
        node.entry = previous.entry + 1 if previous else 1
        node.continued_before = previous is not None and (previous.continued or previous.continued_before)
        if node.parent is not None and not mark.inline:
            self.nodes[node.parent].holds_points = True
            self._nested.add((self.nodes[node.parent].style, style))
        self._append(node)
        self._stack.append(len(self.nodes) - 1)
        for piece in self._line.pieces(self.text, max(node.heading_end, mark.end), end):
            if piece[2] != role:
                self._add_piece(*piece)

    def _append(self, node: OpenNode) -> None:
        self.nodes.append(node)
        for place in self._stack:
            self.nodes[place].end = max(self.nodes[place].end, node.end)

    def _top(self) -> int | None:
        return self._stack[-1] if self._stack else None

    def _close_to_sibling(self, mark: Mark) -> OpenNode | None:
        """Close the open node whose series the mark goes on with, all below it too, and return it."""
        for depth in reversed(range(len(self._stack))):
            node = self.nodes[self._stack[depth]]
            if self._is_sibling(node, mark):
                del self._stack[depth:]
                return node
        return None

    def _style_below(self, mark: Mark) -> str:
        """Close the nodes that cannot hold a mark which begins a series; return the style under which it is kept."""
        if any(self.nodes[place].style == mark.style for place in self._stack):
            return "listed"
        while self._stack and not self._may_hold(self._stack[-1], mark):
            self._stack.pop()
        return mark.style

    def _is_sibling(self, node: OpenNode, mark: Mark) -> bool:
        """Return whether the mark goes on with the series of an open node.

        A mark inside a line that counts again from one does not go on with a series of lines: it lists within the line.
        """
        if node.style == "listed":
            return mark.inline
        return node.style == mark.style and (node.inline or not mark.inline or mark.value > node.value)

    def _may_hold(self, place: int, mark: Mark) -> bool:
        """Return whether an open node may be the parent of a mark in a style that is not yet open."""
        node = self.nodes[place]
        level = self._levels.get(mark.start, 0)
        if node.level and (level or not node.number):
            return not level or node.level < level
        if RANKS[mark.style] > RANKS[node.style]:
            return True
        if mark.value != 1:
            return False
        above = {self.nodes[place].style for place in self._stack} - {node.style}
        return (node.style, mark.style) in self._nested or goes_on(
            self.marks, mark, node.style, node.value, above=above
        )

    def _holds_summary(self, node: OpenNode) -> bool:
        """Return whether an outermost node holds words about all points: 首先 and 其次 do not, nor the last aspect."""
        is_aspect = speaks_of_aspect(self.text[node.start : node.heading_end], self._labels)
        further = any(mark.style == node.style for mark in self.marks[self._next :])
        return node.style not in SPOKEN_STYLES and (further or not is_aspect)

    def _ends_list(self) -> bool:
        """Return whether a paragraph after the last entry of a list stands for the list as a whole.

        So it does where the entry has text of its own and no entry before it went on over a second paragraph.
        """
        place = self._top()
        if place is None:
            return False
        node = self.nodes[place]
        following = self.marks[self._next] if self._next < len(self.marks) else None
        if following is not None and following.style == node.style and following.value > node.value:
            return False
        return node.entry > 1 and node.end > node.heading_end and not node.continued and not node.continued_before

    def _is_last_point(self, place: int) -> bool:
        """Return whether an open node is the last entry of a list of sentences, rather than a heading.

        A title is a heading, unless it is one of several that have nothing below them.
        """
        node = self.nodes[place]
        heading = node.level or node.holds_points or RANKS[node.style] <= RANKS["bare_section"]
        if heading or self._is_followed(node):
            return False
        title = self.text[node.start : node.heading_end]
        rest = self.text[node.heading_end : node.end].partition("\n")[0]
        if rest.strip() or ends_sentence(title):
            return True
        if node.end > node.heading_end or _ANNOUNCES.search(title):
            return False
        return node.entry > 1 and all(other.end == other.heading_end for other in self._series(place))

    def _series(self, place: int) -> Iterator[OpenNode]:
        """Yield an entry of a series and those before it, the last first."""
        node = self.nodes[place]
        for other in map(self.nodes.__getitem__, range(place, -1, -1)):
            if (other.parent, other.style) == (node.parent, node.style):
                yield other
                if other.entry == 1:
                    return

    def _is_followed(self, node: OpenNode) -> bool:
        """Return whether the next mark goes on with the series of a node."""
        following = self.marks[self._next] if self._next < len(self.marks) else None
        return following is not None and (following.style, following.value) == (node.style, node.value + 1)
