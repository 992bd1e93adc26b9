"""Encoding for many threads at once: what arrives while the encoder is busy is encoded together in the next batch.

Nobody waits for a batch to fill. A long list of texts is encoded in parts, between which the others get their turn. How
many batches run side by side depends on the encoder: one at a time where a batch takes little longer than a text, as on
a GPU; one for each core where a text alone keeps a core busy, as with the bundled encoder.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.scripts import simplified
from models.classifier import ContextEncoder
from models.embedders import Embedder
from models.onnx_embedder import OnnxEmbedder
from service.observer import Observer

Vectors = NDArray[np.float32]
Item = TypeVar("Item", str, tuple[str, str])
# Texts of one batch. More would make those wait longer who come meanwhile; side by side, few are as fast as many.
MOST_ALONE = 32
MOST_SIDE_BY_SIDE = 8


class Turns(Generic[Item]):
    """One encoding function, shared by threads; at most `lanes` of them encode at once, each for all that wait."""

    def __init__(
        self, encode: Callable[[Sequence[Item]], Vectors], observer: Callable[[], Observer], *, lanes: int
    ) -> None:
        self._encode: Callable[[Sequence[Item]], Vectors] = encode
        self._observer = observer
        self._mutex = threading.Lock()
        self._waiting: list[_Asked[Item]] = []
        self._free_lanes = lanes
        self._most_texts = MOST_ALONE if lanes == 1 else MOST_SIDE_BY_SIDE

    def __call__(self, items: Sequence[Item]) -> Vectors:
        """Return (n, dim) float32 in input order, as the function itself does, and raise what it raises."""
        if not items:
            return self._encode(items)
        asked = _Asked(items)
        with self._mutex:
            self._waiting.append(asked)
            self._start_next()
        while not asked.done:
            asked.woken.wait()
            asked.woken.clear()
            while asked.leads and asked.left:
                self._encode_for(self._next_batch())
            self._hand_over(asked)
        self._hand_over(asked)
        return asked.result()

    def _start_next(self) -> None:
        """Let one that waits lead a free lane, if there are both."""
        idle = next((asked for asked in self._waiting if not asked.leads), None)
        if self._free_lanes and idle is not None:
            self._free_lanes -= 1
            idle.leads = True
            idle.woken.set()

    def _hand_over(self, asked: "_Asked[Item]") -> None:
        """Leave the lane, if one is led, to the next in line."""
        with self._mutex:
            if asked.leads:
                asked.leads = False
                self._free_lanes += 1
                self._start_next()

    def _next_batch(self) -> "Batch[Item]":
        """Take texts off those that wait: all get an equal share, and what some do not need is left to the others."""
        with self._mutex:
            served = sorted(self._waiting[: self._most_texts], key=lambda asked: asked.left)
            batch, room = [], self._most_texts
            for place, asked in enumerate(served):
                rows = asked.taken(room // (len(served) - place))
                batch.append((asked, rows))
                room -= len(rows)
            self._waiting = [asked for asked in self._waiting if asked.left]
        return batch

    def _encode_for(self, batch: "Batch[Item]") -> None:
        items = [asked.items[row] for asked, rows in batch for row in rows]
        start = time.perf_counter()
        try:
            vectors = self._encode(items)
            if len(vectors) != len(items):
                raise ValueError(f"the encoder gave {len(vectors)} vectors for {len(items)} texts")
        except BaseException as error:  # noqa: BLE001 - raised again in the thread whose texts they were
            self._blame(batch, error)
            return
        self._observer().encoded(texts=len(items), requests=len(batch), seconds=time.perf_counter() - start)
        with self._mutex:
            for asked, rows in batch:
                asked.put(rows, vectors[: len(rows)])
                vectors = vectors[len(rows) :]

    def _blame(self, batch: "Batch[Item]", error: BaseException) -> None:
        """Fail the only one of a batch; of several, one may be to blame: the others get what they asked for."""
        for asked, rows in batch if len(batch) > 1 else ():
            self._encode_for([(asked, rows)])
        if len(batch) == 1:
            with self._mutex:
                batch[0][0].fail(error)
                self._waiting = [asked for asked in self._waiting if asked.left]


class SharedEmbedder:
    """An encoder whose texts are encoded together with those of other threads, all in simplified characters."""

    def __init__(self, embedder: Embedder, observer: Callable[[], Observer]) -> None:
        self._embedder, lanes = embedder, _lanes(embedder)
        self._passages = Turns[str](embedder.encode_passages, observer, lanes=lanes)
        self._queries = Turns[str](embedder.encode_queries, observer, lanes=lanes)

    @property
    def fingerprint(self) -> str:
        """The name of the encoder itself."""
        return self._embedder.fingerprint

    @property
    def dim(self) -> int:
        """The width of a vector."""
        return self._embedder.dim

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dim) float32 in input order, as the encoder itself does for simplified characters."""
        return self._passages(list(map(simplified, texts)))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dim) float32 in input order, as the encoder itself does for simplified characters."""
        return self._queries(list(map(simplified, texts)))


class SharedContextEncoder:
    """An encoder of texts in their context, encoded together with those of other threads."""

    def __init__(self, encoder: ContextEncoder, observer: Callable[[], Observer]) -> None:
        self._encoder = encoder
        self._turns = Turns[tuple[str, str]](self._encoded, observer, lanes=_lanes(encoder))

    def encode_in_context(self, texts: Sequence[str], contexts: Sequence[str]) -> Vectors:
        """Return (n, dim) float32 in input order; an empty context is left out."""
        return self._turns(list(zip(texts, contexts, strict=True)))

    def _encoded(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        return self._encoder.encode_in_context([text for text, _ in pairs], [context for _, context in pairs])


def _lanes(encoder: object) -> int:
    """Return how many batches run side by side best: the bundled kind keeps a core busy with a single text."""
    return max(2, os.cpu_count() or 1) if isinstance(encoder, OnnxEmbedder) else 1


class _Asked(Generic[Item]):
    """The texts of one caller and what has become of them. What changes, changes under the mutex of its turns."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items: Sequence[Item] = items
        self.woken = threading.Event()
        self.leads = False
        # Of like length together: encoders that read a batch at once pad it to its longest text.
        self._rows = sorted(range(len(items)), key=lambda row: sum(map(len, items[row])))
        self._missing = len(items)
        self._vectors: Vectors | None = None
        self._error: BaseException | None = None

    @property
    def left(self) -> int:
        """How many texts nobody encodes yet."""
        return len(self._rows)

    @property
    def done(self) -> bool:
        """Whether there is nothing left to wait for."""
        return not self._missing or self._error is not None

    def taken(self, most: int) -> list[int]:
        """Return the rows that come next, not more than `most`, for who called to encode them."""
        rows = self._rows[-most:] if most else []
        del self._rows[len(self._rows) - len(rows) :]
        return rows

    def put(self, rows: Sequence[int], vectors: Vectors) -> None:
        """Keep the vectors of rows that were taken, and wake the caller after the last."""
        if self._vectors is None:
            self._vectors = np.zeros((len(self.items), vectors.shape[1]), dtype=np.float32)
        self._vectors[rows] = vectors
        self._missing -= len(rows)
        if self.done:
            self.woken.set()

    def fail(self, error: BaseException) -> None:
        """Give up on all of them."""
        self._error = error
        self._rows.clear()
        self.woken.set()

    def result(self) -> Vectors:
        """Return all vectors. Raises what the encoding raised."""
        if self._error is not None:
            raise self._error
        if self._vectors is None:
            raise RuntimeError("asked for vectors before they were encoded")
        return self._vectors


Batch = Sequence[tuple[_Asked[Item], list[int]]]
