"""The classifier head: sentence vectors in, calibrated predictions with evidence out. Plain numpy, no training code."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from models.datasets import Example
from models.ngrams import Ngrams
from models.taxonomy import Taxonomy

Reason = Literal["low_confidence", "small_margin", "out_of_domain", "too_short"]
Vectors = NDArray[np.float32]
# Fewer letters than this say nothing by themselves (好的。 / 同意).
MIN_LETTERS = 4
NO_ROLE = "other"
"""The role of every text where the taxonomy has none."""
SIMILAR_AT_ONCE = 256


class ContextEncoder(Protocol):
    """An encoder that was tuned together with a head, to read a text after the heading above it."""

    def encode_in_context(self, texts: Sequence[str], contexts: Sequence[str]) -> Vectors:
        """Return (n, dim) float32 in input order; an empty context is left out."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """A linear layer: `weight` (features, outputs) float32, `bias` (outputs,) float32."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __call__(self, features: Vectors) -> NDArray[np.float32]:
        """Return (n, outputs) float32."""
        return np.asarray(features @ self.weight + self.bias, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When to abstain, and what counts as a secondary label; all are probabilities.

    Training chooses all but `margin` on held-out batches; where it has none to choose on, these values stand.
    """

    confidence: float = 0.35
    margin: float = 0.05
    domain: float = 0.5
    secondary: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Everything that was learned, for vectors of one encoder.

    `dimensions` gives one logit per dimension of the taxonomy, `roles` one per role, `domain` a single logit that the
    text is no such report at all (None where no example was off-topic). `ngrams` adds to dimensions and roles what the
    characters of a text tell (None where that was of no use). `temperature` divides the dimension logits.
    `example_vectors` (m, dim) and `example_columns` (m,), the places of their primary codes in the taxonomy, belong to
    `examples`, for evidence.
    """

    dimensions: Linear
    roles: Linear
    domain: Linear | None
    temperature: float
    thresholds: Thresholds
    examples: Sequence[Example]
    example_columns: NDArray[np.int64]
    example_vectors: Vectors
    ngrams: Ngrams | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A labelled example near the text: its wording, its label, and the cosine between the two."""

    text: str
    dimension: str
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the classifier says of one text.

    `dimension` is the best guess, given even when `abstained`; `confidence` its calibrated probability; `scores` hold
    all dimensions and sum to 1. `role` is `NO_ROLE` where the taxonomy has none. `evidence` are the nearest labelled
    examples, nearest first; `counter_evidence` is the nearest example of the runner-up, None unless evidence was asked
    for.
    """

    dimension: str
    label: str
    confidence: float
    scores: Mapping[str, float]
    secondary: tuple[str, ...]
    role: str
    abstained: bool
    reason: Reason | None
    evidence: tuple[Evidence, ...] = ()
    counter_evidence: Evidence | None = None


class Classifier:
    """Predict dimensions and roles of texts from their vectors.

    Where `encoder` is not None the vectors must be its own; else they are those that the corpus is searched with.
    """

    def __init__(self, taxonomy: Taxonomy, head: Head, *, encoder: ContextEncoder | None = None) -> None:
        self.taxonomy = taxonomy
        self.encoder = encoder
        self._head = head

    @property
    def head(self) -> Head:
        """What was learned."""
        return self._head

    def predict(
        self, texts: Sequence[str], vectors: Vectors, *, contexts: Sequence[str] | None = None, evidence: int = 0
    ) -> list[Prediction]:
        """Return one prediction per text, in order, from the texts' (n, dim) vectors, with `evidence` examples each.

        `contexts` are the headings that the vectors were read after; left out, there were none. The vectors of an
        encoder that is not the head's own know of none, and then the n-grams of headings do not count either.
        """
        known = contexts if contexts is not None and self.encoder is not None else [""] * len(texts)
        dimensions, roles = self._logits(texts, vectors, known)
        probabilities, roles = softmax(dimensions / self._head.temperature), roles.argmax(axis=1)
        off_topic = self._off_topic(vectors)
        similarities: Iterable[NDArray[np.float32] | None] = repeat(None)
        if evidence and self._head.examples:
            similarities = self._similarities(vectors)
        predictions = []
        for row, (text, similar) in enumerate(zip(texts, similarities, strict=False)):
            scores = self._in_domain_scores(probabilities[row], off_topic[row])
            near = ((), None) if similar is None else self._evidence(similar, scores, evidence)
            predictions.append(self._prediction(text, scores, int(roles[row]), off_topic[row], near))
        return predictions

    def _logits(
        self, texts: Sequence[str], vectors: Vectors, contexts: Sequence[str]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        dimensions, roles = self._head.dimensions(vectors), self._head.roles(vectors)
        if self._head.ngrams is None:
            return dimensions, roles
        more = self._head.ngrams(texts, contexts)
        return dimensions + more[0], roles + more[1]

    def _off_topic(self, vectors: Vectors) -> NDArray[np.float32]:
        if self._head.domain is None:
            return np.zeros(len(vectors), dtype=np.float32)
        return np.asarray(1 / (1 + np.exp(-self._head.domain(vectors)[:, 0])), dtype=np.float32)

    def _in_domain_scores(self, scores: NDArray[np.float32], off_topic: float) -> NDArray[np.float32]:
        """Return the scores, with the chance that the text is no report at all counted as `none`."""
        none = self._none_column()
        if none is None or off_topic < self._head.thresholds.domain:
            return scores
        mixed = scores * (1 - off_topic)
        mixed[none] += off_topic
        return mixed

    def _none_column(self) -> int | None:
        codes = self.taxonomy.codes
        return codes.index(self.taxonomy.none_code) if self.taxonomy.none_code in codes else None

    def _prediction(
        self,
        text: str,
        scores: NDArray[np.float32],
        role: int,
        off_topic: float,
        near: tuple[tuple[Evidence, ...], Evidence | None],
    ) -> Prediction:
        order = np.argsort(-scores, kind="stable")
        codes = self.taxonomy.codes
        best = codes[order[0]]
        reason = self._reason(text, scores[order], off_topic)
        return Prediction(
            dimension=best,
            label=self.taxonomy.label(best),
            confidence=float(scores[order[0]]),
            scores={code: float(score) for code, score in zip(codes, scores, strict=True)},
            secondary=self._secondary(order, scores),
            role=self.taxonomy.role_codes[role] if self.taxonomy.role_codes else NO_ROLE,
            abstained=reason is not None,
            reason=reason,
            evidence=near[0],
            counter_evidence=near[1],
        )

    def _secondary(self, order: NDArray[np.int64], scores: NDArray[np.float32]) -> tuple[str, ...]:
        """Return the other dimensions that reach the limit; that a text might also be about nothing helps nobody."""
        likely = (self.taxonomy.codes[i] for i in order[1:] if scores[i] >= self._head.thresholds.secondary)
        return tuple(code for code in likely if code != self.taxonomy.none_code)

    def _reason(self, text: str, ranked: NDArray[np.float32], off_topic: float) -> Reason | None:
        limits = self._head.thresholds
        if sum(character.isalnum() for character in text) < MIN_LETTERS:
            return "too_short"
        if off_topic >= limits.domain:
            return "out_of_domain"
        if ranked[0] < limits.confidence:
            return "low_confidence"
        return "small_margin" if ranked[0] - ranked[1] < limits.margin else None

    def _similarities(self, vectors: Vectors) -> Iterator[NDArray[np.float32]]:
        """Yield for each vector its cosines with all examples, many at once: multiplying waits for memory."""
        for start in range(0, len(vectors), SIMILAR_AT_ONCE):
            yield from vectors[start : start + SIMILAR_AT_ONCE] @ self._head.example_vectors.T

    def _evidence(
        self, similarities: NDArray[np.float32], scores: NDArray[np.float32], count: int
    ) -> tuple[tuple[Evidence, ...], Evidence | None]:
        runner_up = np.argsort(-scores, kind="stable")[1]
        of_runner_up = np.flatnonzero(self._head.example_columns == runner_up)
        counter = None
        if len(of_runner_up):
            counter = self._shown(of_runner_up[similarities[of_runner_up].argmax()], similarities)
        return self._distinct(_nearest(similarities, 4 * count), similarities, count), counter

    def _distinct(
        self, nearest: NDArray[np.int64], similarities: NDArray[np.float32], count: int
    ) -> tuple[Evidence, ...]:
        """Return the first `count` of the examples, each wording once."""
        shown: dict[str, Evidence] = {}
        for row in nearest:
            if len(shown) == count:
                break
            evidence = self._shown(row, similarities)
            shown.setdefault(evidence.text, evidence)
        if len(shown) < count and len(nearest) < len(similarities):
            return self._distinct(_nearest(similarities, len(similarities)), similarities, count)
        return tuple(shown.values())

    def _shown(self, row: int, similarities: NDArray[np.float32]) -> Evidence:
        example = self._head.examples[row]
        return Evidence(text=example.text, dimension=str(example.primary), similarity=float(similarities[row]))


def _nearest(similarities: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Return the places of the `count` largest, largest first, equal ones by place; sorting all takes longer."""
    if count >= len(similarities):
        return np.argsort(-similarities, kind="stable")
    least = np.partition(similarities, -count)[-count]
    places = np.flatnonzero(similarities >= least)
    return places[np.argsort(-similarities[places], kind="stable")]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n, k) float32 whose rows are positive and sum to 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
