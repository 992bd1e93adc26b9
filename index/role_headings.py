"""Lines that are nothing but the name of a role, without a number, in a report whose parts have numbers."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from index.numbering import RANKS, SPOKEN_STYLES, Mark
from index.paragraphs import Paragraph
from index.records import HeadingLabels
from index.role_names import role_alone

_LONGEST_PART = 150
# How many marks before and after a line are looked at.
_LOOKAROUND = 400
_SECTIONS = {"chinese_bracket", "bare_section"}
_STOP = re.compile("[。：:！？!?\n]")
_AND = re.compile("以及|[、，,及和与]")


def bare_mark(style: str, block: Paragraph) -> Mark:
    """Return the mark without a number of a paragraph that is a heading."""
    return Mark(style=style, number="", value=0, start=block.start, end=block.start, inline=False)


def role_headings(
    text: str,
    blocks: Sequence[Paragraph],
    found: Sequence[Mark],
    parts: Sequence[Mark],
    labels: HeadingLabels,
    *,
    aspects: Sequence[int] = (),
) -> dict[int, Mark]:
    """Return a mark without a number for each paragraph that is nothing but the name of a role, by its start.

    原因分析 after a part that names another role is a part too. It is a section of a part that names none, or several
    with it, and of the point or the aspect (one that starts at a place in `aspects`) whose list goes on below it. Above
    the first of numbered parts that name no role, such lines are the parts.
    """
    lines = _Lines(text, found, parts, labels, aspects)
    marks: dict[int, Mark] = {}
    # A line that stood inside a list stands inside the last entry of the list too.
    within: dict[tuple[int, str], str] = {}  # by part and role
    # Parts in which such a line stood above the sections: the next ones do too.
    over_sections: set[int] = set()
    above_parts = False
    for block in blocks:
        line = text[block.start : block.end]
        role = role_alone(line, labels) if not line.startswith(("【", "★", "☆")) else None
        part = lines.part_above(block.start)
        if role is None:
            continue
        if part is None or above_parts:
            above_parts = not lines.parts_have_roles
            style = "bare_part" if above_parts else ""
        else:
            key = part.start, role
            style = within.get(key) or lines.style(block.start, part, role)
            if style == "bare_section" and part.start in over_sections:
                style = "bare_role"
            if style == "bare_role":
                over_sections.add(part.start)
            if style in {"bare_section", "bare_point"}:
                within[key] = style
        if style:
            marks[block.start] = bare_mark(style, block)
    return marks


class _Lines:
    """The numbered lines of a text, and where a line without a number belongs among them."""

    def __init__(
        self, text: str, found: Sequence[Mark], parts: Sequence[Mark], labels: HeadingLabels, aspects: Sequence[int]
    ) -> None:
        self._text = text
        self._labels = labels
        outermost = min(RANKS[part.style] for part in parts)
        self._parts = [part for part in parts if RANKS[part.style] == outermost]
        self._starts = [part.start for part in self._parts]
        self._roles = {part.start: _roles(text[part.end : part.end + _LONGEST_PART], labels) for part in self._parts}
        aspect_marks = [
            Mark(style="bare_section", number="", value=place, start=start, end=start, inline=False)
            for place, start in enumerate(sorted(aspects))
        ]
        self._marks = sorted([*found, *aspect_marks], key=lambda mark: mark.start)

    @property
    def parts_have_roles(self) -> bool:
        """Return whether the first part names a role; later ones may speak of problems that their measures solve."""
        return bool(self._roles[self._starts[0]])

    def part_above(self, place: int) -> Mark | None:
        """Return the last part that starts before a place, None where there is none."""
        found = bisect_left(self._starts, place)
        return self._parts[found - 1] if found else None

    def style(self, place: int, part: Mark, role: str) -> str:
        """Return the style of a line that names a role, below a part; "" where it is no heading."""
        roles = self._roles[part.start]
        if roles == {role}:
            return ""
        around = next(self._around(place, part), "")
        if around in SPOKEN_STYLES:
            return ""
        if RANKS.get(around, -1) >= RANKS["bare_section"]:
            return "bare_point"
        if RANKS.get(around, -1) > RANKS["bare_role"]:
            return "bare_section"
        if not around and roles and role not in roles:
            return part.style
        return "bare_section" if self._in_aspect(place, part) else "bare_role"

    def _in_aspect(self, place: int, part: Mark) -> bool:
        """Return whether the last section above a place, in its part, names a dimension."""
        middle = bisect_left(self._marks, place, key=lambda mark: mark.start)
        above = reversed(self._marks[max(middle - _LOOKAROUND, 0) : middle])
        sections = (mark for mark in above if mark.style in _SECTIONS or mark.start <= part.start)
        last = next(sections, part)
        if last.start <= part.start:
            return False
        return (
            self._labels.declared(_STOP.split(self._text[last.end : last.end + _LONGEST_PART].lstrip(), 1)[0])
            is not None
        )

    def _around(self, place: int, part: Mark) -> Iterator[str]:
        """Yield the styles of the lists that go on beyond a place before the next part, the outermost first."""
        middle = bisect_left(self._marks, place, key=lambda mark: mark.start)
        after: dict[str, int] = {}
        for mark in self._marks[middle : middle + _LOOKAROUND]:
            if RANKS[mark.style] <= RANKS[part.style] and not mark.inline:
                break
            if not mark.inline:
                after.setdefault(mark.style, mark.value)
        nearby = self._marks[max(middle - _LOOKAROUND, 0) : middle]
        before = {mark.style: mark.value for mark in nearby if mark.start > part.start and not mark.inline}
        for style in RANKS:
            if style in after and style in before and after[style] == before[style] + 1:
                yield style


def _roles(words: str, labels: HeadingLabels) -> set[str]:
    """Return the roles that the heading at the beginning of some words names."""
    heading = _STOP.split(words.lstrip(), maxsplit=1)[0]
    return {role for thing in _AND.split(heading) if (role := labels.role(thing))}
