"""Whether a series of numbers goes on beyond a place."""

from bisect import bisect_right
from collections.abc import Container, Sequence

from index.numbering import Mark

_LOOKAHEAD = 400


def goes_on(found: Sequence[Mark], mark: Mark, style: str, value: int, *, above: Container[str]) -> bool:
    """Return whether the series that has come to `value` continues after a mark, before one of a style in `above`."""
    place = bisect_right(found, mark.start, key=lambda other: other.start)
    for other in found[place : place + _LOOKAHEAD]:
        if other.style == style:
            return other.value > value
        if other.style in above:
            return False
    return False
