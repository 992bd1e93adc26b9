"""Vectors as small codes, in the order in which they came. The only file that knows FAISS.

Two kinds: a byte a number, and packed. For packed codes vectors are turned to the axes along which a sample varies
most; the weakest are left out, the others dealt into groups of four that vary as much as each other; a group becomes
half a byte, after a code book fitted to the sample. Turned so, .999 of the ten nearest of 100,000 sentences were among
the best 327; packed as they came, with a third more bytes, among the best 697.
"""

import ctypes
import os
import sys
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
KEPT = 0.75
"""The share of the axes that are kept; the others had less than 1 % of the variance."""
BITS = 4
SAMPLE = 20_000
"""Vectors that a code book is fitted to at most."""
LARGE_PAGE = 2**21
MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25  # of Linux; Python knows them for its own maps alone


class Codes:
    """Codes by position, searched by inner product. Nothing is ever taken out. Not safe between threads."""

    def __init__(self, dim: int, book: NDArray[np.float32] | None = None, *, seed: int = 0) -> None:
        self.dim = dim
        if book is None:
            kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
            self._faiss = faiss.IndexScalarQuantizer(dim, kind, faiss.METRIC_INNER_PRODUCT)
            return
        # Threads wait for each other after every step: 3 s with one, 165 s with two on a busy machine.
        _use_threads(many=False)
        axes = _axes(book)
        turned = faiss.LinearTransform(dim, len(axes), False)
        faiss.copy_array_to_vector(axes.ravel(), turned.A)
        turned.is_trained = True
        codes = faiss.IndexPQFastScan(len(axes), len(axes) // TOGETHER, BITS, faiss.METRIC_INNER_PRODUCT)
        codes.pq.cp.seed = seed
        codes.pq.cp.min_points_per_centroid = 1  # it would only print a complaint
        self._faiss = faiss.IndexPreTransform(turned, codes)
        self._faiss.train(_floats(book))

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
        if loaded._faiss.d != dim:
            raise CorpusDamaged(f"{path} holds {loaded._faiss.d}-d vectors, not {dim}-d; run 'liuwei index rebuild'")
        loaded.gather()
        return loaded

    def save(self, path: Path) -> None:
        """Write everything to a file. Raises OSError where there is no room."""
        try:
            faiss.write_index(self._faiss, str(path))
        except RuntimeError as error:
            raise OSError(f"{path} cannot be written ({error})") from error

    def __len__(self) -> int:
        """Return the number of codes."""
        return int(self._faiss.ntotal)

    @property
    def is_packed(self) -> bool:
        """Whether these are packed codes, not a byte a number."""
        return isinstance(self._faiss, faiss.IndexPreTransform)

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Add vectors (n, dim) at the next n positions."""
        _use_threads(many=False)  # the other cores are for those who search meanwhile
        self._faiss.add(_floats(vectors) if self.is_packed else _steps(vectors, furthest=_edge(self.dim)))

    def gather(self) -> None:
        """Move the packed codes that are there into large pages of memory, where the system has them.

        A search reads all codes: a million take half as long so (5 ms instead of 11), for want of page tables to read.
        """
        if not self.is_packed or sys.platform != "linux":
            return
        table = faiss.downcast_index(self._faiss.index).codes
        first = faiss.rev_swig_ptr(table.get(), 1).ctypes.data if table.size() else 0
        start, end = -(-first // LARGE_PAGE) * LARGE_PAGE, (first + table.size()) // LARGE_PAGE * LARGE_PAGE
        for advice in (MADV_HUGEPAGE, MADV_COLLAPSE):
            if start < end:  # advice alone: a system that does not take it goes on as before
                ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), advice)

    def search(self, queries: NDArray[np.float32], *, top_k: int, aside: bool = False) -> NDArray[np.int64]:
        """Return (n, top_k) positions for queries (n, dim), about best first, -1 where there are fewer.

        `aside` leaves the other cores to those who search meanwhile.
        """
        # For one query the threads cost more than they give (16 ms against 1.2 ms on a busy machine).
        _use_threads(many=len(queries) > 1 and not aside)
        if self.is_packed:
            ready = _floats(queries)
        else:
            # FAISS makes a code of the query too: it gets all the steps there are.
            ready = _steps(queries, furthest=np.abs(queries).max(axis=1, keepdims=True).clip(min=1e-12))
        return np.asarray(self._faiss.search(ready, top_k)[1], dtype=np.int64)


def best_scores(queries: NDArray[np.float32], vectors: NDArray[np.float32], *, top_k: int) -> NDArray[np.float32]:
    """Return (n, top_k) the best inner products of each query with vectors, best first, by one core."""
    _use_threads(many=False)
    found = faiss.knn(_floats(queries), _floats(vectors), top_k, metric=faiss.METRIC_INNER_PRODUCT)
    return np.asarray(found[0], dtype=np.float32)


def _edge(dim: int) -> float:
    return float(min(1.0, SPREAD / dim**0.5))


def _steps(vectors: NDArray[np.float32], *, furthest: float | NDArray[np.float32]) -> NDArray[np.float32]:
    """Return whole numbers from -127 to 127, which is as far as a byte goes: FAISS would wrap what lies beyond."""
    return np.ascontiguousarray(np.rint(vectors * (127 / furthest)).clip(-127, 127), dtype=np.float32)


def _axes(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n, dim) the axes of a sample that are kept, group after group; axes of zeros where dim is below n.

    Dealt out in turn, forth and back, so that each group has strong ones and weak ones: a group has 16 codes, however
    much it varies.
    """
    dim = sample.shape[1]
    groups = max(1, round(dim * KEPT / TOGETHER))
    axes = np.zeros((groups * TOGETHER, dim), dtype=np.float32)
    # Not by NumPy, whose threads nobody can hold back: 0.1 s with one, 46 s with two on a busy machine.
    found = faiss.PCAMatrix(dim, min(len(axes), *sample.shape))
    found.train(_floats(sample))
    strongest = faiss.vector_to_array(found.PCAMat).reshape(-1, dim)[: len(axes)]
    axes[: len(strongest)] = strongest
    dealt = np.arange(len(axes)).reshape(TOGETHER, groups)
    dealt[1::2] = dealt[1::2, ::-1]
    return np.ascontiguousarray(axes[dealt.T.ravel()])


def _floats(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(vectors, dtype=np.float32)


def _use_threads(*, many: bool) -> None:
    faiss.omp_set_num_threads((os.cpu_count() or 1) if many else 1)
