"""Vectors in half precision under row numbers, as the store has them. What was saved is mapped, not read."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.errors import CorpusDamaged

ROWS_NAME = "rows.npy"
VECTORS_NAME = "vectors.npy"
PART = 4_096
"""Vectors that are read at once: so many that it pays, so few that a search which waits for them does not feel it."""
NOWHERE = -1
MOVED = np.int32(-0x70002000)
"""The bits of a number in half precision after it was moved, without the copies of the sign between them."""

Number = TypeVar("Number", np.int32, np.int64)


class Matrix:
    """Vectors of length 1, by position in the order in which they came, and by row number.

    Saved vectors stay in their file and the system keeps in memory what is asked for; added ones are in memory. Removed
    ones keep their position but have no row number. Not safe between threads: `VectorIndex`, which owns it, sees to it.
    """

    def __init__(self, dim: int) -> None:
        self.positions = 0
        self._mapped: NDArray[np.float16] = np.empty((0, dim), dtype=np.float16)
        self._added: NDArray[np.float16] = np.empty((0, dim), dtype=np.float16)
        self._rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        # Row number → position: four bytes for every row number ever given, found without a search.
        self._places: NDArray[np.int32] = np.empty(0, dtype=np.int32)
        self._alive = 0

    @classmethod
    def load(cls, folder: Path, *, dim: int) -> Self:
        """Return what `save` wrote. Raises CorpusDamaged when it cannot be read or has another shape."""
        loaded = cls(dim)
        try:
            rows = np.load(folder / ROWS_NAME, allow_pickle=False)
            vectors = np.load(folder / VECTORS_NAME, allow_pickle=False, mmap_mode="r" if len(rows) else None)
        except (OSError, ValueError, EOFError, TypeError) as error:
            raise CorpusDamaged(f"{folder} cannot be read ({error}); run 'liuwei index rebuild'") from error
        if vectors.shape != (len(rows), dim) or vectors.dtype != np.float16 or rows.dtype != np.int64:
            found = f"{vectors.dtype} vectors of shape {vectors.shape} for {len(rows)} rows"
            raise CorpusDamaged(f"{folder} holds {found}, not {dim}-d vectors; run 'liuwei index rebuild'")
        loaded._mapped = vectors
        loaded._place(rows)
        return loaded

    def save(self, folder: Path) -> None:
        """Write everything into a folder, positions as they are. Raises OSError where there is no room."""
        np.save(folder / ROWS_NAME, self._rows[: self.positions])
        shape = (self.positions, self._mapped.shape[1])
        # Written, not mapped: a map on a full disk ends the process, where a write raises OSError.
        with (folder / VECTORS_NAME).open("wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": "<f2", "fortran_order": False, "shape": shape})
            file.write(self._mapped.data)
            file.write(self._added[: self.positions - len(self._mapped)].data)
            # A start reads large vectors only where they are asked for: what a power cut took would be searched.
            file.flush()
            os.fsync(file.fileno())

    def __len__(self) -> int:
        """Return the number of rows, without the removed ones."""
        return self._alive

    @property
    def row_numbers(self) -> int:
        """A number above every row number, and with room to spare."""
        return len(self._places)

    def rows(self) -> NDArray[np.int64]:
        """Return all row numbers, in the order of their positions."""
        rows = self._rows[: self.positions]
        return np.asarray(rows[rows != NOWHERE], dtype=np.int64)

    def rows_at(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row number at each position, NOWHERE where it was removed or the position is NOWHERE."""
        return np.where(positions == NOWHERE, NOWHERE, self._rows[positions])

    def known(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of some row numbers that are there, in their order."""
        inside = rows[(rows >= 0) & (rows < len(self._places))]
        return np.asarray(inside[self._places[inside] != NOWHERE], dtype=np.int64)

    def add(self, rows: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add vectors (n, dim) under n new row numbers, at the next n positions."""
        used = self.positions - len(self._mapped)
        if used + len(rows) > len(self._added):
            more = np.empty((max(len(rows), len(self._added) // 2, 1024), self._added.shape[1]), dtype=np.float16)
            self._added = np.concatenate([self._added[:used], more])
        self._added[used : used + len(rows)] = vectors
        self._place(rows)

    def remove(self, rows: NDArray[np.int64]) -> None:
        """Forget rows that are there."""
        self._rows[self._places[rows]] = NOWHERE
        self._places[rows] = NOWHERE
        self._alive -= len(rows)

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return (n, dim) float32 for rows that are there, in their order, of length 1 again after the rounding."""
        return unit_rows(widened(self._halves(self._places[rows])))

    def cosines(self, rows: NDArray[np.int64], query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n,) the cosine of a vector (dim,) of length 1 with each of some rows that are there."""
        vectors = widened(self._halves(self._places[rows]))
        # Not by `@`, whose threads cost more than they give for so few.
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors)).clip(min=1e-12)
        return np.asarray(np.einsum("ij,j->i", vectors, query) / lengths, dtype=np.float32)

    def parts(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Yield the rows with their vectors, a part at a time, in the order of their positions."""
        rows = self.rows()
        for at in range(0, len(rows), PART):
            part = rows[at : at + PART]
            yield part, self.vectors(part)

    def _halves(self, positions: NDArray[np.int32]) -> NDArray[np.float16]:
        mapped = len(self._mapped)
        if not mapped:
            return self._added[positions]
        if self.positions == mapped:
            return np.asarray(self._mapped[positions])
        found = np.empty((len(positions), self._mapped.shape[1]), dtype=np.float16)
        old = positions < mapped
        found[old] = self._mapped[positions[old]]
        found[~old] = self._added[positions[~old] - mapped]
        return found

    def _place(self, rows: NDArray[np.int64]) -> None:
        """Give the next positions to rows, some of which may be NOWHERE."""
        first, self.positions = self.positions, self.positions + len(rows)
        self._rows = _grown(self._rows, self.positions)
        self._rows[first : self.positions] = rows
        self._places = _grown(self._places, int(rows.max(initial=-1)) + 1)
        alive = np.flatnonzero(rows != NOWHERE)
        self._places[rows[alive]] = first + alive
        self._alive += len(alive)


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors (n, dim) at length 1; those of length 0 stay as they are."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True).clip(min=1e-12)
    return np.asarray(vectors / lengths, dtype=np.float32)


def widened(halves: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return finite numbers in single precision, in less than half the time that `astype` takes.

    Sign, exponent and fraction are moved to their places at once; what is then wrong is the zero of the exponent.
    """
    bits = halves.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= MOVED
    singles = bits.view(np.float32)
    singles *= np.float32(2.0**112)
    return singles


def _grown(numbers: NDArray[Number], length: int) -> NDArray[Number]:
    """Return the numbers with room for `length`, what is new filled with NOWHERE."""
    if length <= len(numbers):
        return numbers
    grown = np.full(max(length, len(numbers) * 3 // 2), NOWHERE, dtype=numbers.dtype)
    grown[: len(numbers)] = numbers
    return grown
