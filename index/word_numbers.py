"""Word's automatic numbers: the text holds none of them, the numbering part says how each paragraph counts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

from index.numerals import UNNUMBERED, numeral
from index.word_styles import Element, WordStyles, style_of, switched_on, value, whole

_NUMBERING = "/numbering"
_TIGHT = "、．）)，,：:"
_FURTHEST_LINKS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """One level of a list: number format, template (`%1、`), first number, and the style that brings it along.

    `restarts` is the depth, counted from 1, below which it begins anew: 0 for never, None for any that is above it.
    """

    kind: str
    template: str
    first: int
    style: str
    restarts: int | None
    legal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The list and the depth that a paragraph is numbered in; "" for none."""

    list_id: str
    depth: int


class WordNumbers:
    """Counts the numbered paragraphs of one document; they must be asked for in order."""

    def __init__(self, document: Any, styles: WordStyles) -> None:  # noqa: ANN401 - of python-docx, which has no types
        self._styles = styles
        self._abstract: dict[str, Element] = {}
        self._lists: dict[str, str] = {}
        self._levels: dict[str, Mapping[int, _Level]] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        for relation in document.part.rels.values():
            if relation.reltype.endswith(_NUMBERING) and not relation.is_external:
                self._read(relation.target_part.element)

    def next_number(self, paragraph: Element) -> str:
        """Return the number that Word draws before the paragraph, "" for none; counts it in either case."""
        place = self._place(paragraph)
        levels = self._levels.get(place.list_id, {})
        level = levels.get(place.depth)
        if level is None:
            return ""
        counts = self._counts.setdefault(self._lists[place.list_id], {})
        for depth, before in self._restarts.pop(place.list_id, {}).items():
            counts[depth] = before
        counts[place.depth] = counts.get(place.depth, level.first - 1) + 1
        for deeper in [other for other in counts if other > place.depth]:
            if _begins_anew(levels.get(deeper), place.depth):
                del counts[deeper]
        return "" if level.kind in UNNUMBERED else _drawn(level, levels, counts)

    def _read(self, element: Element) -> None:
        for abstract in element.iter(qn("w:abstractNum")):
            self._abstract[abstract.get(qn("w:abstractNumId"))] = abstract
        numbers = {number.get(qn("w:numId")): number for number in element.iter(qn("w:num"))}
        for list_id, number in numbers.items():
            abstract_id = self._resolved(value(number, "w:abstractNumId"), numbers)
            if abstract_id in self._abstract:
                self._lists[list_id] = abstract_id
                self._levels[list_id] = dict(_levels(self._abstract[abstract_id])) | dict(_levels(number))
                self._restarts[list_id] = dict(_restarts(number))

    def _resolved(self, abstract_id: str, numbers: Mapping[str, Element]) -> str:
        """Return the definition that one stands for: it may name a list style, which names a list, which names it."""
        for _ in range(_FURTHEST_LINKS):
            abstract = self._abstract.get(abstract_id)
            link = "" if abstract is None else value(abstract, "w:numStyleLink")
            if not link:
                break
            number = numbers.get(self._from_style(link).list_id)
            if number is None:
                break
            abstract_id = value(number, "w:abstractNumId")
        return abstract_id

    def _place(self, paragraph: Element) -> _Place:
        """Return the list and the depth of a paragraph, from itself or from its style."""
        own = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        inherited = self._from_style(style_of(paragraph))
        if own is None:
            return inherited
        return _Place(
            list_id=value(own, "w:numId") or inherited.list_id,
            depth=whole(value(own, "w:ilvl"), inherited.depth if not value(own, "w:numId") else 0),
        )

    def _from_style(self, name: str) -> _Place:
        for style in self._styles.chain(name):
            numbered = style.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
            if numbered is not None:
                list_id = value(numbered, "w:numId")
                depth = whole(value(numbered, "w:ilvl"), 0)
                return _Place(list_id=list_id, depth=self._depth_of(list_id, style.get(qn("w:styleId")), depth))
        return _Place(list_id="", depth=0)

    def _depth_of(self, list_id: str, style: str, depth: int) -> int:
        levels = self._levels.get(list_id, {})
        return next((place for place, level in levels.items() if level.style == style), depth)


def _levels(definition: Element) -> Iterator[tuple[int, _Level]]:
    """Yield the levels of a list, or those that a list has in place of its definition's."""
    for level in definition.iter(qn("w:lvl")):
        restarts = value(level, "w:lvlRestart")
        yield (
            whole(level.get(qn("w:ilvl")), 0),
            _Level(
                # A format that Word 2003 does not know stands in a wrapper beside one that it knows.
                kind=next((kind.get(qn("w:val")) or "" for kind in level.iter(qn("w:numFmt"))), "decimal"),
                template=value(level, "w:lvlText"),
                first=whole(value(level, "w:start"), 1),
                style=value(level, "w:pStyle"),
                restarts=whole(restarts, 0) if restarts else None,
                legal=switched_on(level, "w:isLgl"),
            ),
        )


def _restarts(number: Element) -> Iterator[tuple[int, int]]:
    """Yield the level and the count from which a list starts anew, one less than its first number."""
    for override in number.iter(qn("w:lvlOverride")):
        first = value(override, "w:startOverride")
        if first:
            yield whole(override.get(qn("w:ilvl")), 0), whole(first, 1) - 1


def _begins_anew(level: _Level | None, depth: int) -> bool:
    """Return whether a level counts anew after a number at the depth above it."""
    if level is None or level.restarts is None:
        return True
    return depth < level.restarts


def _drawn(level: _Level, levels: Mapping[int, _Level], counts: Mapping[int, int]) -> str:
    def fill(place: re.Match[str]) -> str:
        depth = int(place.group(1)) - 1
        other = levels.get(depth, level)
        return numeral(counts.get(depth, other.first), "decimal" if level.legal else other.kind)

    number = re.sub("%([1-9])", fill, level.template).strip()
    return number if not number or number[-1] in _TIGHT else number + " "
