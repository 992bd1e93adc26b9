"""Nearest neighbours under row numbers.

A search goes over the codes of all rows and scores the best of them anew with the vectors themselves. Up to
`EXACT_ROWS` a code has a byte a number, so that what is found is what a full sort finds. Above, codes are packed eight
times as small; how many of the best are scored anew is chosen on the corpus itself, so that the ten nearest rows are
found as often as `RECALL` says. With a byte a number 100,000 rows take 7 ms, packed 1 ms.

Packed codes were taken, and neither clusters nor a graph. Measured on 100,000 sentences of this genre with queries, in
processor time: packed codes and the 400 best found all of the ten nearest in 0.5 ms, 128 of 632 clusters found .90 in
5.6 ms, for short queries lie between all clusters. A graph was not tried: it can only mark what is removed.
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.codes import SAMPLE, Codes, best_scores
from index.errors import CorpusDamaged
from index.matrix import NOWHERE, PART, Matrix, unit_rows
from index.records import Found

EXACT_ROWS = 20_000
RECALL = 0.999
CODES_NAME = "codes.faiss"
METHOD_NAME = "method.json"
OVERSHOOT = 4
LEAST_CANDIDATES = 64
"""The codes give at least so many, and `OVERSHOOT` times what is wanted: no error of a code costs a row its place."""
LOOKED_AT_FIRST, MOST_CANDIDATES = 512, 4096
FEW_ROWS = 4_000
"""As few allowed rows are scored straight away."""
GROWTH = 2
"""A code book is made anew, and its recall measured anew, when there are this many times the rows of then."""
REMOVED_SHARE = 0.2
JUDGES = 256
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How rows are searched: for how many a code book was made, how many candidates it gives at least, what that finds.

    `recall` is the share of the ten nearest rows that are found, over rows of the corpus and points between two rows,
    where queries lie. `rows` is 0 where a code has a byte a number.
    """

    rows: int = 0
    candidates: int = LEAST_CANDIDATES
    recall: float = 1.0

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return what was saved with an index. Raises CorpusDamaged."""
        path = folder / METHOD_NAME
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise CorpusDamaged(f"{path} cannot be read ({error}); run 'liuwei index rebuild'") from error

    def __str__(self) -> str:
        """Return what a person is shown."""
        if not self.rows:
            return "exact: all rows by codes of a byte a number, the best by their vectors"
        return f"all rows by packed codes, the {self.candidates} best and more by their vectors"


class VectorIndex:
    """Vectors of length 1 by row number, found by inner product, which is then the cosine. Safe between threads.

    One mutex serves searches and changes: FAISS allows no search during a change, and a search is over in milliseconds.
    Who changes something holds a second one too, so that saving, which takes long, keeps out changes and no search.
    """

    def __init__(self, dim: int, *, exact_rows: int = EXACT_ROWS) -> None:
        self.dim = dim
        self.method = Method()
        self._exact_rows = exact_rows
        self._mutex = threading.Lock()
        self._changing = threading.RLock()
        self._settling = threading.Lock()
        self._codes = Codes(dim)
        self._matrix = Matrix(dim)

    @classmethod
    def load(cls, folder: Path, *, dim: int) -> Self:
        """Return what `save` wrote. Raises CorpusDamaged when it cannot be read or has another width."""
        loaded = cls(dim)
        loaded.method = Method.read(folder)
        loaded._codes = Codes.load(folder / CODES_NAME, dim=dim)
        loaded._matrix = Matrix.load(folder, dim=dim)
        same = len(loaded._codes) == loaded._matrix.positions
        if not same or loaded._codes.is_packed != bool(loaded.method.rows):
            raise CorpusDamaged(f"{folder} holds parts of different indexes; run 'liuwei index rebuild'")
        return loaded

    def save(self, folder: Path) -> None:
        """Write everything into a folder, which is made, and map the vectors from there. Searches go on meanwhile."""
        folder.mkdir()
        with self._changing:
            self._matrix.save(folder)
            self._codes.save(folder / CODES_NAME)
            text = json.dumps(asdict(self.method))
            (folder / METHOD_NAME).write_text(text, encoding="utf-8")
            mapped = Matrix.load(folder, dim=self.dim)
            with self._mutex:
                self._matrix = mapped

    def __len__(self) -> int:
        """Return the number of vectors."""
        return len(self._matrix)

    def rows(self) -> NDArray[np.int64]:
        """Return all row numbers, in no special order."""
        with self._mutex:
            return self._matrix.rows()

    def vectors(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return those of the rows that are there, in their order, and their vectors (n, dim)."""
        with self._mutex:
            there = self._matrix.known(rows)
            return there, self._matrix.vectors(there)

    def add(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Add vectors (n, dim) under n new row numbers."""
        ready = self._checked(vectors)
        if len(rows) != len(ready):
            raise ValueError(f"{len(rows)} rows for {len(ready)} vectors")
        with self._changing, self._mutex:
            self._codes.add(ready)
            self._matrix.add(np.asarray(rows, dtype=np.int64), ready)

    def remove(self, spans: Sequence[tuple[int, int]]) -> None:
        """Drop every row from first to last of each span, both included; rows that are not there do not matter.

        Their codes stay until `settle` clears them away: to search past them is cheaper than to move all others.
        """
        wanted = [np.arange(first, last + 1, dtype=np.int64) for first, last in spans]
        if wanted:
            with self._changing, self._mutex:
                self._matrix.remove(np.unique(self._matrix.known(np.concatenate(wanted))))

    @property
    def outgrown(self) -> bool:
        """Whether there are too many rows, or too many removed ones, for the codes there are."""
        removed = self._matrix.positions - len(self)
        return len(self) > max(self._exact_rows, GROWTH * self.method.rows) or removed > REMOVED_SHARE * len(self)

    def settle(self, *, seed: int = 0) -> bool:
        """Make new codes where the rows have outgrown them, and return whether they had; slow for a million rows.

        Searches go on meanwhile, and so do changes. Whoever settles at the same time waits.
        """
        with self._settling:
            if not self.outgrown:
                return False
            rng = np.random.default_rng(seed)
            matrix, codes = Matrix(self.dim), Codes(self.dim)
            if is_packed := len(self) > self._exact_rows:
                rows = self.rows()
                sample = np.sort(rng.choice(rows, min(len(rows), SAMPLE), replace=False))
                codes = Codes.packed(self.vectors(sample)[1], seed=seed)
            self._copy(self.rows(), matrix, codes)
            while len(late := self._missing(matrix)) > PART:
                self._copy(late, matrix, codes)
            codes.gather()
            method = _judged(codes, matrix, rng) if is_packed else Method()
            with self._changing:
                self._copy(self._missing(matrix), matrix, codes)
                matrix.remove(np.setdiff1d(matrix.rows(), self.rows(), assume_unique=True))
                with self._mutex:
                    self._codes, self._matrix, self.method = codes, matrix, method
        return True

    def _missing(self, matrix: Matrix) -> NDArray[np.int64]:
        """Return the rows that another matrix does not have, in the order of their positions."""
        rows = self.rows()
        return rows[~np.isin(rows, matrix.rows(), assume_unique=True)]

    def _copy(self, rows: NDArray[np.int64], matrix: Matrix, codes: Codes) -> None:
        """Add rows, a part at a time, to a matrix and codes that nobody else sees yet."""
        for at in range(0, len(rows), PART):
            part, vectors = self.vectors(rows[at : at + PART])
            matrix.add(part, vectors)
            codes.add(vectors)

    def search(
        self, queries: NDArray[np.float32], *, top_k: int, allowed: NDArray[np.int64] | None = None
    ) -> list[list[Found]]:
        """Return for each query (n, dim) its best rows with their cosine, best first, fewer where there are fewer.

        `allowed` holds the only rows that may be found; None allows all.
        """
        ready = self._checked(queries)
        with self._mutex:
            rows = None if allowed is None else self._matrix.known(allowed)
            depth = min(top_k, len(self) if rows is None else len(rows))
            if not depth:
                return [[] for _ in ready]
            if rows is not None and len(rows) <= FEW_ROWS:
                return [_best(self._matrix, rows, query, depth=depth) for query in ready]
            found = self._candidates(ready, depth=depth, allowed=rows)
            return [_best(self._matrix, *pair, depth=depth) for pair in zip(found, ready, strict=True)]

    def _candidates(
        self, queries: NDArray[np.float32], *, depth: int, allowed: NDArray[np.int64] | None
    ) -> list[NDArray[np.int64]]:
        """Return for each query the rows that its codes say are best, `depth` at least; removed ones are passed by."""
        among = len(self) if allowed is None else len(allowed)
        wanted = min(max(OVERSHOOT * depth, self.method.candidates), among)
        ticked = None if allowed is None else self._ticked(allowed)
        top_k = wanted * self._matrix.positions // among
        # What a filter or a removal takes away is seldom spread evenly: a little less than wanted will do.
        enough = max(depth, wanted // 2)
        while True:
            top_k = min(top_k, len(self._codes))
            found = [
                rows[rows != NOWHERE] if ticked is None else rows[ticked[rows]]
                for rows in map(self._matrix.rows_at, self._codes.search(queries, top_k=top_k))
            ]
            if all(len(rows) >= enough for rows in found):
                return found
            if top_k == len(self._codes):
                # FAISS leaves out what has the least score of all.
                every = self._matrix.rows() if allowed is None else allowed
                return [rows if len(rows) >= depth else every for rows in found]
            top_k *= 2

    def _ticked(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return a tick for each row number that is allowed; the last one, which NOWHERE gets at, is never ticked."""
        ticked = np.zeros(self._matrix.row_numbers + 1, dtype=np.bool_)
        ticked[rows] = True
        return ticked

    def _checked(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        # FAISS answers a wrong width with an AssertionError without a message.
        if vectors.ndim != 2 or vectors.shape[1] != self.dim:
            raise ValueError(f"vectors have shape {vectors.shape}, wanted (n, {self.dim})")
        return np.ascontiguousarray(vectors, dtype=np.float32)


def _best(matrix: Matrix, rows: NDArray[np.int64], query: NDArray[np.float32], *, depth: int) -> list[Found]:
    scores = matrix.cosines(rows, query)
    order = np.lexsort((rows, -scores))[:depth]
    pairs = zip(rows[order].tolist(), scores[order].tolist(), strict=True)
    return [Found(row=row, score=score) for row, score in pairs]


def _judged(codes: Codes, matrix: Matrix, rng: np.random.Generator) -> Method:
    """Return the method with the least candidates among which enough of the ten nearest rows are."""
    judges = _judges(matrix, rng)
    tenth = _tenth_scores(matrix, judges)
    for depth in (LOOKED_AT_FIRST, MOST_CANDIDATES):
        recalls = _recalls(codes, matrix, judges, tenth, depth=min(depth, len(codes)))
        if recalls[-1] >= RECALL:
            break
    enough = int(np.argmax(recalls >= RECALL)) + 1 if recalls[-1] >= RECALL else len(recalls)
    candidates = max(enough, LEAST_CANDIDATES)
    return Method(rows=len(matrix), candidates=candidates, recall=round(float(recalls[candidates - 1]), 4))


def _recalls(
    codes: Codes, matrix: Matrix, judges: NDArray[np.float32], tenth: NDArray[np.float32], *, depth: int
) -> NDArray[np.float64]:
    """Return (depth,) the share of the ten nearest rows of each judge among so many candidates, from one on."""
    positions = codes.search(judges, top_k=depth, aside=True)
    near = np.stack([
        matrix.cosines(matrix.rows_at(line), judge) >= least - TOLERANCE
        for line, judge, least in zip(positions, judges, tenth, strict=True)
    ])
    # Repeated sentences tie, so that more than ten may be near enough; ten of them are asked for.
    return np.asarray(np.minimum(near.cumsum(axis=1), 10).mean(axis=0) / 10, dtype=np.float64)


def _judges(matrix: Matrix, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return vectors to judge by: rows, as near-copies would be, and means of two, which lie between."""
    drawn = matrix.vectors(rng.choice(matrix.rows(), min(len(matrix), JUDGES), replace=False))
    half = len(drawn) // 2
    means = unit_rows(drawn[:half] + drawn[half : 2 * half])
    return np.ascontiguousarray(np.concatenate([drawn[half:], means]), dtype=np.float32)


def _tenth_scores(matrix: Matrix, judges: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n,) the tenth best cosine of each judge with all rows."""
    best = np.full((len(judges), 10), -1.0, dtype=np.float32)
    for _, vectors in matrix.parts():
        every = np.concatenate([best, best_scores(judges, vectors, top_k=10)], axis=1)
        best = np.partition(every, every.shape[1] - 10, axis=1)[:, -10:]
    return np.asarray(best.min(axis=1), dtype=np.float32)
