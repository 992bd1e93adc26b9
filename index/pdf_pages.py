"""Running heads, feet and page numbers: what the pages of a file repeat at their edges, told from its text."""

import re
from collections import Counter
from collections.abc import Sequence

from index.numbering import starts_numbered

# How many lines from its edge a page may repeat what others have there.
_EDGE = 2
_LONGEST_RUNNING = 60
# A line that this share of the pages has at the same edge is none of the text; heads of left and right pages differ.
_REPEATED = 1 / 3
_PAGE_NUMBER = re.compile(
    r"[-–—―─－·~～\s]*[0-9０-９]{1,4}[-–—―─－·~～\s]*"
    r"|(?:第\s*)?[0-9０-９一二三四五六七八九十百]+\s*页(?:[/／，,、\s]*(?:共|总)\s*[0-9０-９一二三四五六七八九十百]+\s*页)?"
    r"|[0-9]{1,4}\s*[/／]\s*[0-9]{1,4}"
    r"|[Pp]age\s*[0-9]{1,4}(?:\s*(?:of|/)\s*[0-9]{1,4})?"
)
_DIGITS = re.compile("[0-9０-９]+")
_SPACE = re.compile(r"\s+")


def text_spans(pages: Sequence[Sequence[str]]) -> list[slice]:
    """Return which lines of each page are its text: those between numbers and repeated lines at its edges."""
    heads = _repeated([_edge(page) for page in pages], pages=len(pages))
    feet = _repeated([_edge(page[::-1]) for page in pages], pages=len(pages))
    result = []
    for page in pages:
        start = _edge_length(page, heads)
        result.append(slice(start, len(page) - _edge_length(page[start:][::-1], feet)))
    # Where that is all there is, it is the text.
    return result if any(span.start < span.stop for span in result) else [slice(0, len(page)) for page in pages]


def _edge(page: Sequence[str]) -> list[str]:
    """Return the first lines of a page that are neither blank nor its number."""
    lines = [line for line in page if line and not _PAGE_NUMBER.fullmatch(line)]
    return lines[:_EDGE]


def _repeated(edges: Sequence[Sequence[str]], *, pages: int) -> set[str]:
    """Return the lines, digits made equal, that enough pages have at an edge."""
    counts = Counter(key for edge in edges for key in {_key(line) for line in edge if _may_run(line)})
    return {key for key, count in counts.items() if count > 1 and count >= _REPEATED * pages}


def _may_run(line: str) -> bool:
    """Return whether a line looks like a head or foot; sentences and points may be alike but for a digit."""
    return len(line) <= _LONGEST_RUNNING and not line.endswith(("。", "；", "，")) and not starts_numbered(line)


def _key(line: str) -> str:
    return _DIGITS.sub("#", _SPACE.sub("", line))


def _edge_length(page: Sequence[str], repeated: set[str]) -> int:
    """Return how many lines stand above the text of a page: blank ones, numbers and at most two repeated lines."""
    taken = 0
    for place, line in enumerate(page):
        if not line or _PAGE_NUMBER.fullmatch(line):
            continue
        if taken == _EDGE or not _may_run(line) or _key(line) not in repeated:
            return place
        taken += 1
    return len(page)
