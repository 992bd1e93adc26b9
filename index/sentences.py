"""Sentences of a document: spans that, together with the gaps of white space between them, give back the text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from index.errors import UnreadableDocument
from index.numbering import is_bare_mark
from index.paragraphs import paragraphs
from index.pasted import as_read
from index.punctuation import sentence_ends
from index.records import OutlineNode, Sentence
from index.text import has_letter, trim

# With the headings above it an encoder reads some 500 characters; what is behind them would not count.
LONGEST_SENTENCE = 400
LONGEST_UNCUT = 100_000
_PAUSES = (re.compile("[，,]"), re.compile("[、：:；;]"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """A sentence before it is numbered. `node` is the place of its innermost outline node, -1 for none."""

    start: int
    end: int
    node: int
    block: int


def sentences(text: str, nodes: Sequence[OutlineNode]) -> tuple[Sentence, ...]:
    """Return the sentences of a text in order, spans in code points, each without white space at its ends.

    Every character that is no white space lies in exactly one of them. A heading is a sentence of its own; a numbering
    mark never is. None is longer than 400 characters. "" gives (); without nodes, paths are empty.
    """
    spans = list(_spans(text, nodes))
    paths = _paths(nodes)
    roles, declared = _inherited([node.role for node in nodes], nodes), _inherited([n.declared for n in nodes], nodes)
    passages = _passages(spans, nodes)
    return tuple(
        Sentence(
            ordinal=ordinal,
            start=span.start,
            end=span.end,
            text=text[span.start : span.end],
            path=_path(span, nodes, paths),
            role=roles[span.node],
            declared=declared[span.node],
            passage=passage,
            is_heading=_is_heading(span, nodes),
        )
        for ordinal, (span, passage) in enumerate(zip(spans, passages, strict=True))
    )


def refuse_endless(text: str, *, name: str) -> None:
    """Raise UnreadableDocument, giving the name, where a sentence has more than 100,000 characters: that is no report.

    Up to there a sentence that is too long is cut, see `sentences`.
    """
    if len(text) <= LONGEST_UNCUT:
        return
    read = as_read(text)
    for block in paragraphs(read):
        start = block.start
        for end in (*sentence_ends(read, block.start, block.end), block.end):
            if end - start > LONGEST_UNCUT:
                line = text.count("\n", 0, start) + 1
                raise UnreadableDocument(
                    f"{name}: the sentence at character {start:,} (line {line:,}) has {end - start:,} characters, more "
                    f"than {LONGEST_UNCUT:,}; check that it is a report, or put full stops into it"
                )
            start = end


def _spans(text: str, nodes: Sequence[OutlineNode]) -> Iterator[_Span]:
    cuts = sorted({cut for node in nodes for cut in (node.start, node.heading_end)})
    headings = {node.heading_start: node.heading_end for node in nodes if node.heading}
    place = 0
    owner = _Owner(nodes)
    read = as_read(text)
    for number, block in enumerate(paragraphs(read)):
        while place < len(cuts) and cuts[place] <= block.start:
            place += 1
        inside = place
        while inside < len(cuts) and cuts[inside] < block.end:
            inside += 1
        bounds = [block.start, *cuts[place:inside], block.end]
        place = inside
        pieces = [
            piece
            for start, end in zip(bounds, bounds[1:], strict=False)
            for piece in _split(read, start, end, headings)
        ]
        for start, end in _whole(text, pieces):
            yield _Span(start=start, end=end, node=owner.at(start), block=number)


def _split(text: str, start: int, end: int, headings: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the trimmed sentences between two outline boundaries."""
    ends = [end] if headings.get(start) == end else [*sentence_ends(text, start, end), end]
    for stop in ends:
        left, right = trim(text, start, stop)
        while right - left > LONGEST_SENTENCE:
            cut = _pause(text, left, right)
            yield trim(text, left, cut)
            left, right = trim(text, cut, right)
        if left < right:
            yield left, right
        start = stop


def _pause(text: str, start: int, end: int) -> int:
    """Return where to cut a sentence that is too long, so that its pieces are about as long as each other.

    It is after the comma nearest to there, else after another pause, otherwise at the limit.
    """
    length = ceil((end - start) / ceil((end - start) / LONGEST_SENTENCE))
    for marks in _PAUSES:
        places = [mark.end() for mark in marks.finditer(text, start + length // 2, start + LONGEST_SENTENCE)]
        if places:
            return min(places, key=lambda place: abs(place - start - length))
    return start + LONGEST_SENTENCE


def _whole(text: str, pieces: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join a piece of mere punctuation to the one before it, and a mere numbering mark to the one after it."""
    result: list[tuple[int, int]] = []
    for start, end in pieces:
        bare = not has_letter(text[start:end])
        after_mark = bool(result) and is_bare_mark(text[result[-1][0] : result[-1][1]])
        if result and (bare or after_mark) and end - result[-1][0] <= LONGEST_SENTENCE:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


class _Owner:
    """Finds the innermost node at a position; positions must be asked in ascending order."""

    def __init__(self, nodes: Sequence[OutlineNode]) -> None:
        self._nodes = nodes
        self._order = sorted(range(len(nodes)), key=lambda place: nodes[place].start)
        self._next = 0
        self._open: list[int] = []

    def at(self, position: int) -> int:
        """Return the place of the innermost node that holds the position, -1 for none."""
        while self._next < len(self._order) and self._nodes[self._order[self._next]].start <= position:
            self._open.append(self._order[self._next])
            self._next += 1
        while self._open and self._nodes[self._open[-1]].end <= position:
            self._open.pop()
        return self._open[-1] if self._open else -1


def _paths(nodes: Sequence[OutlineNode]) -> list[tuple[str, ...]]:
    """Return the headings down to and with each node; the last entry, for no node, is empty."""
    paths: list[tuple[str, ...]] = []
    for node in nodes:
        above = paths[node.parent] if node.parent is not None else ()
        paths.append((*above, node.heading) if node.heading else above)
    return [*paths, ()]


def _inherited(own: Sequence[str | None], nodes: Sequence[OutlineNode]) -> list[str | None]:
    """Return the value of each node or else of its nearest ancestor with one; the last entry, for no node, is None."""
    values: list[str | None] = []
    for value, node in zip(own, nodes, strict=True):
        values.append(value if value is not None or node.parent is None else values[node.parent])
    return [*values, None]


def _is_heading(span: _Span, nodes: Sequence[OutlineNode]) -> bool:
    if span.node < 0:
        return False
    node = nodes[span.node]
    return bool(node.heading) and (span.start, span.end) == (node.heading_start, node.heading_end)


def _path(span: _Span, nodes: Sequence[OutlineNode], paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return paths[span.node][:-1] if _is_heading(span, nodes) else paths[span.node]


def _passages(spans: Sequence[_Span], nodes: Sequence[OutlineNode]) -> list[int]:
    """Return the passage of each span. A heading without text of its own goes with the paragraph below it."""
    result: list[int] = []
    key: tuple[int, int] | None = None
    for place, span in enumerate(spans):
        following = _key(span, nodes)
        joined = place > 0 and _is_heading(spans[place - 1], nodes) and _is_below(span, spans[place - 1], nodes)
        if place == 0:
            result.append(0)
        else:
            result.append(result[-1] if joined or following == key else result[-1] + 1)
        key = following
    return result


def _key(span: _Span, nodes: Sequence[OutlineNode]) -> tuple[int, int]:
    """Return what sets a passage apart: the innermost point, else the node itself, else the paragraph."""
    place: int | None = span.node if span.node >= 0 else None
    while place is not None:
        if nodes[place].kind == "point":
            return place, -1
        place = nodes[place].parent
    return span.node, -1 if span.node >= 0 else span.block


def _is_below(span: _Span, heading: _Span, nodes: Sequence[OutlineNode]) -> bool:
    return span.node >= 0 and nodes[span.node].kind == "paragraph" and nodes[span.node].parent == heading.node
