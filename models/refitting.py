"""Refitting a head to what people said: it stays what it was wherever they said nothing. Plain numpy, in seconds.

Each layer W over vectors becomes W + D, where D makes the least of three together: the log loss of the people's labels,
the divergence from the old predictions on the old examples (so these are not forgotten), and the size of D. Without any
label D is exactly zero. Layers over n-grams stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.classifier import Head, Linear, softmax
from models.datasets import Example
from models.taxonomy import Taxonomy

Array = NDArray[np.float32]

FEEDBACK = "feedback"
"""What `made` says of an example that is a person's label; the next refitting starts without them."""
LABEL_WEIGHT = 8.0
PENALTY = 1.0
"""A label weighs as much as eight old examples. Tried with 20 and 100 labels at weights of 4, 8, 16 and penalties of .3
and 1 on the bundled head: these two follow most labels (.85 of the 20 it had wrong, .98 of the 100) and change fewest
other predictions (.5 %)."""
STEPS = 60
ASLEEP = -29.0
STILL = 1e-3
"""Where no weight moves by more than this in a step, nothing that anyone sees moves any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What people said: labels (those without a role teach none), and one or several readings of their texts.

    Each reading is (n, dim), row by row that of the labels: the first one after their contexts, which becomes their
    evidence, the second one, where the encoder can read a context, without. `read` are the labels as they were read, in
    simplified characters.
    """

    labels: Sequence[Example]
    read: Sequence[Example]
    readings: Sequence[Array]


def without_feedback(head: Head) -> Head:
    """Return the head without the examples that earlier feedback brought; its layers stay."""
    kept = [row for row, example in enumerate(head.examples) if example.made != FEEDBACK]
    if len(kept) == len(head.examples):
        return head
    return replace(
        head,
        examples=[head.examples[row] for row in kept],
        example_columns=head.example_columns[kept],
        example_vectors=head.example_vectors[kept],
    )


def refit(head: Head, taught: Taught, taxonomy: Taxonomy) -> Head:
    """Return the head with its layers moved to the labels, which join its examples. No labels: the head as it is."""
    if not taught.labels:
        return head
    vectors = np.vstack(taught.readings)
    labels = list(taught.labels) * len(taught.readings)
    told = _told_by_ngrams(head, taught)
    columns = np.array([taxonomy.codes.index(str(label.primary)) for label in labels], dtype=np.int64)
    return replace(
        head,
        dimensions=_moved(head.dimensions, head.example_vectors, vectors, columns, beside=told[0]),
        roles=_moved_roles(head.roles, head.example_vectors, vectors, labels, taxonomy, beside=told[1]),
        domain=_moved_domain(head.domain, head.example_vectors, vectors, labels, taxonomy),
        examples=[*head.examples, *taught.labels],
        example_columns=np.concatenate([head.example_columns, columns[: len(taught.labels)]]),
        example_vectors=np.vstack([head.example_vectors, taught.readings[0]]),
    )


def _told_by_ngrams(head: Head, taught: Taught) -> tuple[Array, Array]:
    """Return the logits of dimensions and of roles that n-grams give each text of each reading: these layers stay."""
    bare = [replace(label, context="") for label in taught.read]
    read = [*taught.read, *bare] if len(taught.readings) > 1 else bare
    if head.ngrams is not None:
        return head.ngrams([one.text for one in read], [one.context for one in read])
    sizes = (layer.weight.shape[1] for layer in (head.dimensions, head.roles))
    dimensions, roles = (np.zeros((len(read), size), dtype=np.float32) for size in sizes)
    return dimensions, roles


def _moved_roles(
    layer: Linear, old: Array, vectors: Array, labels: Sequence[Example], taxonomy: Taxonomy, *, beside: Array
) -> Linear:
    rows = [row for row, label in enumerate(labels) if label.role]
    if not rows:
        return layer
    columns = np.array([taxonomy.role_codes.index(str(labels[row].role)) for row in rows], dtype=np.int64)
    return _moved(layer, old, vectors[rows], columns, beside=beside[rows])


def _moved_domain(
    layer: Linear | None, old: Array, vectors: Array, labels: Sequence[Example], taxonomy: Taxonomy
) -> Linear | None:
    """Return the off-topic layer after hearing that what people gave a real dimension belongs to a report."""
    rows = [row for row, label in enumerate(labels) if label.primary != taxonomy.none_code]
    if layer is None or not rows:
        return layer
    # As two outputs, of which the first, "inside", is always 0.
    both = Linear(
        weight=np.column_stack([np.zeros_like(layer.weight), layer.weight]),
        bias=np.concatenate([np.zeros_like(layer.bias), layer.bias]),
    )
    inside = np.zeros(len(rows), dtype=np.int64)
    moved = _moved(both, old, vectors[rows], inside, beside=np.zeros((len(rows), 2), dtype=np.float32))
    return Linear(weight=moved.weight[:, 1:] - moved.weight[:, :1], bias=moved.bias[1:] - moved.bias[:1])


def _moved(layer: Linear, old: Array, new: Array, columns: NDArray[np.int64], *, beside: Array) -> Linear:
    """Return the layer after moving, from where it stands, to the least of a convex sum.

    `beside` are logits of the new vectors that others add to those of the layer; what they add to the old ones' is
    taken for nothing, since those are to stay what they are either way.
    Newton's steps with one fixed bound of the curvature (Böhning & Lindsay 1988), accelerated (Nesterov): a softmax
    bends by at most a half.
    """
    vectors = np.vstack([_with_one(old), _with_one(new)])
    start = np.vstack([layer.weight, _awakened(layer, columns)[None]])
    fixed = np.vstack([np.zeros((len(old), start.shape[1]), dtype=np.float32), beside])
    wanted = softmax(vectors @ start)
    wanted[len(old) :] = np.eye(start.shape[1], dtype=np.float32)[columns]
    weights = np.ones((len(vectors), 1), dtype=np.float32)
    weights[len(old) :] = LABEL_WEIGHT
    moved = ahead = start
    bound = (vectors * weights).T @ vectors / 2 + PENALTY * np.eye(len(start), dtype=np.float32)
    step = np.linalg.inv(bound).astype(np.float32)
    for number in range(STEPS):
        slope = vectors.T @ (weights * (softmax(vectors @ ahead + fixed) - wanted)) + PENALTY * (ahead - start)
        after = ahead - step @ slope
        moved_by, moved = after - moved, after
        ahead = after + np.float32(number / (number + 3)) * moved_by
        if np.abs(moved_by).max() < STILL:
            break
    return Linear(weight=moved[:-1], bias=moved[-1])


def _awakened(layer: Linear, columns: NDArray[np.int64]) -> Array:
    """Return the biases; one that no example ever reached, far below all others, is lifted where a label names it."""
    asleep = ~layer.weight.any(axis=0) & (layer.bias <= ASLEEP)
    named = np.isin(np.arange(len(asleep)), columns)
    if asleep.all() or not (asleep & named).any():
        return layer.bias
    return np.where(asleep & named, layer.bias[~asleep].min() - np.float32(2), layer.bias)


def _with_one(vectors: Array) -> Array:
    return np.column_stack([vectors, np.ones(len(vectors), dtype=np.float32)])
