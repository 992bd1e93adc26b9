"""Styles of Word files: what a paragraph inherits from the style it names and from those that one is based on."""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from docx.oxml.ns import qn

from index.readings import DEEPEST_LEVEL

Element: TypeAlias = Any
"""An element of XML; lxml publishes no types."""
_HEADING_NAME = re.compile("(?:heading|标题) ?([1-9])", re.IGNORECASE)
_CONTENTS_NAME = re.compile("(?:toc|目录) ?(?:[1-9]|heading|标题)|table of (?:figures|authorities)", re.IGNORECASE)
_OFF = frozenset({"0", "false", "off", "none"})


class WordStyles:
    """The styles of one document, by their id."""

    def __init__(self, element: Element) -> None:
        styles = list(element.iter(qn("w:style")))
        self._styles = {style.get(qn("w:styleId")): style for style in styles}
        self._default = next(
            (
                style.get(qn("w:styleId"))
                for style in styles
                if style.get(qn("w:type")) == "paragraph" and style.get(qn("w:default")) in {"1", "true", "on"}
            ),
            "",
        )

    def chain(self, name: str) -> Iterator[Element]:
        """Yield the style of an id, the default one for "", then what it is based on; nothing for an unknown id."""
        seen: set[str] = set()
        name = name or self._default
        while name in self._styles and name not in seen:
            seen.add(name)
            yield self._styles[name]
            name = value(self._styles[name], "w:basedOn")

    def level(self, paragraph: Element) -> int:
        """Return 1 to 9 where the format of a paragraph makes it a heading, 0 elsewhere."""
        own = _outline_level(paragraph)
        if own is not None:
            return own
        for style in self.chain(style_of(paragraph)):
            named = _HEADING_NAME.fullmatch(value(style, "w:name"))
            inherited = _outline_level(style)
            if inherited is not None:
                return inherited
            if named:
                return int(named.group(1))
        return 0

    def is_contents(self, paragraph: Element) -> bool:
        """Return whether a paragraph is an entry of a table of contents, or stands above it."""
        return any(_CONTENTS_NAME.fullmatch(value(style, "w:name")) for style in self.chain(style_of(paragraph)))


def style_of(paragraph: Element) -> str:
    """Return the id of the style that a paragraph names, "" for none."""
    properties = paragraph.find(qn("w:pPr"))
    return "" if properties is None else value(properties, "w:pStyle")


def value(element: Element, tag: str) -> str:
    """Return the value of a child element, "" where there is none."""
    found = element.find(qn(tag))
    return "" if found is None else found.get(qn("w:val")) or ""


def whole(written: str | None, default: int) -> int:
    """Return a number as it is written in a file, the default for what is none."""
    return int(written) if written and written.isascii() and written.isdigit() and len(written) < 10 else default


def switched_on(properties: Element | None, tag: str) -> bool:
    """Return whether properties, None for no properties, hold a switch that is not turned off."""
    found = None if properties is None else properties.find(qn(tag))
    return found is not None and found.get(qn("w:val")) not in _OFF


def _outline_level(element: Element) -> int | None:
    """Return the outline level in the properties of a paragraph or a style from 1, 0 for body text, None for none."""
    properties = element.find(qn("w:pPr"))
    written = "" if properties is None else value(properties, "w:outlineLvl")
    if not written:
        return None
    level = whole(written, DEEPEST_LEVEL) + 1
    return level if level <= DEEPEST_LEVEL else 0
