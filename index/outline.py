"""The outline of a report: parts, sections, points and paragraphs, each with its span.

A lexer and a stack rather than a grammar: `numbering` finds the marks, and each mark closes what it cannot lie in. So
every text has an outline, and wrong or missing numbers only make it flatter.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.formatted import formatted_headings, formatted_levels
from index.headings import bare_headings, closing_start, heading_end, is_title
from index.numbering import RANKS, SPOKEN_STYLES, Mark, marks
from index.paragraphs import Paragraph, paragraphs
from index.records import HeadingLabels, NodeKind, OutlineNode
from index.scripts import simplified
from index.text import trim

_LOOKAHEAD = 400

_PARAGRAPH = "paragraph"
NO_LEVELS: Mapping[int, int] = {}
_SUMMARY = re.compile("另外[，,]|此外[，,]|总之|总的(?:来说|来看|看)|综上|(?:以上|上述|这些|以上这些)问题")


@dataclass(slots=True, kw_only=True)
class _Open:
    """A node being built. `style` is the numbering style, `_PARAGRAPH` for a paragraph.

    `level` is that of a heading by its format, 0 for none. `entry` counts it in its series from 1; `continued` says
    that a paragraph follows in it, `continued_before` that one does in an earlier entry.
    """

    style: str
    parent: int | None
    start: int
    end: int
    heading_end: int = 0
    number: str = ""
    value: int = 0
    inline: bool = False
    level: int = 0
    entry: int = 0
    continued: bool = False
    continued_before: bool = False


def outline(text: str, labels: HeadingLabels, levels: Mapping[int, int] = NO_LEVELS) -> tuple[OutlineNode, ...]:
    """Return the nodes of a normalised text in order of place, parents before children; "" gives ().

    `levels` are those of `Document.headings`. Total: any text has an outline. Children lie inside their parents,
    siblings do not overlap, every character that is no white space lies in a node. What stands before the first part
    and a closing paragraph have no parent.
    """
    read = simplified(text)
    blocks = paragraphs(read, apart=levels)
    found = marks(read)
    kept = formatted_levels(read, blocks, labels, levels)
    bare = bare_headings(read, blocks, found, labels) | formatted_headings(read, found, kept)
    closing = closing_start(read, blocks, found, after=max(kept, default=-1))
    tree = _Tree(read, found, bare=bare, levels=kept)
    for block in blocks:
        if block.start >= closing:
            tree.close_all()
        tree.add(block, numbered=block.start < closing)
    return _labelled(text, read, tree.nodes, labels)


class _Tree:
    """Nodes built so far and the stack of those still open, outermost first."""

    def __init__(
        self, text: str, found: Sequence[Mark], *, bare: Mapping[int, Mark], levels: Mapping[int, int]
    ) -> None:
        self.text = text
        self.marks = found
        self.nodes: list[_Open] = []
        self._stack: list[int] = []
        self._bare = bare
        self._levels = levels
        self._next = 0

    def close_all(self) -> None:
        """Close every open node: what follows belongs to the document alone."""
        self._stack.clear()

    def add(self, block: Paragraph, *, numbered: bool) -> None:
        """Add one paragraph of text with the numbered nodes that open in it."""
        own = self._marks_in(block) if numbered else []
        if numbered and block.start in self._bare:
            own = [self._bare[block.start]]
        if not own or own[0].start > block.start:
            self._add_paragraph(block.start, own[0].start if own else block.end)
        for mark, stop in _with_stops(own, block.end):
            self._open(mark, stop)
        # What opened inside a line ends with it.
        while self._stack and self.nodes[self._stack[-1]].inline:
            self._stack.pop()

    def _marks_in(self, block: Paragraph) -> list[Mark]:
        """Return the marks of a paragraph that have text of their own, and step past them."""
        first = self._next
        while self._next < len(self.marks) and self.marks[self._next].start < block.end:
            self._next += 1
        return [
            mark
            for mark, stop in _with_stops(self.marks[first : self._next], block.end)
            if mark.start >= block.start and any(char.isalnum() for char in self.text[mark.end : stop])
        ]

    def _add_paragraph(self, start: int, end: int) -> None:
        if self._stack and _SUMMARY.match(self.text, start):
            del self._stack[1:]
        elif self._ends_list():
            self._stack.pop()
        start, end = trim(self.text, start, end)
        if self._stack:
            self.nodes[self._stack[-1]].continued = True
        self._append(_Open(style=_PARAGRAPH, parent=self._top(), start=start, end=end, heading_end=start))

    def _open(self, mark: Mark, stop: int) -> None:
        previous = self._close_to_sibling(mark)
        style = previous.style if previous else self._style_below(mark)
        _, end = trim(self.text, mark.start, stop)
        node = _Open(style=style, parent=self._top(), start=mark.start, end=end)
        node.number, node.value, node.inline = mark.number, mark.value, mark.inline
        node.level = self._levels.get(mark.start, 0)
        node.heading_end = end if node.level else heading_end(self.text, mark, end)
        node.entry = previous.entry + 1 if previous else 1
        node.continued_before = previous is not None and (previous.continued or previous.continued_before)
        self._append(node)
        self._stack.append(len(self.nodes) - 1)

    def _append(self, node: _Open) -> None:
        self.nodes.append(node)
        for place in self._stack:
            self.nodes[place].end = max(self.nodes[place].end, node.end)

    def _top(self) -> int | None:
        return self._stack[-1] if self._stack else None

    def _close_to_sibling(self, mark: Mark) -> _Open | None:
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

    def _is_sibling(self, node: _Open, mark: Mark) -> bool:
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
        return mark.value == 1 and self._goes_on(node, mark)

    def _goes_on(self, node: _Open, mark: Mark) -> bool:
        """Return whether the series of `node` continues after the mark, before anything that would close it."""
        above = {self.nodes[place].style for place in self._stack} - {node.style}
        place = bisect_right(self.marks, mark.start, key=_start)
        for other in self.marks[place : place + _LOOKAHEAD]:
            if other.style == node.style:
                return other.value > node.value
            if other.style in above:
                return False
        return False

    def _ends_list(self) -> bool:
        """Return whether a paragraph after the last entry of a list stands for the list as a whole.

        So it does where the entry has text of its own and no entry before it went on over a second paragraph.
        """
        place = self._top()
        if place is None:
            return False
        node = self.nodes[place]
        if self._next < len(self.marks) and self.marks[self._next].style == node.style:
            return False
        return node.entry > 1 and node.end > node.heading_end and not node.continued and not node.continued_before


def _start(mark: Mark) -> int:
    return mark.start


def _with_stops(found: Sequence[Mark], end: int) -> list[tuple[Mark, int]]:
    """Return each mark with the place where the next one or the paragraph ends it."""
    stops = [*(mark.start for mark in found[1:]), end]
    return list(zip(found, stops, strict=False))


def _labelled(text: str, read: str, nodes: Sequence[_Open], labels: HeadingLabels) -> tuple[OutlineNode, ...]:
    kinds = _kinds(nodes)
    result: list[OutlineNode] = []
    for node, kind in zip(nodes, kinds, strict=True):
        lone = node.end == node.heading_end and not is_title(read[node.start : node.heading_end])
        end = node.start if lone else node.heading_end
        heading = read[node.start : end]
        result.append(
            OutlineNode(
                kind=kind,
                number=node.number,
                heading=text[node.start : end],
                heading_start=node.start,
                heading_end=end,
                start=node.start,
                end=node.end,
                parent=node.parent,
                declared=labels.declared(heading) if heading else None,
                role=labels.role(heading) if heading and _may_name_role(result, node.parent, kind) else None,
            )
        )
    return tuple(result)


def _may_name_role(above: Sequence[OutlineNode], parent: int | None, kind: NodeKind) -> bool:
    """Return whether a heading may name a role: a part always, a section where no part above has named one."""
    while parent is not None:
        if above[parent].role is not None:
            return False
        parent = above[parent].parent
    return kind in {"part", "section"}


def _kinds(nodes: Sequence[_Open]) -> list[NodeKind]:
    """Return the kind of each node: the outermost style makes the parts, what lies under them sections and points."""
    top = [RANKS[node.style] for node in nodes if node.parent is None and _numbers_parts(node)]
    outermost = min(top, default=-1)
    nesting = {nodes[node.parent].style for node in nodes if node.parent is not None and node.style != _PARAGRAPH}
    return [_kind(node, outermost=outermost, nesting=nesting) for node in nodes]


def _numbers_parts(node: _Open) -> bool:
    return node.style != _PARAGRAPH and node.style not in SPOKEN_STYLES


def _kind(node: _Open, *, outermost: int, nesting: set[str]) -> NodeKind:
    if node.style == _PARAGRAPH:
        return "paragraph"
    if not _numbers_parts(node):
        return "point"
    if node.parent is None and RANKS[node.style] == outermost:
        return "part"
    sectional = RANKS[node.style] <= RANKS["bare_section"]
    return "section" if sectional or node.style in nesting else "point"
