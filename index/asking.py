"""What to ask a person next: sentences that the classifier is unsure of, and that are unlike each other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NEAR_COPY = 0.98
"""A sentence as close as this to one that is asked already would teach nothing more."""


def asked_next(scores: Sequence[Sequence[float]], vectors: NDArray[np.float32], *, count: int) -> list[int]:
    """Return at most `count` places, the most telling first.

    `scores` (n, k) are probabilities, `vectors` (n, dim) have length 1. Each next one has the greatest product of its
    doubt (1 less the margin between its two best scores) and its distance (1 less the cosine) from those before it.
    """
    if not len(scores):
        return []
    doubts = np.array([doubt(row) for row in scores], dtype=np.float32)
    nearest = np.full(len(scores), -1.0, dtype=np.float32)
    chosen: list[int] = []
    while len(chosen) < min(count, len(scores)):
        worth = np.where(nearest < NEAR_COPY, doubts * (1 - nearest), -1.0)
        worth[chosen] = -1.0
        best = int(np.argmax(worth))
        if worth[best] < 0:
            break
        chosen.append(best)
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return chosen


def doubt(scores: Sequence[float]) -> float:
    """Return how unsure a prediction is: 0 where one score has all, 1 where the two best are equal."""
    ranked = sorted(scores, reverse=True)
    return 1.0 - (ranked[0] - ranked[1]) if len(ranked) > 1 else 0.0
