"""Tables of contents that only their words show: below 目录, lines that name headings of the text and their pages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.readings import Line

_HEADING = re.compile(r"目\s*[录錄次]")
# What stands behind a heading: dots or a line, and its page.
_PAGE = re.compile(r"[.．·…—_-]*[0-9]{0,4}$")
_LINE_END = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_SPACE = re.compile(r"\s+")
_FEWEST_ENTRIES = 2


def without_contents(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines without a table of contents, so that no heading is there twice.

    An entry is a line that the text has again further down, but for its page; below 目录 there must be two or more.
    """
    if not any(_HEADING.search(line.text) for line in lines):
        return lines
    single = list(_single(lines))
    words = [_SPACE.sub("", line.text) for line in single]
    place = next((place for place, line in enumerate(words) if _HEADING.fullmatch(line)), len(words))
    end = _end_of_entries(words, place + 1)
    return [*single[:place], *single[end:]] if end else lines


def _single(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield each line end of a plain text as an end of a line."""
    for line in lines:
        for text in [line.text] if line.cell or line.level else _LINE_END.split(line.text):
            yield replace(line, text=text)


def _end_of_entries(words: Sequence[str], start: int) -> int:
    """Return the place after the entries that begin at `start`, 0 where there are too few."""
    last_places = {line: place for place, line in enumerate(words)}
    end, entries = start, 0
    for place in range(start, len(words)):
        line = words[place]
        if not line:
            continue
        if max(last_places[line], last_places.get(_PAGE.sub("", line), 0)) == place:
            break
        end, entries = place + 1, entries + 1
    return end if entries >= _FEWEST_ENTRIES else 0
