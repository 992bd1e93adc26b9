"""Clauses of a text, and the one that is nearest to a query in meaning."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

LEAST_LETTERS = 4
"""A clause with fewer letters, as 比如, says nothing by itself: it belongs to the one after it."""

_CLAUSE = re.compile(r"[^，。；：！？,;:!?\n]+[，。；：！？,;:!?\n]*")


def clauses(text: str) -> list[tuple[int, int]]:
    """Return the spans of a text's clauses, in code points, end excluded, without the punctuation around them."""
    spans: list[tuple[int, int]] = []
    open_start: int | None = None
    for found in _CLAUSE.finditer(text):
        start = found.start() if open_start is None else open_start
        open_start = None
        if sum(char.isalnum() for char in text[start : found.end()]) < LEAST_LETTERS:
            open_start = start
        else:
            spans.append((start, found.end()))
    if open_start is not None:
        start = spans.pop()[0] if spans else open_start
        spans.append((start, len(text)))
    return [_trimmed(text, *span) for span in spans]


def closest_clauses(
    texts: Sequence[str], vector: NDArray[np.float32], encode: Callable[[Sequence[str]], NDArray[np.float32]]
) -> list[tuple[int, int] | None]:
    """Return for each text the span of its clause whose vector is nearest to `vector` (dim,); None without a clause.

    All clauses are encoded in one call.
    """
    spans = [clauses(text) for text in texts]
    flat = [text[start:end] for text, found in zip(texts, spans, strict=True) for start, end in found]
    scores = (encode(flat) @ vector).tolist() if flat else []
    closest: list[tuple[int, int] | None] = []
    at = 0
    for found in spans:
        part = scores[at : at + len(found)]
        closest.append(found[part.index(max(part))] if part else None)
        at += len(found)
    return closest


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without what is neither letter nor figure at its ends, quotation marks and brackets apart."""
    while end > start and (text[end - 1].isspace() or text[end - 1] in "，。；：！？,;:!?"):
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end
