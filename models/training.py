"""Fitting a classifier head to labelled examples and their vectors, with calibration on held-out batches."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from models.calibration import Judged, best_temperature, chosen_thresholds
from models.classifier import Classifier, Head, Linear, Prediction, Thresholds
from models.datasets import DEFINITION, Example, batch_folds
from models.errors import BadExamples
from models.evaluation import Evaluation, evaluate
from models.taxonomy import Taxonomy

Vectors = NDArray[np.float32]
EVIDENCE_LIMIT = 16_000
"""Every example that is shown as evidence is read at each cold start: 44,000 of them took a fifth of a second more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """How a head is fitted.

    `inverse_penalty` is scikit-learn's C. `secondary_share` is the part of an example's weight that its secondary
    labels get, `off_topic_weight` the weight of text that is no report, `definition_weight` that of a piece of a
    definition; such pieces are fitted to, never calibrated or measured on. `hold_out` names batches that are not fitted
    but calibrated on, which is needed where the encoder was tuned to the others; without it `folds` batches-apart
    folds give the held-out logits. Fewer examples than `calibration_examples` are not calibrated at all.
    """

    inverse_penalty: float = 10.0
    secondary_share: float = 0.2
    off_topic_weight: float = 0.3
    definition_weight: float = 1.0
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
    examples: Sequence[Example],
    vectors: Vectors,
    taxonomy: Taxonomy,
    config: TrainConfig | None = None,
    *,
    other_readings: Sequence[Vectors] = (),
) -> TrainedHead:
    """Return a head for the taxonomy, calibrated on held-out batches.

    `vectors` (n, dim) float32 belong to the examples row by row, and so do those in `other_readings`, which come of
    reading the examples in another way: they are fitted and calibrated on too, but the figures are those of `vectors`.
    Raises BadExamples where fewer than two dimensions have an example.
    """
    config = config or TrainConfig()
    kept = [row for row, example in enumerate(examples) if example.primary]
    readings = [reading[kept] for reading in (vectors, *other_readings)]
    labelled = [examples[row] for row in kept] * len(readings)
    own = [example for example in labelled if example.made != DEFINITION]
    if len({example.primary for example in own or labelled}) < 2:
        raise BadExamples("training needs examples of at least two dimensions")
    stacked = np.vstack(readings)
    held = np.array([example.batch in config.hold_out for example in labelled])
    if held.any():
        seen, unseen = _parted(labelled, held)
        head = _fit(seen, stacked[~held], taxonomy, config)
        judged = _judged(head, unseen, stacked[held])
    else:
        head = _fit(labelled, stacked, taxonomy, config)
        if len(own) < config.calibration_examples * len(readings):
            return TrainedHead(head=head, held_out=None)
        judged = _judged_in_folds(labelled, stacked, taxonomy, config)
    return _calibrated(head, judged, len(judged.examples) // len(readings), taxonomy, config)


def with_evidence(head: Head, examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy) -> Head:
    """Return the head with these examples and their (n, dim) vectors as its evidence; unlabelled ones are left out.

    Of more than `EVIDENCE_LIMIT` a random choice is kept, the same at every call.
    """
    kept = [row for row, example in enumerate(examples) if example.primary]
    if len(kept) > EVIDENCE_LIMIT:
        kept = sorted(np.random.default_rng(0).choice(kept, EVIDENCE_LIMIT, replace=False).tolist())
    labelled = tuple(_shown(examples[row]) for row in kept)
    columns = _columns(labelled, taxonomy)
    return replace(head, examples=labelled, example_columns=columns, example_vectors=vectors[kept])


def _shown(example: Example) -> Example:
    """Return what evidence needs of an example; the rest stays in the file that it came from."""
    return replace(example, context="", batch="", post="", form="")


def _columns(examples: Sequence[Example], taxonomy: Taxonomy) -> NDArray[np.int64]:
    return np.array([taxonomy.codes.index(str(example.primary)) for example in examples], dtype=np.int64)


def _parted(examples: Sequence[Example], held: NDArray[np.bool_]) -> tuple[list[Example], list[Example]]:
    """Return those that are not held out and those that are."""
    pairs = list(zip(examples, held, strict=True))
    return [example for example, out in pairs if not out], [example for example, out in pairs if out]


def _judged(head: Head, examples: Sequence[Example], vectors: Vectors) -> Judged:
    off_topic = head.domain(vectors)[:, 0] if head.domain else np.full(len(examples), -30.0, dtype=np.float32)
    return Judged(examples=examples, logits=head.dimensions(vectors), off_topic=off_topic)


def _judged_in_folds(examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy, config: TrainConfig) -> Judged:
    """Return every example that is no definition judged by a head that had not seen its batch."""
    own = np.array([example.made != DEFINITION for example in examples])
    folds = batch_folds(examples, folds=config.folds, rng=np.random.default_rng(config.seed))
    logits = np.zeros((len(examples), len(taxonomy.codes)), dtype=np.float32)
    off_topic = np.full(len(examples), -30.0, dtype=np.float32)
    for fold in range(config.folds):
        held = own & (folds == fold)
        seen, _ = _parted(examples, held)
        if not held.any() or len({example.primary for example in seen}) < 2:
            continue
        logits[held] = _fit_dimensions(seen, vectors[~held], taxonomy, config)(vectors[held])
        domain = _fit_domain(seen, vectors[~held], config)
        if domain is not None:
            off_topic[held] = domain(vectors[held])[:, 0]
    judged, _ = _parted(examples, ~own)
    return Judged(examples=judged, logits=logits[own], off_topic=off_topic[own])


def _calibrated(head: Head, judged: Judged, measured: int, taxonomy: Taxonomy, config: TrainConfig) -> TrainedHead:
    """Return the head calibrated on all that was judged, with the figures of the first `measured` of it."""
    temperature = best_temperature(judged.logits, _columns(judged.examples, taxonomy))
    thresholds = chosen_thresholds(judged, temperature, taxonomy, target_accepted=config.target_accepted)
    head = replace(head, temperature=temperature, thresholds=thresholds)
    return TrainedHead(head=head, held_out=_held_out_evaluation(judged.first(measured), head, taxonomy))


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
    if example.made == DEFINITION:
        return {str(example.primary): config.definition_weight}
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


def _held_out_evaluation(judged: Judged, head: Head, taxonomy: Taxonomy) -> Evaluation:
    """Return the figures of the held-out logits, judged as the finished head would judge them.

    The logits are handed through a classifier whose layers are the identity, so that its rules are the real ones.
    """
    width = judged.logits.shape[1]
    eye = np.eye(width + 1, dtype=np.float32)
    zeros = np.zeros(width + 1, dtype=np.float32)
    roles = max(1, len(taxonomy.role_codes))
    passing = replace(
        head,
        dimensions=Linear(weight=eye[:, :width], bias=zeros[:width]),
        roles=Linear(weight=np.zeros((width + 1, roles), np.float32), bias=np.zeros(roles, np.float32)),
        domain=Linear(weight=eye[:, width:], bias=zeros[width:]),
    )
    features = np.column_stack([judged.logits, judged.off_topic]).astype(np.float32)
    texts = [example.text for example in judged.examples]
    predictions: list[Prediction] = Classifier(taxonomy, passing).predict(texts, features)
    roleless = [replace(example, role=None) for example in judged.examples]
    return evaluate(roleless, predictions, codes=taxonomy.codes, none_code=taxonomy.none_code)
