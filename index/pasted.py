"""Paragraphs that were pasted as one line: the two wide spaces that began each of them are left to tell them apart."""

import re

from index.full_stops import with_full_stops

_INDENT = re.compile("(?<=\\S)\u3000{2}(?=\\S)")
# Shorter or fewer, they set a name apart from an office.
_LEAST_INDENTS = 3
_SHORTEST_LINE = 80


def as_read(text: str) -> str:
    """Return a text as it is read, as long as before, with the full stops and line ends that it stands for."""
    return with_full_stops(with_line_ends(text))


def with_line_ends(text: str) -> str:
    """Return a text of the same length in which paragraphs that follow each other on one line stand on lines."""
    if "\u3000\u3000" not in text:
        return text
    return "".join(_broken(line) for line in text.splitlines(keepends=True))


def _broken(line: str) -> str:
    if len(line) < _SHORTEST_LINE or len(_INDENT.findall(line)) < _LEAST_INDENTS:
        return line
    return _INDENT.sub("\n\u3000", line)
