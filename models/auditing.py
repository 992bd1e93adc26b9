"""Labels that look wrong: each example judged by heads that were fitted without its batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.classifier import Vectors, softmax
from models.datasets import Example, batch_folds
from models.errors import BadExamples
from models.layers import TrainConfig
from models.taxonomy import Taxonomy
from models.training import fit_head


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """An example whose label the others contradict: its place, what they suggest, and the chances of both labels."""

    place: int
    suggested: str
    confidence: float
    label_confidence: float


def suspects(
    examples: Sequence[Example],
    vectors: Vectors,
    taxonomy: Taxonomy,
    *,
    inverse_penalty: float,
    rng: np.random.Generator,
    folds: int = 5,
) -> list[Suspect]:
    """Return the examples that are judged otherwise than they are labelled, the surest contradiction first.

    `vectors` (n, dim) belong to the examples row by row. A secondary label is no contradiction, and examples without
    a primary label are not judged. Raises BadExamples for examples of fewer than two dimensions.
    """
    labelled = np.array([example.primary is not None for example in examples], dtype=bool)
    if len({example.primary for example in examples if example.primary}) < 2:
        raise BadExamples("an audit needs examples of at least two dimensions")
    parts = np.where(labelled, batch_folds(examples, folds=folds, rng=rng), -1)
    config = TrainConfig(inverse_penalty=inverse_penalty, calibration_examples=len(examples) + 1)
    found: list[Suspect] = []
    for part in range(folds):
        held, seen = np.flatnonzero(parts == part), np.flatnonzero(labelled & (parts != part))
        known = [examples[int(row)] for row in seen]
        if len(held) and len({example.primary for example in known}) > 1:
            head = fit_head(known, vectors[seen], taxonomy, config).head
            found += _contradicted(examples, held, softmax(head.dimensions(vectors[held])), taxonomy)
    return sorted(found, key=lambda one: one.label_confidence - one.confidence)


def _contradicted(
    examples: Sequence[Example], rows: NDArray[np.int64], chances: NDArray[np.float32], taxonomy: Taxonomy
) -> list[Suspect]:
    pairs = [
        (int(row), chance, taxonomy.codes[int(chance.argmax())]) for row, chance in zip(rows, chances, strict=True)
    ]
    return [
        Suspect(
            place=row,
            suggested=best,
            confidence=float(chance.max()),
            label_confidence=float(chance[taxonomy.codes.index(str(examples[row].primary))]),
        )
        for row, chance, best in pairs
        if best not in examples[row].accepted
    ]
