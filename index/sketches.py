"""The little of each sentence that ranking needs, read at once: a whole record each would take most of a search."""

import functools
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.store import Store
from index.vectors import VectorIndex

KEPT = 8_192
"""Sentences whose scores are kept as numbers, half a kilobyte each: to read the digits takes longer than all else."""


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


def sketches(store: Store, vectors: VectorIndex, rows: Sequence[int]) -> Sketches:
    """Return what is known of these rows, ascending; those that are gone from either are left out."""
    there, found = vectors.vectors(np.unique(np.array(rows, dtype=np.int64)))
    (numbers, documents, passages, texts, roles), scores = store.sketched(there.tolist())
    codes, dimensions = _probabilities(scores)
    return Sketches(
        rows=numbers,
        texts=texts,
        passages=list(zip(documents, passages, strict=True)),
        roles=roles,
        codes=codes,
        dimensions=dimensions,
        # By number, not by place: no database promises the order in which it joins rows into one.
        vectors=found[np.searchsorted(there, numbers)],
    )


def _probabilities(stored: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
    """Return the labels that any of the stored scores names, and (n, d) float32, a column for each."""
    parsed = [_numbers(scores) for scores in stored]
    alike: dict[tuple[str, ...], list[int]] = {}
    for place, (names, _) in enumerate(parsed):
        alike.setdefault(names, []).append(place)
    codes = sorted({code for names in alike for code in names})
    found = np.zeros((len(stored), len(codes)), dtype=np.float32)
    for names, places in alike.items():
        values = b"".join([parsed[place][1] for place in places])
        part = np.frombuffer(values, dtype=np.float32).reshape(len(places), len(names))
        found[np.ix_(places, [codes.index(code) for code in names])] = part
    return codes, found


@functools.lru_cache(maxsize=KEPT)
def _numbers(scores: str) -> tuple[tuple[str, ...], bytes]:
    """Return the labels of stored scores, and their probabilities as float32."""
    named: dict[str, float] = json.loads(scores)
    return tuple(map(sys.intern, named)), np.array(list(named.values()), dtype=np.float32).tobytes()
