"""Which of the ranked rows are shown: one of each passage, one of near-copies, unlike ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.records import SearchUnit, StoredSentence
from index.rows import Rows

SAME = 0.45
"""The share of character pairs that two sentences must have in common to say nearly the same.

In the sample reports, sentences written as edits of each other have .41 to .67 in common; of all others only short
headings reach .45.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A sentence to be shown, and the near-copies that it stands for."""

    stored: StoredSentence
    duplicates: list[str] = field(default_factory=list)


def choose(order: Sequence[int], rows: Rows, *, limit: int, unit: SearchUnit, collapse: bool) -> list[Chosen]:
    """Return at most `limit` rows still stored, the best first as in `order`, reading no more than is needed.

    With unit `passage`, the best sentence stands for its passage. With `collapse`, the best of near-copies stands for
    them all, and the ids of the others are looked for among all that was ranked.
    """
    chosen: dict[object, Chosen] = {}
    stands_for: dict[object, object] = {}
    copies = NearCopies()
    for stored in _read(order, rows, part=limit):
        key: object = (stored.document_id, stored.sentence.passage) if unit == "passage" else stored.row
        if key not in stands_for:
            stands_for[key] = copies.first(stored.sentence.text, key) if collapse else key
            if stands_for[key] != key and stands_for[key] in chosen:
                chosen[stands_for[key]].duplicates.append(stored.sentence_id)
        if len(chosen) < limit:
            chosen.setdefault(stands_for[key], Chosen(stored=stored))
        if len(chosen) == limit and not collapse:
            break
    return list(chosen.values())


def diverse(relevance: NDArray[np.float32], vectors: NDArray[np.float32], *, top_k: int, diversity: float) -> list[int]:
    """Return the places of at most `top_k` rows by maximal marginal relevance (Carbonell and Goldstein 1998).

    `relevance` (n,) is put on a scale from 0 to 1; likeness is the cosine of `vectors` (n, dim). The first is the best.
    """
    spread = float(np.ptp(relevance)) if len(relevance) else 0.0
    worth = (relevance - relevance.min()) / spread if spread else np.ones_like(relevance)
    likeness = np.zeros_like(worth)
    left = np.ones(len(worth), dtype=np.bool_)
    picked: list[int] = []
    while left.any() and len(picked) < top_k:
        gain = np.where(left, (1 - diversity) * worth - diversity * likeness, -np.inf)
        # Nothing is like what is not yet there: the first is the most relevant one, whatever the diversity.
        best = int(np.argmax(gain)) if picked else int(np.argmax(worth))
        picked.append(best)
        left[best] = False
        likeness = np.maximum(likeness, vectors @ vectors[best])
    return picked


class NearCopies:
    """Texts seen so far, by their pairs of characters; two are alike where they have most pairs in common."""

    def __init__(self) -> None:
        self._keys: list[object] = []
        self._sizes: list[int] = []
        self._holders: dict[str, list[int]] = {}

    def first(self, text: str, key: object) -> object:
        """Return the key of the text seen before that is most like this one, or else its own, and remember it."""
        pairs = _pairs(text)
        best, at = SAME, -1
        for number, common in self._common(pairs).items():
            share = common / (len(pairs) + self._sizes[number] - common)
            if share >= best:
                best, at = share, number
        if at >= 0:
            return self._keys[at]
        for pair in pairs:
            self._holders.setdefault(pair, []).append(len(self._keys))
        self._keys.append(key)
        self._sizes.append(len(pairs))
        return key

    def _common(self, pairs: set[str]) -> dict[int, int]:
        """Return how many pairs each text has in common with these."""
        found: dict[int, int] = {}
        for pair in pairs:
            for number in self._holders.get(pair, ()):
                found[number] = found.get(number, 0) + 1
        return found


def _pairs(text: str) -> set[str]:
    bare = "".join(char for char in text if char.isalnum())
    return {bare[at : at + 2] for at in range(len(bare) - 1)} or {bare}


def _read(order: Sequence[int], rows: Rows, *, part: int) -> Iterator[StoredSentence]:
    for at in range(0, len(order), part):
        yield from rows.stored(order[at : at + part])
