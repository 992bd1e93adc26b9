"""Paragraphs of a text: its lines, where lines broken by hand inside a sentence count as one."""

import re
from collections.abc import Container
from dataclasses import dataclass

from index.lettered import opens_lettered
from index.numbering import is_bare_mark, starts_numbered
from index.punctuation import CLOSERS, FULL_STOPS
from index.text import trim

# Below this a line that stops without punctuation is rather a title or a list entry than a broken sentence.
_WRAPPED_LINE = 15
_INDENT = re.compile("[ \u3000\xa0]{2,}|\u3000")
_CLOSED = tuple(FULL_STOPS + CLOSERS + "；;：:…")
_PAUSED = ("，", ",", "、")
BULLET = re.compile("[•●○■□▪▫◆◇◦‣⁃►▶➢➤→✓✔·∙⚫] *|[-–*+] +")
"""What opens an entry of a list. A hyphen or a star needs its space: ** is how reports blank out names."""
_NAMED = re.compile("[^，,；;。、！？!?：:…]{1,8}[：:]")
_SALUTATION = re.compile("[^，,；;。！？!?：:…]{0,24}(?:同志|领导|代表|党员|乡亲|同事|战友|委员)们?[：:]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A span of a text in code points, end excluded, never blank and without white space at its ends."""

    start: int
    end: int


def paragraphs(text: str, apart: Container[int] = ()) -> tuple[Paragraph, ...]:
    r"""Return the paragraphs in order. Every character that is no white space lies in exactly one of them.

    A line is joined with the next where it is long, has a pause in it, ends without any closing mark and the next line
    is ordinary unindented text, and where what is joined ends as a sentence does. One that ends in a comma is joined
    with any ordinary line right below it, and a mark alone on its line too. Lines that start at a place in `apart` are
    joined with none.
    """
    lines = _lines(text)
    result: list[Paragraph] = []
    place = 0
    while place < len(lines):
        last = _last_joined(text, lines, place, apart)
        if _ends_well(text, lines, place, last):
            result.append(Paragraph(start=lines[place].start, end=lines[last].end))
        else:
            result += _at_commas(text, lines[place : last + 1])
        place = last + 1
    return tuple(result)


def may_join(above: str, below: str) -> bool:
    """Return whether the last line of a text and the first of the one below it could be taken for one, broken by hand.

    Neither is blank.
    """
    text = above.strip().rpartition("\n")[2] + "\n" + below.strip().partition("\n")[0]
    line, following = _lines(text)
    broken = not text.endswith(_CLOSED, line.start, line.end) and line.end - line.start >= _WRAPPED_LINE
    return _is_paused(text, line, following) or (broken and _continues(text, line, following))


def _lines(text: str) -> list[Paragraph]:
    result = []
    position = 0
    for line in text.split("\n"):
        start, end = trim(text, position, position + len(line))
        if start < end:
            result.append(Paragraph(start=start, end=end))
        position += len(line) + 1
    return result


def _last_joined(text: str, lines: list[Paragraph], first: int, apart: Container[int]) -> int:
    """Return the position of the last line of the paragraph that `first` begins."""
    if first + 1 < len(lines) and _is_bare_mark(text, lines[first]) and _is_ordinary(text, lines[first + 1]):
        return first + 1
    if lines[first].start in apart:
        return first
    last = first
    while (
        last + 1 < len(lines)
        and lines[last + 1].start not in apart
        and (
            _is_paused(text, lines[last], lines[last + 1])
            or (_breaks_off(text, lines, last, first) and _continues(text, lines[last], lines[last + 1]))
        )
    ):
        last += 1
    return last


def _ends_well(text: str, lines: list[Paragraph], first: int, last: int) -> bool:
    """Return whether the lines make one paragraph: they end as a sentence does, or begin with a mark alone."""
    return _is_bare_mark(text, lines[first]) or text.endswith(_CLOSED, lines[last].start, lines[last].end)


def _at_commas(text: str, lines: list[Paragraph]) -> list[Paragraph]:
    """Return lines that make no sentence together, joined only where a comma says so."""
    result = lines[:1]
    for line in lines[1:]:
        if _is_paused(text, result[-1], line):
            result[-1] = Paragraph(start=result[-1].start, end=line.end)
        else:
            result.append(line)
    return result


def _is_bare_mark(text: str, line: Paragraph) -> bool:
    return is_bare_mark(text[line.start : line.end])


def _is_ordinary(text: str, line: Paragraph) -> bool:
    return not _starts_entry(text[line.start : line.end])


def _starts_entry(line: str) -> bool:
    return starts_numbered(line) or opens_lettered(line)


def _breaks_off(text: str, lines: list[Paragraph], place: int, first: int) -> bool:
    line = text[lines[place].start : lines[place].end]
    if len(line) < _WRAPPED_LINE or line.endswith(_CLOSED):
        return False
    # A numbered line without any stop is a heading, however long.
    heading = place == first and _starts_entry(line) and not any(stop in line for stop in FULL_STOPS)
    return not heading and (place > first or any(pause in line for pause in "，,。；"))


def _is_paused(text: str, line: Paragraph, following: Paragraph) -> bool:
    """Return whether a line ends in a comma and one that goes on with it, no entry or title, stands right below it."""
    if not text.endswith(_PAUSED, line.start, line.end) or text.count("\n", line.end, following.start) != 1:
        return False
    words = text[following.start : following.end]
    if BULLET.match(words) or _NAMED.match(words):
        return False
    # A title below a comma that stands there by mistake has no punctuation of its own; a list at 、 may end so.
    goes_on = text[line.end - 1] == "、" or any(mark in words for mark in _PAUSED + _CLOSED)
    return goes_on and _is_ordinary(text, following)


def _continues(text: str, line: Paragraph, following: Paragraph) -> bool:
    gap = text[line.end : following.start]
    if gap.count("\n") != 1 or _INDENT.match(gap.partition("\n")[2]):
        return False
    if _SALUTATION.match(text, following.start, following.end):
        return False
    return _is_ordinary(text, following)
