"""What a query is about by the classifier's word, worked out while the query is encoded and looked for."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from models.classifier import Prediction
from models.errors import ModelFault
from service.heads import OpenHead

Predictions = Callable[[OpenHead, Sequence[str], Sequence[str]], list[Prediction]]

LANES = max(1, (os.cpu_count() or 1) // 2)


class Leanings:
    """Asks the head in use about queries, in threads of its own where cores are free for it. Safe between threads.

    `predictions` gives what a head says of texts in their contexts.
    """

    def __init__(self, head: Callable[[], OpenHead], predictions: Predictions) -> None:
        self._head = head
        self._predictions = predictions
        # A search that encodes its query keeps one core busy and this a second one. Whoever finds them taken does both
        # itself: a thread more would not be faster, and to wake one for each query costs the others time.
        self._free = threading.Semaphore(LANES)
        self._swapping = threading.Lock()
        self._pool = _pool()

    def close(self) -> None:
        """End the threads; whoever asks again starts new ones."""
        with self._swapping:
            ended, self._pool = self._pool, _pool()
        ended.shutdown()

    def begun(self, query: str) -> Callable[[], Mapping[str, float]]:
        """Begin to classify a query where a thread is free; return what gives its dimensions with their probabilities.

        `none`, which a question looks like, is left out. Without a head that can be opened there are none at all.
        """
        if not self._free.acquire(blocking=False):
            return cache(lambda: self._leaning(query))
        try:
            with self._swapping:
                asked = self._pool.submit(self._leaning, query)
        except BaseException:
            self._free.release()
            raise
        asked.add_done_callback(lambda _: self._free.release())
        return asked.result

    def _leaning(self, query: str) -> Mapping[str, float]:
        try:
            head = self._head()
        except ModelFault:
            # Whoever searches is not to be stopped by it; `liuwei doctor` says what is wrong with a head.
            return {}
        scores = self._predictions(head, [query], [""])[0].scores
        return {code: score for code, score in scores.items() if code != head.classifier.taxonomy.none_code}


def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(LANES, thread_name_prefix="leaning")
