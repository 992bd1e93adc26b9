"""From what the legs of a search found to one order of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.hybrid import Candidates, fused
from index.lexical import LexicalIndex
from index.records import Found
from index.sketches import Sketches

NO_LEANING: Mapping[str, float] = {}


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
    query: str,
    vector: NDArray[np.float32],
    known: Sketches,
    lexical: LexicalIndex,
    leaning: Mapping[str, float] = NO_LEANING,
) -> Candidates:
    """Return sentences in the light of a query, its vector (1, dim) and its dimensions, whichever leg found them."""
    return Candidates(
        cosines=known.vectors @ vector[0],
        vectors=known.vectors,
        coverage=lexical.coverage(query, known.texts),
        dimensions=known.dimensions,
        roles=known.roles,
        passages=known.passages,
        leaning=np.array([leaning.get(code, 0.0) for code in known.codes], dtype=np.float32),
    )


def found_rows(legs: Mapping[str, Sequence[Found]]) -> list[int]:
    """Return the rows that any leg found, ascending."""
    return sorted({found.row for leg in legs.values() for found in leg})


def fused_scores(
    query: str,
    vector: NDArray[np.float32],
    known: Sketches,
    lexical: LexicalIndex,
    *,
    leaning: Mapping[str, float] = NO_LEANING,
) -> dict[int, float]:
    """Return row → score, 1 at most."""
    scores = fused(candidates(query, vector, known, lexical, leaning))
    return dict(zip(known.rows, scores.tolist(), strict=True))


def best_first(scores: Mapping[int, float]) -> list[int]:
    """Return the rows that have a score, best first, equal ones by row."""
    return sorted(sorted(scores), key=scores.__getitem__, reverse=True)


def ranked(rows: Sequence[int], legs: Mapping[str, Sequence[Found]], scores: Mapping[int, float]) -> list[Ranked]:
    """Return some of the rows that have a score, in their order, with what each leg says of them."""
    places = {name: {found.row: place for place, found in enumerate(leg)} for name, leg in legs.items()}

    def said(name: str, row: int) -> tuple[float | None, int | None]:
        place = places.get(name, {}).get(row)
        return (None, None) if place is None else (legs[name][place].score, place + 1)

    return [_ranked(row, scores[row], said("dense", row), said("lexical", row)) for row in rows]


def _ranked(
    row: int, score: float, dense: tuple[float | None, int | None], lexical: tuple[float | None, int | None]
) -> Ranked:
    return Ranked(
        row=row, score=score, dense=dense[0], dense_rank=dense[1], lexical=lexical[0], lexical_rank=lexical[1]
    )
