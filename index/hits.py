"""Asking both indexes, and making hits of what they find: order, passages, highlights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from index.caches import Caches, Indexes
from index.errors import CorpusDamaged
from index.hybrid import fuse
from index.lexical import highlights
from index.records import Embedder, Found, Hit, Moment, SearchFilter, SearchMode, SearchUnit, StoredSentence
from index.scripts import simplified
from index.store import Store

LEGS: Mapping[SearchMode, tuple[str, ...]] = {
    "hybrid": ("dense", "lexical"),
    "dense": ("dense",),
    "lexical": ("lexical",),
}
WEIGHTS: Mapping[str, float] = {"dense": 0.7, "lexical": 0.3}
OFFSET = 60
"""Measured on twelve judged queries (nDCG@10): meaning alone .64, words alone .54, both at equal weight .61, so .63."""
LEAST_DEPTH = 100
"""How many rows each leg gives at least, so that a row that one leg ranks low can still gain from the other."""
FILTERS_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A row with its place in the order and the score of each leg that found it."""

    row: int
    score: float
    dense: float | None
    lexical: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One search. `vector` is (1, dim), None where no leg needs it; `allowed` holds the rows that pass the filter."""

    query: str
    top_k: int
    mode: SearchMode
    unit: SearchUnit
    vector: NDArray[np.float32] | None
    allowed: NDArray[np.int64] | None


class Searcher:
    """Search over a store and its indexes. Safe between threads."""

    def __init__(self, store: Store, caches: Caches) -> None:
        self._store = store
        self._caches = caches
        self._allowed: dict[SearchFilter, tuple[Moment, NDArray[np.int64]]] = {}

    def search(
        self, query: str, embedder: Embedder, *, top_k: int, mode: SearchMode, unit: SearchUnit, wanted: SearchFilter
    ) -> list[Hit]:
        """Return the best hits; see `Corpus.search`."""
        _refuse_unknown(top_k=top_k, mode=mode, unit=unit)
        indexes = self._caches.current()
        self._store.refuse_other(embedder.fingerprint)
        question = Question(
            query=query,
            top_k=top_k,
            mode=mode,
            unit=unit,
            vector=embedder.encode_queries([simplified(query)]) if "dense" in LEGS[mode] else None,
            allowed=self._rows_allowed(wanted, indexes.moment) if wanted else None,
        )
        try:
            return self._answer(question, indexes)
        except CorpusDamaged:
            return self._answer(question, self._caches.renew())

    def _answer(self, question: Question, indexes: Indexes) -> list[Hit]:
        """Look deeper until there are enough hits: several rows may make one passage."""
        depth = max(question.top_k, LEAST_DEPTH)
        while True:
            legs = {name: _leg(name, question, indexes, depth=depth) for name in LEGS[question.mode]}
            found = hits(rank(legs), question, self._store)
            if len(found) >= question.top_k or all(len(leg) < depth for leg in legs.values()):
                return found
            depth *= 4

    def _rows_allowed(self, wanted: SearchFilter, moment: Moment) -> NDArray[np.int64]:
        """Return the rows that pass a filter; the last few filters are kept, as people page and try words."""
        kept = self._allowed.get(wanted)
        if kept is not None and kept[0] == moment:
            return kept[1]
        if len(self._allowed) >= FILTERS_KEPT:
            self._allowed.clear()
        rows = self._store.allowed(wanted)
        self._allowed[wanted] = (moment, rows)
        return rows


def rank(legs: Mapping[str, Sequence[Found]]) -> list[Ranked]:
    """Return every row found, best first. One leg alone keeps its own score; two give their fusion, 1 at most."""
    scores = {name: {found.row: found.score for found in leg} for name, leg in legs.items()}
    return [
        Ranked(row=row, score=score, dense=scores.get("dense", {}).get(row), lexical=scores.get("lexical", {}).get(row))
        for row, score in _order(scores).items()
    ]


def hits(ranked: Sequence[Ranked], question: Question, store: Store) -> list[Hit]:
    """Return at most `top_k` hits; with unit `passage`, one for the best sentence of each passage."""
    shown = _shown(ranked, question, store)
    return [_hit(item, stored, number, question, store) for number, (item, stored) in enumerate(shown, start=1)]


def _shown(ranked: Sequence[Ranked], question: Question, store: Store) -> list[tuple[Ranked, StoredSentence]]:
    """Return the first `top_k` rows still stored, or the first of each passage, reading no more than is needed."""
    shown: dict[object, tuple[Ranked, StoredSentence]] = {}
    for at in range(0, len(ranked), question.top_k):
        part = ranked[at : at + question.top_k]
        stored = store.stored([item.row for item in part])
        for item, sentence in ((item, stored[item.row]) for item in part if item.row in stored):
            passage = (sentence.document_id, sentence.sentence.passage)
            shown.setdefault(passage if question.unit == "passage" else item.row, (item, sentence))
        if len(shown) >= question.top_k:
            break
    return list(shown.values())[: question.top_k]


def _leg(name: str, question: Question, indexes: Indexes, *, depth: int) -> list[Found]:
    if name == "lexical":
        return indexes.lexical.search(question.query, top_k=depth, allowed=question.allowed)
    if question.vector is None:
        return []
    return indexes.vectors.search(question.vector, top_k=depth, allowed=question.allowed)[0]


def _order(scores: Mapping[str, Mapping[int, float]]) -> dict[int, float]:
    """Return row → score, best first."""
    if len(scores) == 1:
        return dict(*scores.values())
    weights = [WEIGHTS[name] for name in scores]
    best_possible = sum(weights) / (OFFSET + 1)
    fused = fuse([list(leg) for leg in scores.values()], weights=weights, offset=OFFSET)
    return {row: score / best_possible for row, score in fused.items()}


def _hit(item: Ranked, stored: StoredSentence, number: int, question: Question, store: Store) -> Hit:
    start, text = stored.sentence.start, stored.sentence.text
    if question.unit == "passage":
        # A passage that another process removed just now is shown by its sentence.
        start, text = store.passage(stored.document_id, stored.sentence.passage) or (start, text)
    return Hit(
        rank=number,
        score=item.score,
        dense=item.dense,
        lexical=item.lexical,
        text=text,
        sentence_id=stored.sentence_id,
        document_id=stored.document_id,
        title=stored.title,
        source=stored.source,
        dimension=stored.tag.dimension,
        role=stored.tag.role,
        declared=stored.sentence.declared,
        path=stored.sentence.path,
        start=start,
        end=start + len(text),
        highlights=highlights(question.query, text),
    )


def _refuse_unknown(*, top_k: int, mode: str, unit: str) -> None:
    if top_k < 1:
        raise ValueError(f"top_k is {top_k}, wanted 1 or more")
    if mode not in LEGS:
        raise ValueError(f"mode is {mode!r}, wanted one of {', '.join(LEGS)}")
    if unit not in get_args(SearchUnit):
        raise ValueError(f"unit is {unit!r}, wanted one of {', '.join(get_args(SearchUnit))}")
