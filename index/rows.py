"""Sentences and vectors by row number, each read from the store once in a search."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index.records import StoredSentence
from index.store import Store


class Rows:
    """What a store holds of rows, kept as long as one search lasts. `read` is how sentences are read."""

    def __init__(
        self, store: Store, read: Callable[[Sequence[int]], Mapping[int, StoredSentence]] | None = None
    ) -> None:
        self._store = store
        self._read = read or store.stored
        self._stored: dict[int, StoredSentence] = {}
        self._vectors: dict[int, NDArray[np.float32]] = {}

    def stored(self, rows: Sequence[int]) -> list[StoredSentence]:
        """Return the sentences of these rows in their order; rows that another process has removed are left out."""
        self._stored |= self._read([row for row in rows if row not in self._stored])
        return [self._stored[row] for row in rows if row in self._stored]

    def vectors(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """Return (n, dim) float32, a vector of zeros for a row that is gone; n = 0 gives (0, dim)."""
        self._vectors |= self._store.vectors([row for row in rows if row not in self._vectors])
        gone = np.zeros(self._store.encoder()[1], dtype=np.float32)
        return np.array([self._vectors.get(row, gone) for row in rows], dtype=np.float32).reshape(len(rows), len(gone))
