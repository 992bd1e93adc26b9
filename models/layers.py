"""Fitting the linear layers of a head, over vectors and over n-grams, by logistic regression."""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from models.classifier import Linear, Vectors
from models.datasets import DEFINITION, Example
from models.ngrams import BUCKETS, Ngrams, hashed
from models.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """How a head is fitted.

    `inverse_penalty` is scikit-learn's C, `ngram_inverse_penalty` that of the layers over n-grams. Of `ngram_shares`,
    how much these count beside the vectors, the one is taken with which the dimensions of held-out examples are judged
    best; roles get the same. Fewer examples than `ngram_examples` have no such layers: with 240 and 536 examples of two
    tasks they brought next to nothing (50.7 and 51.3 % right after 50.7 and 51.0) for several times the time.

    `secondary_share` is the part of an example's weight that its secondary labels get, `off_topic_weight` the weight of
    text that is no report, `definition_weight` that of a piece of a definition. Those of one label together weigh no
    more than `definition_pieces` of them, so that a label with many aliases is no likelier: on 1,500 of our own
    sentences, 60 and 250 examples gave .672 and .726 right with 5, .663 and .725 with 10, .640 and .708 without. They
    are fitted to, never calibrated or measured on. `hold_out` names batches that are not fitted
    but calibrated on, which is needed where the encoder was tuned to the others; without it `folds` batches-apart
    folds give the held-out logits. Fewer examples than `calibration_examples` are not calibrated at all.
    """

    inverse_penalty: float = 10.0
    ngram_inverse_penalty: float = 10.0
    ngram_shares: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    ngram_examples: int = 2000
    secondary_share: float = 0.2
    off_topic_weight: float = 0.3
    definition_weight: float = 1.0
    definition_pieces: float = 5.0
    hold_out: tuple[str, ...] = ()
    folds: int = 5
    calibration_examples: int = 100
    target_accepted: float = 0.95
    seed: int = 0


def fit_dimensions(examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy, config: TrainConfig) -> Linear:
    """Return the layer that tells the dimensions of (n, dim) vectors; secondary labels get their share."""
    rows, labels, weights = _weighted_labels(examples, taxonomy, config)
    return _logistic(vectors[rows], labels, len(taxonomy.codes), config, weights)


def fit_roles(examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy, config: TrainConfig) -> Linear:
    """Return the layer that tells the roles, fitted to the examples that have one."""
    rows, labels = _role_labels(examples, taxonomy)
    return _logistic(vectors[rows], labels, max(1, len(taxonomy.role_codes)), config)


def fit_domain(examples: Sequence[Example], vectors: Vectors, config: TrainConfig) -> Linear | None:
    """Return the layer whose one output is the logit that a text is no report, None where all are or none is."""
    outside = np.array([not example.domain for example in examples])
    if outside.all() or not outside.any():
        return None
    both = _logistic(vectors, outside.astype(np.int64), 2, config)
    return Linear(weight=both.weight[:, 1:] - both.weight[:, :1], bias=both.bias[1:] - both.bias[:1])


def fit_ngrams(examples: Sequence[Example], taxonomy: Taxonomy, config: TrainConfig) -> Ngrams:
    """Return the layers over the n-grams of the texts and their contexts."""
    features = _ngram_features(examples)
    rows, labels, weights = _weighted_labels(examples, taxonomy, config)
    of_roles, roles = _role_labels(examples, taxonomy)
    return Ngrams(
        dimensions=_ngram_layer(features[rows], labels, len(taxonomy.codes), config, weights),
        roles=_ngram_layer(features[of_roles], roles, max(1, len(taxonomy.role_codes)), config),
    )


def _weighted_labels(
    examples: Sequence[Example], taxonomy: Taxonomy, config: TrainConfig
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return rows, columns and weights: a row once for every label that it has some of."""
    piece_weights = _piece_weights(examples, config)
    all_weights = (_label_weights(example, config, piece_weights).items() for example in examples)
    found = [
        (row, taxonomy.codes.index(code), weight) for row, weights in enumerate(all_weights) for code, weight in weights
    ]
    rows, labels, weights = zip(*found, strict=True)
    return np.array(rows), np.array(labels), np.array(weights)


def _piece_weights(examples: Sequence[Example], config: TrainConfig) -> dict[str, float]:
    """Return what a piece of each label's definition weighs."""
    counts = Counter(str(example.primary) for example in examples if example.made == DEFINITION)
    most = config.definition_pieces
    return {code: config.definition_weight * min(1.0, most / count) for code, count in counts.items()}


def _label_weights(example: Example, config: TrainConfig, piece_weights: Mapping[str, float]) -> Mapping[str, float]:
    if example.made == DEFINITION:
        return {str(example.primary): piece_weights[str(example.primary)]}
    if not example.domain:
        return {str(example.primary): config.off_topic_weight}
    if not example.secondary:
        return {str(example.primary): 1.0}
    others = dict.fromkeys(example.secondary, config.secondary_share / len(example.secondary))
    return {str(example.primary): 1 - config.secondary_share, **others}


def _role_labels(examples: Sequence[Example], taxonomy: Taxonomy) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows = np.array([row for row, example in enumerate(examples) if example.role], dtype=np.int64)
    return rows, np.array([taxonomy.role_codes.index(str(examples[row].role)) for row in rows], dtype=np.int64)


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
    coefficients, intercepts = _fitted(model, vectors, labels, weights)
    weight[:, present], bias[present] = coefficients.T, intercepts
    return Linear(weight=weight, bias=bias)


def _ngram_features(examples: Sequence[Example]) -> csr_matrix:
    found = [hashed(example.text, example.context) for example in examples]
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in found)])
    buckets, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return csr_matrix((values, buckets, ends), shape=(len(examples), BUCKETS))


def _ngram_layer(
    features: csr_matrix,
    labels: NDArray[np.int64],
    outputs: int,
    config: TrainConfig,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float16]:
    """Return (BUCKETS, outputs) float16. Without biases: how common a label is, the layers over vectors know."""
    weight = np.zeros((BUCKETS, outputs), dtype=np.float16)
    present = np.unique(labels)
    if len(present) > 1:
        # saga, since the others keep several copies of so many numbers; it need not end where none is left to gain.
        model = LogisticRegression(
            C=config.ngram_inverse_penalty,
            fit_intercept=False,
            solver="saga",
            max_iter=60,
            tol=2e-3,
            random_state=config.seed,
        )
        coefficients, _ = _fitted(model, features, labels, weights)
        weight[:, present] = coefficients.T
    return weight


def _fitted(
    model: LogisticRegression,
    features: Vectors | csr_matrix,
    labels: NDArray[np.int64],
    weights: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the fitted coefficients, one row per class, and intercepts; scikit-learn gives one row for two classes."""
    with warnings.catch_warnings():
        # What stopped a little early is measured on held-out batches like any other.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, labels, sample_weight=weights)
    if len(model.coef_) > 1:
        return model.coef_, model.intercept_
    return np.vstack([-model.coef_, model.coef_]) / 2, np.concatenate([-model.intercept_, model.intercept_]) / 2
