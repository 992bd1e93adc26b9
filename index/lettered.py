"""Headings numbered by letters and Roman numerals: `A.` `Ⅰ、` `II.` `（Ⅱ）`.

Such a mark counts at the start of a line alone and only in a series from its first on, since what looks like one is
mostly a name (A.某公司) or an answer to choose.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.numbering import RANKS, Mark

_ROMAN = "[Ⅰ-Ⅻ]|I{1,3}|IV|VI{0,3}|IX|X"
_MARK = re.compile(
    f"(?:[（(] ?(?P<roman_bracket>{_ROMAN}) ?[）)][、．.]?|(?P<roman>{_ROMAN}) ?[、．.]|(?P<letter>[A-H]) ?[、．.])"
    "(?=[ \u3000\xa0]*[\u4e00-\u9fff“《])"
)
_STARTS = re.compile(r"^[ \u3000\xa0]*(?=[（(A-XⅠ-Ⅻ])", re.MULTILINE)
LETTERED_STYLES = frozenset(style for style in RANKS if style.startswith(("roman", "letter")))
_WRITTEN = {name: value for value, name in enumerate("I II III IV V VI VII VIII IX X".split(), start=1)}
# What such a series lies below where it comes after it, and what it is then; by itself it is what stands first.
_BELOW = {"roman": ("chinese", "roman_below"), "letter": ("arabic", "letter_below")}


def with_lettered(text: str, found: Sequence[Mark]) -> tuple[Mark, ...]:
    """Return the marks found and those by letters and Roman numerals, in order of place."""
    lettered = list(_series(text))
    below = {style: inner for style, (outer, inner) in _BELOW.items() if _first(found, outer) < _first(lettered, style)}
    if _first(found, "chinese") < _first(lettered, "letter") and not _counted_inside(found, lettered):
        # Below numbered parts, letters without numbers of their own list names as often as they head anything.
        below["letter"] = "letter_below"
    named = (replace(mark, style=below.get(mark.style, mark.style)) for mark in lettered)
    return tuple(sorted([*found, *named], key=lambda mark: mark.start))


def opens_lettered(line: str) -> bool:
    """Return whether a line begins as an entry of such a series does, white space aside."""
    return _MARK.match(line.lstrip()) is not None


def _series(text: str) -> Iterator[Mark]:
    every = [mark for start in _STARTS.finditer(text) if (mark := _mark(text, start.end()))]
    written = {(mark.style, mark.value) for mark in every}
    known: set[tuple[str, int]] = set()
    for mark in every:
        if (mark.value == 1 and (mark.style, 2) in written) or (mark.style, mark.value - 1) in known:
            known.add((mark.style, mark.value))
            yield mark


def _mark(text: str, start: int) -> Mark | None:
    found = _MARK.match(text, start)
    if found is None:
        return None
    style = found.lastgroup or ""
    number = found[style]
    first = ord("A") if style == "letter" else ord("Ⅰ")
    value = _WRITTEN.get(number) if style != "letter" else None
    return Mark(
        style=style,
        number=found.group(),
        value=value or ord(number) - first + 1,
        start=start,
        end=found.end(),
        inline=False,
    )


def _counted_inside(found: Sequence[Mark], lettered: Sequence[Mark]) -> bool:
    """Return whether numbers begin between two letters."""
    places = [mark.start for mark in lettered if mark.style == "letter"]
    firsts = (mark.start for mark in found if mark.style == "arabic" and mark.value == 1 and not mark.inline)
    return any(places[0] < first < places[-1] for first in firsts) if places else False


def _first(marks: Sequence[Mark], style: str) -> float:
    return min((mark.start for mark in marks if mark.style == style and not mark.inline), default=float("inf"))
