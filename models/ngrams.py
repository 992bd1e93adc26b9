"""The characters of a text and their pairs, hashed: what a linear model reads beside the vectors of an encoder.

A tuned encoder and a linear model of n-grams are wrong in different places, so that their sum is right more often than
either. Plain numpy, since a cold start cannot wait for scikit-learn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.text import canonical

BUCKETS = 1 << 16
"""Of 2^15 to 2^18, with 38,000 examples and beside the encoder, from 2^16 on more made no difference."""
CONTEXT_LENGTH = 0.5
_PAIRED, _OF_CONTEXT = np.uint64(1 << 42), np.uint64(1 << 43)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ngrams:
    """Two linear layers over hashed n-grams, whose outputs are added to those of the layers over vectors.

    `dimensions` is (BUCKETS, dimensions) float16, `roles` (BUCKETS, roles) float16.
    """

    dimensions: NDArray[np.float16]
    roles: NDArray[np.float16]

    def __call__(
        self, texts: Sequence[str], contexts: Sequence[str]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (n, dimensions) and (n, roles) float32 for n texts, each with its context, which may be empty."""
        features = [hashed(text, context) for text, context in zip(texts, contexts, strict=True)]
        return _outputs(self.dimensions, features), _outputs(self.roles, features)

    def times(self, share: float) -> "Ngrams":
        """Return the layers that give `share` times what these give."""
        half = np.float16(share)
        return Ngrams(dimensions=self.dimensions * half, roles=self.roles * half)


def hashed(text: str, context: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the buckets that the characters and pairs of a text fall into, each once, and their values.

    The values of a text are alike and of length 1 together; those of its context, in buckets of their own, of length
    `CONTEXT_LENGTH` (the hashing trick, Weinberger et al. 2009).
    """
    parts = [(_buckets(text, np.uint64(0)), 1.0), (_buckets(context, _OF_CONTEXT), CONTEXT_LENGTH)]
    values = [np.full(len(buckets), length / max(1, len(buckets)) ** 0.5, np.float32) for buckets, length in parts]
    return np.concatenate([buckets for buckets, _ in parts]), np.concatenate(values)


def _outputs(
    weight: NDArray[np.float16], features: Sequence[tuple[NDArray[np.int64], NDArray[np.float32]]]
) -> NDArray[np.float32]:
    rows = [values @ weight[buckets].astype(np.float32) for buckets, values in features]
    return np.array(rows, dtype=np.float32).reshape(len(rows), weight.shape[1])


def _buckets(text: str, salt: np.uint64) -> NDArray[np.int64]:
    """Return the buckets of a text, in order and each once, by the finaliser of SplitMix64 (Steele et al. 2014)."""
    points = np.frombuffer(canonical(text).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    pairs = points[:-1] | (points[1:] << np.uint64(21)) | _PAIRED
    mixed = np.concatenate([points, pairs]) | salt
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.unique(((mixed ^ (mixed >> np.uint64(31))) % np.uint64(BUCKETS)).astype(np.int64))
