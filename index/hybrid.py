"""Joining rankings whose scores cannot be compared. Pure."""

from collections.abc import Sequence


def fuse(
    rankings: Sequence[Sequence[int]], *, weights: Sequence[float] | None = None, offset: int = 60
) -> dict[int, float]:
    """Return the reciprocal rank fusion of rankings: row → score, best first, equal scores by lower row.

    A row gets `weight / (offset + rank)` from every ranking that holds it, rank counted from 1. The larger the offset,
    the less the very first places count. Without weights all rankings count the same.
    """
    scores: dict[int, float] = {}
    for weight, ranking in zip(weights or [1.0] * len(rankings), rankings, strict=True):
        for rank, row in enumerate(ranking, start=1):
            scores[row] = scores.get(row, 0.0) + weight / (offset + rank)
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
