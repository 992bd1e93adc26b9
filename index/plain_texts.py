"""Text files, and those in Markdown: its signs laid bare, so that the outline sees numbers and headings."""

import re

from index.encoding import decode
from index.readings import Line, Reading, bounded, plain

_HEADING = re.compile(r" {0,3}(#{1,6})[ \u3000]+(.*?)[ \u3000]*#*[ \r]*")
# Only where a number opens the bold run: ** alone is how reports blank out names.
_BOLD = re.compile(r"^([ \u3000]*)\*\*(?=[一二三四五六七八九十（(0-9第①-⑳])([^*\n]+)\*\*", re.MULTILINE)


def plain_text(name: str, data: bytes) -> Reading:
    """Return what a text file holds. Raises UnreadableDocument, naming the file."""
    return plain(decode(name, data))


def markdown_text(name: str, data: bytes) -> Reading:
    """Return what a Markdown file holds, a line each. Raises UnreadableDocument, naming the file."""
    text = _BOLD.sub(r"\1\2", decode(name, data).replace("\r\n", "\n"))
    return Reading(lines=tuple(bounded(name, map(_line, text.split("\n")))))


def _line(text: str) -> Line:
    heading = _HEADING.fullmatch(text)
    if heading is None:
        return Line(text=text)
    return Line(text=_BOLD.sub(r"\1\2", heading.group(2)), level=len(heading.group(1)))
