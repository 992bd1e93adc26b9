"""Footnotes of web pages: a mark in the text leads to the note, a mark in the note leads back."""

import re
from collections.abc import Mapping, Sequence

from index.readings import Line

_MARK = re.compile(r"\s*(?:[\[［(（【〔]?(?:[0-9]{1,3}|[ivx]{1,5}|[*†①-⑳])[\]］)）】〕]?|[↩⏎^]\ufe0e?)\s*")


class PageNotes:
    """Takes the marks out of the text, and each note to the line that leads to it."""

    def __init__(self) -> None:
        # Where a link in the page leads, and how many words stand before it.
        self._link = ("", 0)
        # The names that began in the line that is open, and where marks in it lead.
        self._named: set[str] = set()
        self._led: set[str] = set()
        # How many lines stand before what belongs to a mark.
        self._places: dict[str, int] = {}
        self._notes: dict[int, list[Line]] = {}

    def start(self, tag: str, attributes: Mapping[str, str], *, words: int) -> None:
        """Take the begin of an element, and how many words of its line stand before it."""
        self._named |= {attributes.get("id", ""), attributes.get("name", "")} & self._places.keys()
        target = attributes.get("href", "")
        if tag == "a":
            self._link = (target[1:], words) if target.startswith("#") else ("", 0)

    def end_link(self, words: list[str]) -> None:
        """Take the end of a link, and the mark of a note out of the words of its line."""
        target, before = self._link
        if target and _MARK.fullmatch("".join(words[before:])):
            del words[before:]
            self._led.add(target)
        self._link = ("", 0)

    def takes(self, text: str) -> bool:
        """Return whether the line that ends is a note, which is kept here."""
        place = next((self._places[name] for name in self._named if self._led), None)
        if place is not None:
            self._notes.setdefault(place, []).append(Line(text=text))
            self._named, self._led = set(), set()
        return place is not None

    def end_line(self, place: int) -> None:
        """Take the end of a line of the text after which so many lines stand."""
        for target in self._led:
            self._places.setdefault(target, place)
        self._named, self._led = set(), set()

    def put_back(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        """Return the lines of the page, each note below the line that leads to it."""
        return tuple(
            line for place in range(len(lines) + 1) for line in (*self._notes.get(place, ()), *lines[place : place + 1])
        )
