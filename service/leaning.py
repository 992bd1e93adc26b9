"""What a query is about by the classifier's word, worked out while the query is encoded and looked for."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelFault
from service.heads import OpenHead

LabelVectors = Callable[[OpenHead, Sequence[str], Sequence[str]], NDArray[np.float32]]

LANES = max(1, (os.cpu_count() or 1) // 2)


class Leanings:
    """Asks the head in use about queries, in threads of its own where cores are free for it. Safe between threads.

    `vectors` gives what a head reads of texts in their contexts.
    """

    def __init__(self, head: Callable[[], OpenHead], vectors: LabelVectors) -> None:
        self._head = head
        self._vectors = vectors
        # A search that encodes its query keeps one core busy and this a second one. Whoever finds them taken does both
        # itself: a thread more would not be faster, and to wake one for each query costs the others time.
        self._free = threading.Semaphore(LANES)
        self._pool = _pool()

    def close(self) -> None:
        """End the threads; whoever asks again starts new ones."""
        ended, self._pool = self._pool, _pool()
        ended.shutdown()

    def begun(self, query: str) -> Callable[[], Mapping[str, float]]:
        """Begin to classify a query; return what waits for its dimensions with their probabilities.

        `none`, which a question looks like, is left out. Without a head that can be opened there are none at all.
        """
        if not self._free.acquire(blocking=False):
            known = self._leaning(query)
            return lambda: known
        asked = self._pool.submit(self._leaning, query)
        asked.add_done_callback(lambda _: self._free.release())
        return asked.result

    def _leaning(self, query: str) -> Mapping[str, float]:
        try:
            head = self._head()
        except ModelFault:
            # Whoever searches is not to be stopped by it; `liuwei doctor` says what is wrong with a head.
            return {}
        classifier = head.classifier
        scores = classifier.predict([query], self._vectors(head, [query], [""]))[0].scores
        return {code: score for code, score in scores.items() if code != classifier.taxonomy.none_code}


def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(LANES, thread_name_prefix="leaning")
