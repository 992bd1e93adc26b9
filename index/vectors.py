"""Exact nearest neighbours under row numbers. The only file that knows FAISS."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import faiss as typed_faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import CorpusDamaged
from index.records import Found

# FAISS's stubs describe the C++ constructors, not the Python ones that it puts in their place.
faiss: Any = typed_faiss


class VectorIndex:
    """Vectors of length 1 by row number, found by inner product, which is then the cosine. Safe between threads.

    One mutex serves searches and changes: FAISS allows no search during a change, and a search is over in milliseconds.
    """

    kind = "exact (FAISS IndexFlatIP)"

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._mutex = threading.Lock()
        self._faiss = faiss.IndexIDMap2(faiss.IndexFlatIP(dim))

    @classmethod
    def load(cls, path: Path, *, dim: int) -> Self:
        """Return what `save` wrote. Raises CorpusDamaged when it cannot be read or has another width."""
        loaded = cls(dim)
        try:
            loaded._faiss = faiss.read_index(str(path))
        except RuntimeError as error:
            raise CorpusDamaged(f"{path} cannot be read ({error}); run 'liuwei index rebuild'") from error
        if loaded._faiss.d != dim:
            raise CorpusDamaged(f"{path} holds {loaded._faiss.d}-d vectors, not {dim}-d; run 'liuwei index rebuild'")
        return loaded

    def save(self, path: Path) -> None:
        """Write everything to a file."""
        with self._mutex:
            faiss.write_index(self._faiss, str(path))

    def __len__(self) -> int:
        """Return the number of vectors."""
        return int(self._faiss.ntotal)

    def rows(self) -> NDArray[np.int64]:
        """Return all row numbers, in no special order."""
        with self._mutex:
            return np.asarray(faiss.vector_to_array(self._faiss.id_map), dtype=np.int64)

    def add(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Add vectors (n, dim) under n new row numbers."""
        ready = self._checked(vectors)
        if len(rows) != len(ready):
            raise ValueError(f"{len(rows)} rows for {len(ready)} vectors")
        with self._mutex:
            self._faiss.add_with_ids(ready, np.asarray(rows, dtype=np.int64))

    def remove(self, spans: Sequence[tuple[int, int]]) -> None:
        """Drop every row from first to last of each span, both included; rows that are not there do not matter."""
        rows = [np.arange(first, last + 1, dtype=np.int64) for first, last in spans]
        if rows:
            with self._mutex:
                self._faiss.remove_ids(np.concatenate(rows))

    def search(
        self, queries: NDArray[np.float32], *, top_k: int, allowed: NDArray[np.int64] | None = None
    ) -> list[list[Found]]:
        """Return for each query (n, dim) its best rows with their cosine, best first, fewer where there are fewer.

        `allowed` holds the only rows that may be found; None allows all.
        """
        ready = self._checked(queries)
        with self._mutex:
            depth = min(top_k, len(self))
            if not depth:
                return [[] for _ in ready]
            # For one query the threads cost more than they give (16 ms against 1.2 ms on a busy machine).
            faiss.omp_set_num_threads(1 if len(ready) == 1 else os.cpu_count() or 1)
            selector = None if allowed is None else faiss.IDSelectorBitmap(_bitmap(allowed))
            parameters = faiss.SearchParameters(sel=selector)
            scores, rows = self._faiss.search(ready, depth, params=parameters)
        return [_found(*result) for result in zip(rows.tolist(), scores.tolist(), strict=True)]

    def _checked(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        # FAISS answers a wrong width with an AssertionError without a message.
        if vectors.ndim != 2 or vectors.shape[1] != self.dim:
            raise ValueError(f"vectors have shape {vectors.shape}, wanted (n, {self.dim})")
        return np.ascontiguousarray(vectors, dtype=np.float32)


def _found(rows: list[int], scores: list[float]) -> list[Found]:
    # FAISS fills missing neighbours with id -1.
    pairs = sorted((-score, row) for row, score in zip(rows, scores, strict=True) if row >= 0)
    return [Found(row=row, score=-negative) for negative, row in pairs]


def _bitmap(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return one bit a row number, the lowest first: ten times faster to ask than FAISS's set of numbers."""
    flags = np.zeros(int(rows.max(initial=0)) + 1, dtype=np.bool_)
    flags[rows] = True
    return np.packbits(flags, bitorder="little")
