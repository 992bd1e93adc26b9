"""Small real stand-ins for the parts that are slow or heavy, used through the same door as the real ones."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class HashEmbedder:
    """An embedder without a model: hashed character bigrams, rows of length 1, the same on every machine.

    Texts that share many characters in the same order lie close together, which is enough for a search to be right or
    wrong. Another `salt` gives another fingerprint and other vectors, as another model would.
    """

    dim: int = 64
    salt: str = ""

    @property
    def fingerprint(self) -> str:
        return f"hash-bigrams-{self.dim}{self.salt}"

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for piece in _bigrams(text):
                vector[zlib.crc32((self.salt + piece).encode()) % self.dim] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(min=1e-12)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.encode_passages(texts)


def _bigrams(text: str) -> list[str]:
    """Return the pairs of neighbouring characters; a text of one character, or none, is its own piece."""
    return [text[at : at + 2] for at in range(len(text) - 1)] or [text]
