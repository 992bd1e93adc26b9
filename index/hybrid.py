"""One score from what both legs and the labels of sentences say. Pure: arrays in, scores out.

A rank says nothing of how good a row is, so ranks are not joined but scores, and only such as mean the same for every
query: the cosine, and the share of the query's characters and pairs that a sentence holds. Where a paraphrase shares
few characters with anything, that share is small everywhere and the cosine decides alone.

Who asks may know what dimensions the query itself is about, and a row that shares them gains. Then the best rows vote:
what dimension and role they have, the query is probably about, and rows that agree gain. A sentence gains from the best
one of its passage, as the point below a heading and its example are found by one query.

All this is done twice: the best rows of the first round say in more words what is looked for, so the query moves
towards them (Rocchio 1971), and they are the better voters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each part counts beside the cosine. `python -m tests.bench.bench_retrieval --choose` chooses them.

    `voters` rows vote; a row whose score is `sharpness` below the best has 1/e of its vote. `feedback` is how far the
    query moves towards them, 0 for not at all.
    """

    coverage: float = 1.0
    leaning: float = 0.1
    dimension: float = 0.1
    role: float = 0.05
    passage: float = 0.2
    voters: int = 10
    sharpness: float = 0.05
    feedback: float = 0.8

    @property
    def best_possible(self) -> float:
        """The score of a row with a cosine of 1 that holds the whole query and agrees with it and with every vote."""
        return (1 + self.coverage + self.leaning + self.dimension + self.role) * (1 + self.passage)


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What is known of n rows: `cosines` and `coverage` (n,), `dimensions` (n, d) probabilities, `roles`, `passages`.

    `vectors` (n, dim) have length 1. Rows with equal `passages` stand in one passage. `leaning` (d,) are the
    probabilities of the query's own dimensions; they sum to 1 less the chance that it has none, or to 0 where unknown.
    """

    cosines: NDArray[np.float32]
    vectors: NDArray[np.float32]
    coverage: NDArray[np.float32]
    dimensions: NDArray[np.float32]
    roles: Sequence[str]
    passages: Sequence[object]
    leaning: NDArray[np.float32]


def fused(candidates: Candidates, *, weights: Weights = WEIGHTS) -> NDArray[np.float32]:
    """Return (n,) float32 scores, 1 at most; n = 0 gives (0,)."""
    if not len(candidates.cosines):
        return np.zeros(0, dtype=np.float32)
    shared = np.sqrt(candidates.dimensions * candidates.leaning).sum(axis=1)
    own = weights.coverage * candidates.coverage + weights.leaning * shared
    roles, passages = _one_hot(candidates.roles), _numbered(candidates.passages)

    def agreed(scores: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n,) scores, raised for rows that agree with the vote, and by the best of the passage."""
        scores = scores + weights.dimension * _agreement(candidates.dimensions, votes)
        scores = scores + weights.role * _agreement(roles, votes)
        return scores + weights.passage * _best_of_group(scores, passages)

    scores = candidates.cosines + own
    votes = _votes(agreed(scores, _votes(scores, weights)), weights)
    scores = agreed(_moved_cosines(candidates, votes, weights) + own, votes)
    return np.asarray(scores / weights.best_possible, dtype=np.float32)


def _moved_cosines(candidates: Candidates, votes: NDArray[np.float32], weights: Weights) -> NDArray[np.float32]:
    """Return (n,) the cosines with the query after it has moved towards the vectors of the rows that vote."""
    aim = (votes[:, None] * candidates.vectors).sum(axis=0)
    # The query's own vector is not needed: its products with the rows are the cosines.
    length = 1 + 2 * weights.feedback * (votes * candidates.cosines).sum() + weights.feedback**2 * (aim * aim).sum()
    moved = candidates.cosines + weights.feedback * (candidates.vectors @ aim)
    return np.asarray(moved / np.sqrt(length), dtype=np.float32)


def _votes(scores: NDArray[np.float32], weights: Weights) -> NDArray[np.float32]:
    """Return (n,) how much each row says about what the query is about; they sum to 1."""
    votes = np.exp((scores - scores.max()) / weights.sharpness)
    votes[np.argsort(-scores, kind="stable")[weights.voters :]] = 0
    return np.asarray(votes / votes.sum(), dtype=np.float32)


def _agreement(labels: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n,) how much of the vote each row's labels (n, d) have on their side, 0 to 1."""
    # By sums: for so few numbers some builds of OpenBLAS now and then report an invalid value that is not there.
    wanted = (votes[:, None] * labels).sum(axis=0)
    return np.asarray((labels * wanted).sum(axis=1), dtype=np.float32)


def _numbered(names: Sequence[object]) -> NDArray[np.int64]:
    """Return (n,) a number for each name, from 0 in the order in which they first come; equal ones have the same."""
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    return np.array([places[name] for name in names], dtype=np.int64)


def _one_hot(names: Sequence[str]) -> NDArray[np.float32]:
    numbers = _numbered(names)
    return np.eye(int(numbers.max()) + 1, dtype=np.float32)[numbers]


def _best_of_group(scores: NDArray[np.float32], groups: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return (n,) the best score among the rows of each row's group, which are numbered from 0."""
    best = np.full(int(groups.max()) + 1, -np.inf, dtype=np.float32)
    np.maximum.at(best, groups, scores)
    return np.asarray(best[groups], dtype=np.float32)
