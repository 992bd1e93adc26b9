"""The little of each sentence that ranking needs, read at once: a whole record each would take most of a search."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index import columns
from index.errors import CorpusDamaged
from index.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketches:
    """What is known of n sentences, by ascending row.

    `dimensions` (n, d) are the probabilities of the d labels that any of them names, `codes`; `vectors` (n, dim) have
    length 1.
    Sentences with equal `passages` stand in one passage.
    """

    rows: Sequence[int]
    texts: Sequence[str]
    passages: Sequence[tuple[str, int]]
    roles: Sequence[str]
    codes: Sequence[str]
    dimensions: NDArray[np.float32]
    vectors: NDArray[np.float32]


def sketches(store: Store, rows: Sequence[int], *, dim: int) -> Sketches:
    """Return what is stored of these rows; those that are gone are left out.

    Raises CorpusDamaged where a vector is not `dim` wide, as when another process has just encoded all anew.
    """
    found = store.sketched(rows)
    if any(len(blob) != dim * columns.VECTOR_TYPE.itemsize for *_, blob in found):
        raise CorpusDamaged(f"a stored vector is not {dim} wide; search again, or restore a backup")
    numbers, documents, passages, texts, roles, scores, blobs = zip(*found, strict=True) if found else [()] * 7
    codes, dimensions = _probabilities(scores)
    return Sketches(
        rows=numbers,
        texts=texts,
        passages=list(zip(documents, passages, strict=True)),
        roles=roles,
        codes=codes,
        dimensions=dimensions,
        vectors=columns.vectors_of(blobs, dim=dim),
    )


def _probabilities(stored: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
    """Return the labels that any of the stored scores names, and (n, d) float32, a column for each."""
    scores = json.loads(f"[{','.join(stored)}]")
    codes = sorted({code for one in scores for code in one})
    return codes, np.array([[one.get(code, 0.0) for code in codes] for one in scores], dtype=np.float32)
