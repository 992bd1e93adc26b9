"""Fitting a classifier head to labelled examples and their vectors, with calibration on held-out batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.calibration import Judged, best_share, best_temperature, chosen_thresholds
from models.classifier import Classifier, Head, Linear, Prediction, Thresholds, Vectors
from models.datasets import DEFINITION, Example, batch_folds
from models.errors import BadExamples
from models.evaluation import Evaluation, evaluate
from models.layers import TrainConfig, fit_dimensions, fit_domain, fit_ngrams, fit_roles
from models.ngrams import Ngrams
from models.taxonomy import Taxonomy

EVIDENCE_LIMIT = 16_000
"""Every example that is shown as evidence is read at each cold start: 44,000 of them took a fifth of a second more."""


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
    alone: Vectors | None = None,
) -> TrainedHead:
    """Return a head for the taxonomy, calibrated on held-out batches.

    `vectors` (n, dim) float32 belong to the examples row by row, and so do those of `alone`, which come of reading the
    examples without their contexts: they are fitted and calibrated on too, but the figures are those of `vectors`.
    Left out, the vectors know of no contexts, and neither do the layers over n-grams that many examples get.
    Raises BadExamples where fewer than two dimensions have an example.
    """
    config = config or TrainConfig()
    kept = [row for row, example in enumerate(examples) if example.primary]
    readings = [reading[kept] for reading in (vectors, alone) if reading is not None]
    without_context = [replace(examples[row], context="") for row in kept]
    labelled = without_context if alone is None else [*(examples[row] for row in kept), *without_context]
    own = [example for example in labelled if example.made != DEFINITION]
    if len({example.primary for example in own or labelled}) < 2:
        raise BadExamples("training needs examples of at least two dimensions")
    stacked = np.vstack(readings)
    has_ngrams = len(own) >= config.ngram_examples * len(readings)
    held = np.array([example.batch in config.hold_out for example in labelled])
    if held.any():
        seen, unseen = _parted(labelled, held)
        head = _fit(seen, stacked[~held], taxonomy, config)
        ngrams = fit_ngrams(seen, taxonomy, config) if has_ngrams else None
        judged = _judged(head, unseen, stacked[held])
        beside = _ngram_logits(ngrams, unseen) if ngrams else None
    else:
        head = _fit(labelled, stacked, taxonomy, config)
        if len(own) < config.calibration_examples * len(readings):
            return TrainedHead(head=head, held_out=None)
        ngrams = fit_ngrams(labelled, taxonomy, config) if has_ngrams else None
        judged = _judged_in_folds(labelled, stacked, taxonomy, config)
        beside = _ngram_logits_in_folds(labelled, taxonomy, config) if has_ngrams else None
    if ngrams is not None and beside is not None:
        share = best_share(judged.logits, beside, _columns(judged.examples, taxonomy), config.ngram_shares)
        head = replace(head, ngrams=ngrams.times(share) if share else None)
        judged = replace(judged, logits=judged.logits + np.float32(share) * beside)
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


def _ngram_logits(ngrams: Ngrams, examples: Sequence[Example]) -> NDArray[np.float32]:
    return ngrams([example.text for example in examples], [example.context for example in examples])[0]


def _judged_in_folds(examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy, config: TrainConfig) -> Judged:
    """Return every example that is no definition judged by a head that had not seen its batch."""
    logits = np.zeros((len(examples), len(taxonomy.codes)), dtype=np.float32)
    off_topic = np.full(len(examples), -30.0, dtype=np.float32)
    own = _own(examples)
    for held in _folds(examples, config):
        seen, _ = _parted(examples, held)
        logits[held] = fit_dimensions(seen, vectors[~held], taxonomy, config)(vectors[held])
        domain = fit_domain(seen, vectors[~held], config)
        if domain is not None:
            off_topic[held] = domain(vectors[held])[:, 0]
    judged, _ = _parted(examples, ~own)
    return Judged(examples=judged, logits=logits[own], off_topic=off_topic[own])


def _ngram_logits_in_folds(examples: Sequence[Example], taxonomy: Taxonomy, config: TrainConfig) -> NDArray[np.float32]:
    """Return what n-grams that had not seen its batch say of every example that is no definition."""
    logits = np.zeros((len(examples), len(taxonomy.codes)), dtype=np.float32)
    for held in _folds(examples, config):
        seen, unseen = _parted(examples, held)
        logits[held] = _ngram_logits(fit_ngrams(seen, taxonomy, config), unseen)
    return logits[_own(examples)]


def _own(examples: Sequence[Example]) -> NDArray[np.bool_]:
    return np.array([example.made != DEFINITION for example in examples])


def _folds(examples: Sequence[Example], config: TrainConfig) -> Iterator[NDArray[np.bool_]]:
    """Yield which examples each fold holds out, but for those that would leave nothing to tell apart."""
    own = _own(examples)
    folds = batch_folds(examples, folds=config.folds, rng=np.random.default_rng(config.seed))
    for fold in range(config.folds):
        held = own & (folds == fold)
        if held.any() and len({example.primary for example in _parted(examples, held)[0]}) > 1:
            yield held


def _calibrated(head: Head, judged: Judged, measured: int, taxonomy: Taxonomy, config: TrainConfig) -> TrainedHead:
    """Return the head calibrated on all that was judged, with the figures of the first `measured` of it."""
    temperature = best_temperature(judged.logits, _columns(judged.examples, taxonomy))
    thresholds = chosen_thresholds(judged, temperature, taxonomy, target_accepted=config.target_accepted)
    head = replace(head, temperature=temperature, thresholds=thresholds)
    return TrainedHead(head=head, held_out=_held_out_evaluation(judged.first(measured), head, taxonomy))


def _fit(examples: Sequence[Example], vectors: Vectors, taxonomy: Taxonomy, config: TrainConfig) -> Head:
    return Head(
        dimensions=fit_dimensions(examples, vectors, taxonomy, config),
        roles=fit_roles(examples, vectors, taxonomy, config),
        domain=fit_domain(examples, vectors, config),
        temperature=1.0,
        thresholds=Thresholds(),
        examples=tuple(examples),
        example_columns=_columns(examples, taxonomy),
        example_vectors=vectors,
    )


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
        ngrams=None,
        dimensions=Linear(weight=eye[:, :width], bias=zeros[:width]),
        roles=Linear(weight=np.zeros((width + 1, roles), np.float32), bias=np.zeros(roles, np.float32)),
        domain=Linear(weight=eye[:, width:], bias=zeros[width:]),
    )
    features = np.column_stack([judged.logits, judged.off_topic]).astype(np.float32)
    texts = [example.text for example in judged.examples]
    predictions: list[Prediction] = Classifier(taxonomy, passing).predict(texts, features)
    roleless = [replace(example, role=None) for example in judged.examples]
    return evaluate(roleless, predictions, codes=taxonomy.codes, none_code=taxonomy.none_code)
