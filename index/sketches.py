"""The little of each sentence that ranking needs, read at once: a whole record each would take most of a search."""

import functools
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.columns import well_formed
from index.store import Store
from index.vectors import VectorIndex

KEPT = 8_192
"""Sentences whose scores are kept as numbers, half a kilobyte each: to read the digits takes longer than all else."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is known of one sentence. `probabilities` are those of `codes`, as the bytes of float32."""

    passage: tuple[str, int]
    text: str
    role: str
    codes: tuple[str, ...]
    probabilities: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketches:
    """What is known of n sentences, by ascending row.

    `dimensions` (n, d) are the probabilities of the d labels that any of them names, `codes`; `vectors` (n, dim) have
    length 1. Sentences with equal `passages` stand in one passage.
    """

    rows: Sequence[int]
    texts: Sequence[str]
    passages: Sequence[tuple[str, int]]
    roles: Sequence[str]
    codes: Sequence[str]
    dimensions: NDArray[np.float32]
    vectors: NDArray[np.float32]


def sketched(store: Store, rows: Sequence[int]) -> dict[int, Sketch]:
    """Return row → what is known of it; rows that are gone are left out."""
    (there, documents, passages, texts, roles), scores = store.sketched(rows)
    parts = zip(documents, passages, texts, roles, scores, strict=True)
    known = [Sketch((name, number), text, role, *_numbers(named)) for name, number, text, role, named in parts]
    return dict(zip(there, known, strict=True))


def sketches(
    read: Callable[[Sequence[int]], Mapping[int, Sketch]], vectors: VectorIndex, rows: Sequence[int]
) -> Sketches:
    """Return what is known of these rows, ascending; those that `read` or the vectors lack are left out."""
    there, found = vectors.vectors(np.unique(np.array(rows, dtype=np.int64)))
    kept = read(numbers := there.tolist())
    if len(kept) < len(numbers):
        left = [place for place, row in enumerate(numbers) if row in kept]
        numbers, found = [numbers[place] for place in left], found[left]
    known = [kept[row] for row in numbers]
    codes, dimensions = _probabilities(known)
    return Sketches(
        rows=numbers,
        texts=[one.text for one in known],
        passages=[one.passage for one in known],
        roles=[one.role for one in known],
        codes=codes,
        dimensions=dimensions,
        vectors=found,
    )


def _probabilities(known: Sequence[Sketch]) -> tuple[list[str], NDArray[np.float32]]:
    """Return the labels that any of the sentences names, and (n, d) float32, a column for each."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for place, one in enumerate(known):
        alike.setdefault(one.codes, []).append(place)
    codes = sorted({code for names in alike for code in names})
    found = np.zeros((len(known), len(codes)), dtype=np.float32)
    for names, places in alike.items():
        values = b"".join([known[place].probabilities for place in places])
        part = np.frombuffer(values, dtype=np.float32).reshape(len(places), len(names))
        found[np.ix_(places, [codes.index(code) for code in names])] = part
    return codes, found


@functools.lru_cache(maxsize=KEPT)
def _numbers(scores: str) -> tuple[tuple[str, ...], bytes]:
    """Return the labels of stored scores, and their probabilities as float32."""
    with well_formed():
        named: dict[str, float] = dict(json.loads(scores))
        return tuple(map(sys.intern, named)), np.array(list(named.values()), dtype=np.float32).tobytes()
