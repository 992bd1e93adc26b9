"""Vectors as small codes, in the order in which they came. The only file that knows FAISS.

Two kinds: a byte a number, and packed into half a byte for four numbers, after a code book that is fitted to a sample.
"""

import os
from pathlib import Path
from typing import Any, Self

import faiss as typed_faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import CorpusDamaged

# FAISS's stubs describe the C++ constructors, not the Python ones that it puts in their place.
faiss: Any = typed_faiss

SPREAD = 8.0
"""Numbers further out than this many times the mean length of one are cut to it; a code has 127 steps up to there."""
TOGETHER = 4
BITS = 4
SAMPLE = 20_000
"""Vectors that a code book is fitted to at most."""


class Codes:
    """Codes by position, searched by inner product. Nothing is ever taken out. Not safe between threads."""

    def __init__(self, dim: int, book: NDArray[np.float32] | None = None, *, seed: int = 0) -> None:
        self.dim = dim
        if book is None:
            kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
            self._faiss = faiss.IndexScalarQuantizer(dim, kind, faiss.METRIC_INNER_PRODUCT)
            return
        wide = _padded(book[:1]).shape[1]
        self._faiss = faiss.IndexPQFastScan(wide, wide // TOGETHER, BITS, faiss.METRIC_INNER_PRODUCT)
        self._faiss.pq.cp.seed = seed
        self._faiss.pq.cp.min_points_per_centroid = 1  # it would only print a complaint
        # Threads wait for each other after every step of it: 3 s with one, 165 s with two on a busy machine.
        _use_threads(many=False)
        self._faiss.train(_padded(book))

    @classmethod
    def packed(cls, sample: NDArray[np.float32], *, seed: int) -> Self:
        """Return empty codes whose book fits a sample (n, dim) of the vectors that will come, n at least 1."""
        return cls(sample.shape[1], sample, seed=seed)

    @classmethod
    def load(cls, path: Path, *, dim: int) -> Self:
        """Return what `save` wrote. Raises CorpusDamaged when it cannot be read or has another width."""
        loaded = cls(dim)
        try:
            loaded._faiss = faiss.read_index(str(path))
        except RuntimeError as error:
            raise CorpusDamaged(f"{path} cannot be read ({error}); run 'liuwei index rebuild'") from error
        wide = -(-dim // TOGETHER) * TOGETHER if loaded.is_packed else dim
        if loaded._faiss.d != wide:
            raise CorpusDamaged(f"{path} holds {loaded._faiss.d}-d vectors, not {wide}-d; run 'liuwei index rebuild'")
        return loaded

    def save(self, path: Path) -> None:
        """Write everything to a file."""
        faiss.write_index(self._faiss, str(path))

    def __len__(self) -> int:
        """Return the number of codes."""
        return int(self._faiss.ntotal)

    @property
    def is_packed(self) -> bool:
        """Whether these are packed codes, not a byte a number."""
        return isinstance(self._faiss, faiss.IndexPQFastScan)

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Add vectors (n, dim) at the next n positions."""
        _use_threads(many=False)  # the other cores are for those who search meanwhile
        self._faiss.add(_padded(vectors) if self.is_packed else _steps(vectors, furthest=_edge(self.dim)))

    def search(self, queries: NDArray[np.float32], *, top_k: int) -> NDArray[np.int64]:
        """Return (n, top_k) positions for queries (n, dim), about best first, -1 where there are fewer."""
        # For one query the threads cost more than they give (16 ms against 1.2 ms on a busy machine).
        _use_threads(many=len(queries) > 1)
        if self.is_packed:
            ready = _padded(queries)
        else:
            # FAISS makes a code of the query too: it gets all the steps there are.
            ready = _steps(queries, furthest=np.abs(queries).max(axis=1, keepdims=True).clip(min=1e-12))
        return np.asarray(self._faiss.search(ready, top_k)[1], dtype=np.int64)


def _edge(dim: int) -> float:
    return float(min(1.0, SPREAD / dim**0.5))


def _steps(vectors: NDArray[np.float32], *, furthest: float | NDArray[np.float32]) -> NDArray[np.float32]:
    """Return whole numbers from -127 to 127, which is as far as a byte goes: FAISS would wrap what lies beyond."""
    return np.ascontiguousarray(np.rint(vectors * (127 / furthest)).clip(-127, 127), dtype=np.float32)


def _padded(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors with zeros after them up to a width that can be packed."""
    missing = -vectors.shape[1] % TOGETHER
    return np.ascontiguousarray(np.pad(vectors, ((0, 0), (0, missing))) if missing else vectors, dtype=np.float32)


def _use_threads(*, many: bool) -> None:
    faiss.omp_set_num_threads((os.cpu_count() or 1) if many else 1)
