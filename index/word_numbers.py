"""Word's automatic numbers: the text holds none of them, the numbering part says how each paragraph counts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

_NUMBERING = "/numbering"
_CHINESE = frozenset({
    "chineseCounting",
    "chineseCountingThousand",
    "ideographDigital",
    "japaneseCounting",
    "taiwaneseCounting",
    "taiwaneseCountingThousand",
    "japaneseDigitalTenThousand",
})
_CIRCLED = frozenset({"decimalEnclosedCircle", "decimalEnclosedCircleChinese"})
_UNNUMBERED = frozenset({"bullet", "none"})
_DIGITS = "〇一二三四五六七八九"
_TIGHT = "、．）)，,：:"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """One level of a list: number format, template (`%1、`), first number, and the style that brings it along."""

    kind: str
    template: str
    first: int
    style: str


class WordNumbers:
    """Counts the numbered paragraphs of one document; they must be asked for in order."""

    def __init__(self, document: Any) -> None:  # noqa: ANN401 - python-docx publishes no types that help here
        self._levels: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, str] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._styles = {style.get(qn("w:styleId")): style for style in document.styles.element.iter(qn("w:style"))}
        for relation in document.part.rels.values():
            if relation.reltype.endswith(_NUMBERING) and not relation.is_external:
                self._read(relation.target_part)

    def next_number(self, paragraph: Any) -> str:  # noqa: ANN401 - an lxml element
        """Return the number that Word draws before the paragraph, "" for none; counts it in either case."""
        number_id, depth = self._place(paragraph)
        abstract = self._lists.get(number_id, "")
        levels = self._levels.get(abstract, {})
        level = levels.get(depth)
        if level is None:
            return ""
        counts = self._counts.setdefault(abstract, {})
        counts.update(self._restarts.pop(number_id, {}))
        counts[depth] = counts.get(depth, level.first - 1) + 1
        for deeper in [other for other in counts if other > depth]:
            del counts[deeper]
        return "" if level.kind in _UNNUMBERED else _drawn(level, levels, counts)

    def _read(self, part: Any) -> None:  # noqa: ANN401 - a part of python-docx
        for abstract in part.element.iter(qn("w:abstractNum")):
            self._levels[abstract.get(qn("w:abstractNumId"))] = dict(_levels(abstract))
        for number in part.element.iter(qn("w:num")):
            self._lists[number.get(qn("w:numId"))] = _value(number, "w:abstractNumId")
            restarts = dict(_overrides(number))
            if restarts:
                self._restarts[number.get(qn("w:numId"))] = restarts

    def _place(self, paragraph: Any) -> tuple[str, int]:  # noqa: ANN401 - an lxml element
        """Return the list and the depth of a paragraph, from itself or from its style; "" for no list."""
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            return "", 0
        style = _value(properties, "w:pStyle")
        own = properties.find(qn("w:numPr"))
        if own is not None:
            return _value(own, "w:numId") or self._from_style(style)[0], _whole(_value(own, "w:ilvl"), 0)
        return self._from_style(style)

    def _from_style(self, style: str) -> tuple[str, int]:
        seen: set[str] = set()
        name = style
        while name in self._styles and name not in seen:
            seen.add(name)
            numbered = self._styles[name].find(f"{qn('w:pPr')}/{qn('w:numPr')}")
            if numbered is not None:
                number_id = _value(numbered, "w:numId")
                return number_id, self._depth_of(number_id, name, _whole(_value(numbered, "w:ilvl"), 0))
            name = _value(self._styles[name], "w:basedOn")
        return "", 0

    def _depth_of(self, number_id: str, style: str, depth: int) -> int:
        levels = self._levels.get(self._lists.get(number_id, ""), {})
        return next((place for place, level in levels.items() if level.style == style), depth)


def _levels(abstract: Any) -> Iterator[tuple[int, _Level]]:  # noqa: ANN401 - an lxml element
    for level in abstract.iter(qn("w:lvl")):
        yield (
            _whole(level.get(qn("w:ilvl")), 0),
            _Level(
                kind=_value(level, "w:numFmt") or "decimal",
                template=_value(level, "w:lvlText"),
                first=_whole(_value(level, "w:start"), 1),
                style=_value(level, "w:pStyle"),
            ),
        )


def _overrides(number: Any) -> Iterator[tuple[int, int]]:  # noqa: ANN401 - an lxml element
    """Yield the level and the count from which a list starts anew, one less than its first number."""
    for override in number.iter(qn("w:lvlOverride")):
        first = _value(override, "w:startOverride")
        if first:
            yield _whole(override.get(qn("w:ilvl")), 0), _whole(first, 1) - 1


def _drawn(level: _Level, levels: dict[int, _Level], counts: dict[int, int]) -> str:
    def fill(place: re.Match[str]) -> str:
        depth = int(place.group(1)) - 1
        other = levels.get(depth, level)
        return _numeral(counts.get(depth, other.first), other.kind)

    number = re.sub("%([1-9])", fill, level.template).strip()
    return number if not number or number[-1] in _TIGHT else number + " "


def _numeral(count: int, kind: str) -> str:
    if kind in _CHINESE and 0 < count < 100:
        return _chinese(count)
    if kind in _CIRCLED and 0 < count <= 20:
        return chr(ord("①") + count - 1)
    if kind in {"lowerLetter", "upperLetter"} and 0 < count <= 26:
        return chr(ord("a" if kind == "lowerLetter" else "A") + count - 1)
    return str(count)


def _chinese(count: int) -> str:
    tens, units = divmod(count, 10)
    if not tens:
        return _DIGITS[units]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[units] if units else "")


def _value(element: Any, tag: str) -> str:  # noqa: ANN401 - an lxml element
    found = element.find(qn(tag))
    return "" if found is None else found.get(qn("w:val")) or ""


def _whole(value: str | None, default: int) -> int:
    return int(value) if value and value.isascii() and value.isdigit() else default
