"""From what the legs of a search found to one order of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.hybrid import WEIGHTS, Candidates, Weights, fused
from index.lexical import LexicalIndex
from index.records import Found, StoredSentence
from index.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A row with its score, and the score and the place, from 1, that each leg gave it; None where it did not."""

    row: int
    score: float
    dense: float | None = None
    lexical: float | None = None
    dense_rank: int | None = None
    lexical_rank: int | None = None


def candidates(
    query: str, vector: NDArray[np.float32], sentences: Sequence[StoredSentence], rows: Rows, lexical: LexicalIndex
) -> Candidates:
    """Return what is known of sentences in the light of a query and its vector (1, dim), whichever leg found them."""
    vectors = rows.vectors([stored.row for stored in sentences])
    return Candidates(
        cosines=vectors @ vector[0],
        coverage=lexical.coverage(query, [stored.sentence.text for stored in sentences]),
        dimensions=_probabilities([stored.tag.scores for stored in sentences]),
        roles=[stored.tag.role for stored in sentences],
        passages=[(stored.document_id, stored.sentence.passage) for stored in sentences],
    )


def fused_scores(
    query: str,
    vector: NDArray[np.float32],
    legs: Mapping[str, Sequence[Found]],
    rows: Rows,
    lexical: LexicalIndex,
    *,
    weights: Weights = WEIGHTS,
) -> dict[int, float]:
    """Return row → score, 1 at most, for every row that a leg found and that is still stored."""
    sentences = rows.stored(sorted({found.row for leg in legs.values() for found in leg}))
    scores = fused(candidates(query, vector, sentences, rows, lexical), weights=weights)
    return dict(zip([stored.row for stored in sentences], scores.tolist(), strict=True))


def ranked(legs: Mapping[str, Sequence[Found]], scores: Mapping[int, float]) -> list[Ranked]:
    """Return the rows that have a score, best first, equal ones by row, with what each leg says of them."""
    known = {name: {found.row: place for place, found in enumerate(leg)} for name, leg in legs.items()}

    def said(name: str, row: int) -> tuple[float | None, int | None]:
        place = known.get(name, {}).get(row)
        return (None, None) if place is None else (legs[name][place].score, place + 1)

    order = sorted(scores, key=lambda row: (-scores[row], row))
    return [_ranked(row, scores[row], said("dense", row), said("lexical", row)) for row in order]


def _ranked(
    row: int, score: float, dense: tuple[float | None, int | None], lexical: tuple[float | None, int | None]
) -> Ranked:
    return Ranked(
        row=row, score=score, dense=dense[0], dense_rank=dense[1], lexical=lexical[0], lexical_rank=lexical[1]
    )


def _probabilities(scores: Sequence[Mapping[str, float]]) -> NDArray[np.float32]:
    """Return (n, d) float32, a column for each label that any of them names."""
    codes = sorted({code for one in scores for code in one})
    return np.array([[one.get(code, 0.0) for code in codes] for one in scores], dtype=np.float32)
