"""Marks that directly follow a heading on its line, without a stop between: 一、存在问题（一）学得浅."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.headings import names_aspect
from index.numbering import RANKS, Mark, fused_mark
from index.punctuation import FULL_STOPS
from index.records import HeadingLabels

_ABOVE = ("division", "chinese", "chinese_bracket")
_BELOW = ("chinese_bracket", "arabic", "arabic_bracket", "circled")
# The next number of a series without stops is looked for this far.
_LONGEST_ENTRY = 120
_GAP = "[ \u3000\xa0]*"
_FIRST = "[（(] ?[一1１] ?[）)]|[1１] ?[、.．）)]|[①⑴⒈㈠]"
_HEADING = re.compile(f"{_GAP}(?P<words>[\u4e00-\u9fff]{{2,20}}?){_GAP}[：:]?{_GAP}(?={_FIRST})")
_COUNTS = "0-9０-９〇零一二三四五六七八九十百（("
_NUMBER = re.compile(f"(?<![{_COUNTS}A-Za-z.．第])(?=[{_COUNTS}①-⒛㈠-㈩])")


def with_fused(text: str, found: Sequence[Mark], labels: HeadingLabels) -> tuple[Mark, ...]:
    """Return the marks and those that directly follow the heading of one of them, in order of place.

    Such a heading names a role, or an aspect as 理论学习方面 does, and what follows it counts from one. A section that
    opens so lasts beyond its line where its part does. In a line without full stops the marks that go on with the two
    series need no stop before them either.
    """
    marks = {mark.start: mark for mark in found}
    stop, has_stops = 0, False
    for above in found:
        if above.start >= stop:
            stop = _line_end(text, above.start)
            has_stops = any(end in text[above.start : stop].rstrip()[:-1] for end in FULL_STOPS)
        first = _first_below(text, above, labels)
        if first is not None:
            marks[first.start] = first
            further = () if has_stops else _going_on(text, above, first, stop, labels)
            marks |= {mark.start: mark for mark in further}
    return tuple(sorted(marks.values(), key=lambda mark: mark.start))


def _line_end(text: str, start: int) -> int:
    line = text.find("\n", start)
    return line if line >= 0 else len(text)


def _first_below(text: str, above: Mark, labels: HeadingLabels) -> Mark | None:
    heading = _HEADING.match(text, above.end) if above.style in _ABOVE else None
    if heading is None or not _is_named(heading["words"], labels):
        return None
    mark = fused_mark(text, heading.end(), len(text), inline=True)
    if mark is None or mark.style not in _BELOW or RANKS[mark.style] <= RANKS[above.style]:
        return None
    return replace(mark, inline=above.inline) if mark.style == "chinese_bracket" else mark


def _is_named(words: str, labels: HeadingLabels) -> bool:
    return labels.role(words) is not None or names_aspect(words, labels)


def _going_on(text: str, above: Mark, first: Mark, stop: int, labels: HeadingLabels) -> Iterator[Mark]:
    """Yield the next marks of the series of `first`, and of that of `above` where they too have a mark below them."""
    last = first
    for place in _NUMBER.finditer(text, first.end, stop):
        if place.start() - last.end > _LONGEST_ENTRY:
            return
        mark = fused_mark(text, place.start(), stop, inline=above.inline)
        if mark and mark.style == last.style and mark.value == last.value + 1:
            last = replace(mark, inline=last.inline)
            yield last
        elif mark and mark.style == above.style and mark.value == above.value + 1:
            below = _first_below(text, mark, labels)
            if below:
                above, last = mark, below
                yield from (mark, below)
