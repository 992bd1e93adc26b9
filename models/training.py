"""Fitting a classifier head to labelled examples and their vectors, with calibration on held-out batches."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from models.classifier import Classifier, Head, Linear, Prediction, Thresholds, softmax
from models.datasets import Example, batch_folds
from models.errors import BadExamples
from models.evaluation import Evaluation, evaluate
from models.taxonomy import Taxonomy

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """How a head is fitted.

    `inverse_penalty` is scikit-learn's C. `secondary_share` is the part of an example's weight that its secondary
    labels get, `off_topic_weight` the weight of text that is no report. `hold_out` names batches that are not fitted
    but calibrated on, which is needed where the encoder was tuned to the others; without it `folds` batches-apart
    folds give the held-out logits. Fewer examples than `calibration_examples` are not calibrated at all.
    """

    inverse_penalty: float = 10.0
    secondary_share: float = 0.2
    off_topic_weight: float = 0.3
    hold_out: tuple[str, ...] = ()
    folds: int = 5
    calibration_examples: int = 100
    target_accepted: float = 0.95
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedHead:
    """A fitted head and how it did on batches that it had not seen (None where there were too few examples)."""

    head: Head
    held_out: Evaluation | None


def fit_head(
    examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy, config: TrainConfig | None = None
) -> TrainedHead:
    """Return a head for the taxonomy, calibrated on held-out batches.

    `vectors` (n, dim) float32 belong to the examples row by row. Raises BadExamples where fewer than two dimensions
    have an example.
    """
    config = config or TrainConfig()
    kept = [row for row, example in enumerate(examples) if example.primary]
    examples, vectors = [examples[row] for row in kept], vectors[kept]
    if len({example.primary for example in examples}) < 2:
        raise BadExamples("training needs examples of at least two dimensions")
    held = np.array([example.batch in config.hold_out for example in examples])
    if held.any():
        head = _fit([e for e in examples if e.batch not in config.hold_out], vectors[~held], taxonomy, config)
        return _calibrated(
            head, _judged(head, [e for e in examples if e.batch in config.hold_out], vectors[held]), taxonomy, config
        )
    head = _fit(examples, vectors, taxonomy, config)
    if len(examples) < config.calibration_examples:
        return TrainedHead(head=head, held_out=None)
    return _calibrated(head, _judged_in_folds(examples, vectors, taxonomy, config), taxonomy, config)


def with_evidence(head: Head, examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy) -> Head:
    """Return the head with these examples and their (n, dim) vectors as its evidence; unlabelled ones are left out."""
    kept = [row for row, example in enumerate(examples) if example.primary]
    labelled = tuple(examples[row] for row in kept)
    columns = _columns(labelled, taxonomy)
    return replace(head, examples=labelled, example_columns=columns, example_vectors=vectors[kept])


def best_temperature(logits: NDArray[np.float32], columns: NDArray[np.int64]) -> float:
    """Return the temperature with the least log loss (Guo et al. 2017), to within 2 %."""
    candidates = np.geomspace(0.2, 5.0, 160)
    losses = [_log_loss(logits / candidate, columns) for candidate in candidates]
    return float(candidates[int(np.argmin(losses))])


def _log_loss(logits: NDArray[np.float32], columns: NDArray[np.int64]) -> float:
    chosen = softmax(logits)[np.arange(len(columns)), columns]
    return float(-np.log(np.maximum(chosen, 1e-9)).mean())


def _columns(examples: Sequence[Example], taxonomy: Taxonomy) -> NDArray[np.int64]:
    return np.array([taxonomy.codes.index(str(example.primary)) for example in examples], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """Examples that were not fitted, their dimension logits (n, k) and off-topic logits (n,)."""

    examples: Sequence[Example]
    logits: NDArray[np.float32]
    off_topic: NDArray[np.float32]


def _judged(head: Head, examples: Sequence[Example], vectors: Vectors) -> _Judged:
    off_topic = head.domain(vectors)[:, 0] if head.domain else np.full(len(examples), -30.0, dtype=np.float32)
    return _Judged(examples=examples, logits=head.dimensions(vectors), off_topic=off_topic)


def _judged_in_folds(examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy, config: TrainConfig) -> _Judged:
    """Return every example judged by a head that had not seen its batch."""
    folds = batch_folds(examples, folds=config.folds, rng=np.random.default_rng(config.seed))
    logits = np.zeros((len(examples), len(taxonomy.codes)), dtype=np.float32)
    off_topic = np.full(len(examples), -30.0, dtype=np.float32)
    for fold in range(config.folds):
        held = folds == fold
        seen = [example for example, is_held in zip(examples, held, strict=True) if not is_held]
        if not held.any() or len({example.primary for example in seen}) < 2:
            continue
        logits[held] = _fit_dimensions(seen, vectors[~held], taxonomy, config)(vectors[held])
        domain = _fit_domain(seen, vectors[~held], config)
        if domain is not None:
            off_topic[held] = domain(vectors[held])[:, 0]
    return _Judged(examples=examples, logits=logits, off_topic=off_topic)


def _calibrated(head: Head, judged: _Judged, taxonomy: Taxonomy, config: TrainConfig) -> TrainedHead:
    temperature = best_temperature(judged.logits, _columns(judged.examples, taxonomy))
    head = replace(head, temperature=temperature, thresholds=_thresholds(judged, temperature, taxonomy, config))
    return TrainedHead(head=head, held_out=_held_out_evaluation(judged, head, taxonomy))


def _fit(examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy, config: TrainConfig) -> Head:
    return Head(
        dimensions=_fit_dimensions(examples, vectors, taxonomy, config),
        roles=_fit_roles(examples, vectors, taxonomy, config),
        domain=_fit_domain(examples, vectors, config),
        temperature=1.0,
        thresholds=Thresholds(),
        examples=tuple(examples),
        example_columns=_columns(examples, taxonomy),
        example_vectors=vectors,
    )


def _fit_dimensions(examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy, config: TrainConfig) -> Linear:
    rows, labels, weights = [], [], []
    for row, example in enumerate(examples):
        for code, weight in _label_weights(example, config).items():
            rows.append(row)
            labels.append(taxonomy.codes.index(code))
            weights.append(weight)
    return _logistic(vectors[rows], np.array(labels), len(taxonomy.codes), config, np.array(weights))


def _label_weights(example: Example, config: TrainConfig) -> Mapping[str, float]:
    if not example.domain:
        return {str(example.primary): config.off_topic_weight}
    if not example.secondary:
        return {str(example.primary): 1.0}
    others = dict.fromkeys(example.secondary, config.secondary_share / len(example.secondary))
    return {str(example.primary): 1 - config.secondary_share, **others}


def _fit_roles(examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy, config: TrainConfig) -> Linear:
    rows = [row for row, example in enumerate(examples) if example.role]
    labels = np.array([taxonomy.role_codes.index(str(examples[row].role)) for row in rows], dtype=np.int64)
    return _logistic(vectors[rows], labels, max(1, len(taxonomy.role_codes)), config)


def _fit_domain(examples: Sequence[Example], vectors: Vectors, config: TrainConfig) -> Linear | None:
    outside = np.array([not example.domain for example in examples])
    if outside.all() or not outside.any():
        return None
    both = _logistic(vectors, outside.astype(np.int64), 2, config)
    return Linear(weight=both.weight[:, 1:] - both.weight[:, :1], bias=both.bias[1:] - both.bias[:1])


def _logistic(
    vectors: Vectors,
    labels: NDArray[np.int64],
    outputs: int,
    config: TrainConfig,
    weights: NDArray[np.float64] | None = None,
) -> Linear:
    """Return a linear layer over all outputs; one that no example has gets logits that never win."""
    weight = np.zeros((vectors.shape[1], outputs), dtype=np.float32)
    bias = np.full(outputs, -30.0, dtype=np.float32)
    present = np.unique(labels)
    if len(present) < 2:
        bias[present] = 0.0
        return Linear(weight=weight, bias=bias)
    model = LogisticRegression(C=config.inverse_penalty, max_iter=3000, random_state=config.seed)
    with warnings.catch_warnings():
        # A head that stopped a little early is measured on held-out batches like any other.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(vectors, labels, sample_weight=weights)
    coefficients, intercepts = _both_sides(model.coef_, model.intercept_)
    weight[:, present], bias[present] = coefficients.T, intercepts
    return Linear(weight=weight, bias=bias)


def _both_sides(
    coefficients: NDArray[np.float64], intercepts: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return one row per class; scikit-learn gives a single row for two classes."""
    if len(coefficients) > 1:
        return coefficients, intercepts
    return np.vstack([-coefficients, coefficients]) / 2, np.concatenate([-intercepts, intercepts]) / 2


def _thresholds(judged: _Judged, temperature: float, taxonomy: Taxonomy, config: TrainConfig) -> Thresholds:
    """Return the limits under which held-out predictions were right often enough."""
    scores = softmax(judged.logits / temperature)
    inside = np.array([example.domain for example in judged.examples])
    best = scores.argmax(axis=1)
    accepted = np.array([
        taxonomy.codes[column] in example.accepted for column, example in zip(best, judged.examples, strict=True)
    ])
    confidence = lowest_sufficient(scores.max(axis=1)[inside], accepted[inside], target=config.target_accepted)
    return replace(Thresholds(), confidence=confidence, domain=_domain_threshold(judged.off_topic, inside))


def lowest_sufficient(confidence: NDArray[np.float32], right: NDArray[np.bool_], *, target: float) -> float:
    """Return the lowest threshold above which at least `target` of the predictions are right.

    Never above the median: a classifier that refuses more than half is of no use, and says so by its metrics.
    """
    order = np.argsort(-confidence)
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= target)
    last = max(int(enough[-1]) if len(enough) else 0, len(order) // 2)
    return float(confidence[order][last])


def _domain_threshold(off_topic: NDArray[np.float32], inside: NDArray[np.bool_]) -> float:
    """Return the off-topic chance that 1 % of the reports' own sentences exceed, at most .5."""
    if inside.all():
        return Thresholds().domain
    chances = 1 / (1 + np.exp(-off_topic))
    return float(min(0.5, np.quantile(chances[inside], 0.99)))


def _held_out_evaluation(judged: _Judged, head: Head, taxonomy: Taxonomy) -> Evaluation:
    """Return the figures of the held-out logits, judged as the finished head would judge them.

    The logits are handed through a classifier whose layers are the identity, so that its rules are the real ones.
    """
    width = judged.logits.shape[1]
    eye = np.eye(width + 1, dtype=np.float32)
    zeros = np.zeros(width + 1, dtype=np.float32)
    passing = replace(
        head,
        dimensions=Linear(weight=eye[:, :width], bias=zeros[:width]),
        roles=Linear(weight=np.zeros((width + 1, len(taxonomy.role_codes)), np.float32), bias=_no_roles(taxonomy)),
        domain=Linear(weight=eye[:, width:], bias=zeros[width:]),
    )
    features = np.column_stack([judged.logits, judged.off_topic]).astype(np.float32)
    texts = [example.text for example in judged.examples]
    predictions: list[Prediction] = Classifier(taxonomy, passing).predict(texts, features)
    roleless = [replace(example, role=None) for example in judged.examples]
    return evaluate(roleless, predictions, codes=taxonomy.codes)


def _no_roles(taxonomy: Taxonomy) -> NDArray[np.float32]:
    return np.zeros(len(taxonomy.role_codes), dtype=np.float32)
