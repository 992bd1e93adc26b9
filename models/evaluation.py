"""How good predictions are: arrays in, numbers out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.classifier import Prediction
from models.datasets import Example

BINS = 10
BOOTSTRAP_ROUNDS = 1000
# Of fewer, resampling tells nothing: three right answers would give an interval from 1 to 1.
LEAST_FOR_INTERVAL = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFigures:
    """Precision, recall and F1 of one dimension, counted against primary labels. `support` is how often it occurs.

    `precision` is None where nothing was predicted as it, `recall` and `f1` where it does not occur.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Predictions whose confidence lies in (low, high]: how many, their mean confidence and their accuracy."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Figures of one run over labelled examples.

    `accuracy` counts primary labels, over rows that have one; `accuracy_interval` is its 95 % bootstrap interval, None
    for fewer than 30 rows; `accepted` counts predictions that a reviewer would accept. `ece` is the expected
    calibration error of the primary label, `ece_accepted` of the accepted ones. `coverage` is the share of examples not
    abstained on, `covered_accepted` the accepted rate among those; `off_topic_refused` the share of off-topic texts
    that were turned away as such, None where there are none. `confusion[i][j]` counts primary i predicted as j, in the
    order of `codes`.
    """

    count: int
    codes: tuple[str, ...]
    accuracy: float
    accuracy_interval: tuple[float, float] | None
    accepted: float
    macro_f1: float
    role_accuracy: float | None
    ece: float
    ece_accepted: float
    coverage: float
    covered_accepted: float
    off_topic_refused: float | None
    classes: Mapping[str, ClassFigures]
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[ReliabilityBin, ...]


def evaluate(
    examples: Sequence[Example], predictions: Sequence[Prediction], *, codes: Sequence[str], none_code: str
) -> Evaluation:
    """Return the figures of predictions against examples, row by row. Both must be of one length and not empty.

    `codes` are the dimensions, in the order of the confusion; `none_code` is the one for text that belongs to none.
    """
    judged = [(e, p) for e, p in zip(examples, predictions, strict=True) if e.primary]
    right = np.array([p.dimension == e.primary for e, p in judged], dtype=bool)
    sure = np.array([p.confidence for _, p in judged])
    accepted = np.array([p.dimension in e.accepted for e, p in zip(examples, predictions, strict=True)])
    confidence = np.array([p.confidence for p in predictions])
    kept = np.array([not p.abstained for p in predictions])
    table = confusion([(str(e.primary), p.dimension) for e, p in judged], codes)
    classes = {code: _class_figures(table, i) for i, code in enumerate(codes)}
    present = [figures.f1 for figures in classes.values() if figures.f1 is not None]
    return Evaluation(
        count=len(examples),
        codes=tuple(codes),
        accuracy=_mean(right),
        accuracy_interval=(
            bootstrap_interval(right, rng=np.random.default_rng(0)) if len(right) >= LEAST_FOR_INTERVAL else None
        ),
        accepted=_mean(accepted),
        macro_f1=float(np.mean(present)) if present else 0.0,
        role_accuracy=_share([p.role == e.role for e, p in zip(examples, predictions, strict=True) if e.role]),
        ece=calibration_error(sure, right),
        ece_accepted=calibration_error(confidence, accepted),
        coverage=_mean(kept),
        covered_accepted=_mean(accepted[kept]),
        off_topic_refused=_refused_share(examples, predictions, none_code),
        classes=classes,
        confusion=tuple(tuple(int(cell) for cell in row) for row in table),
        reliability=reliability(sure, right),
    )


def refused(prediction: Prediction, *, none_code: str) -> bool:
    """Return whether the text was turned away as no report: by that reason, or as belonging to no dimension."""
    return prediction.dimension == none_code or prediction.reason == "out_of_domain"


def confusion(pairs: Sequence[tuple[str, str]], codes: Sequence[str]) -> NDArray[np.int64]:
    """Return (k, k) int64 counts: row the true code, column the predicted one."""
    table = np.zeros((len(codes), len(codes)), dtype=np.int64)
    for true, predicted in pairs:
        table[codes.index(true), codes.index(predicted)] += 1
    return table


def reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[ReliabilityBin, ...]:
    """Return ten bins of equal width over (0, 1]; empty bins are left out."""
    edges = np.linspace(0, 1, BINS + 1)
    bins = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            bins.append(
                ReliabilityBin(
                    low=float(low),
                    high=float(high),
                    count=int(inside.sum()),
                    confidence=float(confidence[inside].mean()),
                    accuracy=float(right[inside].mean()),
                )
            )
    return tuple(bins)


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error (Naeini et al. 2015): bins' |accuracy − confidence|, weighted by count."""
    if not len(confidence):
        return 0.0
    gaps = [bin_.count * abs(bin_.accuracy - bin_.confidence) for bin_ in reliability(confidence, right)]
    return float(sum(gaps) / len(confidence))


def bootstrap_interval(values: NDArray[np.bool_], *, rng: np.random.Generator) -> tuple[float, float]:
    """Return the 2.5 and 97.5 percentiles of the mean over resampled values; (0, 0) for none."""
    if not len(values):
        return 0.0, 0.0
    means = rng.choice(values, size=(BOOTSTRAP_ROUNDS, len(values))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _class_figures(table: NDArray[np.int64], i: int) -> ClassFigures:
    hit, predicted, support = int(table[i, i]), int(table[:, i].sum()), int(table[i].sum())
    return ClassFigures(
        precision=hit / predicted if predicted else None,
        recall=hit / support if support else None,
        f1=2 * hit / (predicted + support) if support else None,
        support=support,
    )


def _refused_share(examples: Sequence[Example], predictions: Sequence[Prediction], none_code: str) -> float | None:
    pairs = zip(examples, predictions, strict=True)
    return _share([refused(prediction, none_code=none_code) for example, prediction in pairs if not example.domain])


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None
