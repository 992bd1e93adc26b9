"""What a query is about by the classifier's word, worked out while the query is encoded and looked for."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelFault
from service.heads import OpenHead

LabelVectors = Callable[[OpenHead, Sequence[str], Sequence[str]], NDArray[np.float32]]


class Leanings:
    """Asks the head in use about queries, in threads of its own, which end with it.

    `vectors` gives what a head reads of texts in their contexts.
    """

    def __init__(self, head: Callable[[], OpenHead], vectors: LabelVectors) -> None:
        self._head = head
        self._vectors = vectors
        self._pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="leaning")

    def begun(self, query: str) -> Callable[[], Mapping[str, float]]:
        """Begin to classify a query; return what waits for its dimensions with their probabilities.

        `none`, which a question looks like, is left out. Without a head that can be opened there are none at all.
        """
        return self._pool.submit(self._leaning, query).result

    def _leaning(self, query: str) -> Mapping[str, float]:
        try:
            head = self._head()
        except ModelFault:
            # Whoever searches is not to be stopped by it; `liuwei doctor` says what is wrong with a head.
            return {}
        classifier = head.classifier
        scores = classifier.predict([query], self._vectors(head, [query], [""]))[0].scores
        return {code: score for code, score in scores.items() if code != classifier.taxonomy.none_code}
