"""Asking both indexes, and making hits of what they find."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from index.caches import Caches, Indexes
from index.clauses import closest_clauses
from index.errors import CorpusDamaged
from index.extras import MOST_CLOSEST, Extras, Facets, SearchAnswer
from index.kept_rows import KeptRows
from index.neighbours import around
from index.ranking import NO_LEANING, Ranked, best_first, found_rows, fused_scores, ranked
from index.records import Embedder, Found, Hit, Moment, Neighbour, SearchFilter, SearchMode, SearchUnit, StoredSentence
from index.rows import Rows
from index.scripts import simplified
from index.selection import Chosen, choose, diverse
from index.sketches import sketched, sketches
from index.store import Store
from index.terms import highlights

LEGS: Mapping[SearchMode, tuple[str, ...]] = {
    "hybrid": ("dense", "lexical"),
    "dense": ("dense",),
    "lexical": ("lexical",),
}
LEAST_DEPTH = 100
"""How many rows each leg gives at least, so that a row that one leg ranks low can still gain from the other."""
POOL = 5
"""A diverse answer is picked from that many times `top_k` hits."""
FACETED = 100
FILTERS_KEPT = 16
SKETCHES_KEPT, SENTENCES_KEPT = 8_192, 2_048
"""Rows that were ranked, half a kilobyte each, and rows that were shown, two: to read them took a fifth of a search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One search. `vector` is (1, dim), None where nothing needs it; `allowed` holds the rows that pass the filter.

    `leaning` gives the probabilities of the query's own dimensions.
    """

    query: str
    top_k: int
    mode: SearchMode
    unit: SearchUnit
    extras: Extras
    vector: NDArray[np.float32] | None
    allowed: NDArray[np.int64] | None
    encode: Callable[[Sequence[str]], NDArray[np.float32]]
    leaning: Callable[[], Mapping[str, float]]

    @property
    def pool(self) -> int:
        """How many hits to look for: a diverse answer is picked from more than it shows."""
        return self.top_k * POOL if self.extras.diversity else self.top_k


class Searcher:
    """Search over a store and its indexes. Safe between threads."""

    def __init__(self, store: Store, caches: Caches) -> None:
        self._store = store
        self._caches = caches
        self._allowed: dict[SearchFilter, tuple[Moment, NDArray[np.int64]]] = {}
        self._sketches = KeptRows(lambda rows: sketched(store, rows), most=SKETCHES_KEPT)
        self._sentences = KeptRows(store.stored, most=SENTENCES_KEPT)
        self._fitting: tuple[Moment, str] | None = None
        # One search ranks at a time. Ranking is a hundred short steps of Python's: threads that took turns at each of
        # them, holding the store meanwhile, had the others wait for both.
        self._ranking = threading.Lock()

    def search(
        self,
        query: str,
        embedder: Embedder,
        *,
        top_k: int,
        mode: SearchMode,
        unit: SearchUnit,
        wanted: SearchFilter,
        extras: Extras,
        leaning: Callable[[], Mapping[str, float]] | None = None,
    ) -> SearchAnswer:
        """Return the best hits and what else was asked for; see `Corpus.search`."""
        _refuse_unknown(top_k=top_k, mode=mode, unit=unit)
        indexes = self._caches.current()
        self._refuse_other(embedder.fingerprint, indexes.moment)
        question = Question(
            query=query,
            top_k=top_k,
            mode=mode,
            unit=unit,
            extras=extras,
            vector=embedder.encode_queries([simplified(query)]) if "dense" in LEGS[mode] or extras.closest else None,
            allowed=self._rows_allowed(wanted, indexes.moment) if wanted else None,
            encode=lambda texts: embedder.encode_passages([simplified(text) for text in texts]),
            leaning=leaning or (lambda: NO_LEANING),
        )
        try:
            return self._answer(question, indexes)
        except CorpusDamaged:
            self._store.refuse_other(embedder.fingerprint)
            return self._answer(question, self._caches.renew())

    def _answer(self, question: Question, indexes: Indexes) -> SearchAnswer:
        """Look deeper until there are enough hits: several rows may make one passage, or say the same."""
        depth = max(question.pool, LEAST_DEPTH)
        rows = Rows(self._store, lambda wanted: self._sentences.at(indexes.moment, wanted))
        while True:
            legs = {name: _leg(name, question, indexes, depth=depth) for name in LEGS[question.mode]}
            # Asked before the turn comes, since it may be classified only now.
            leaning = question.leaning() if len(legs) > 1 else NO_LEANING
            with self._ranking:
                scores = self._scores(question, legs, indexes, leaning)
                order = best_first(scores)
                chosen = _chosen(order, question, rows)
            if len(chosen) >= question.pool or all(len(leg) < depth for leg in legs.values()):
                break
            depth *= 4
        shown = _varied(chosen, scores, question, rows)
        facets = _facets(rows.stored(order[:FACETED])) if question.extras.facets else None
        places = ranked([one.stored.row for one in shown], legs, scores)
        return SearchAnswer(hits=_hits(shown, places, question, self._store), facets=facets)

    def _scores(
        self,
        question: Question,
        legs: Mapping[str, Sequence[Found]],
        indexes: Indexes,
        leaning: Mapping[str, float],
    ) -> Mapping[int, float]:
        """Return row → score: one leg alone keeps its own."""
        if len(legs) == 1 or question.vector is None:
            return {found.row: found.score for leg in legs.values() for found in leg}
        known = sketches(lambda rows: self._sketches.at(indexes.moment, rows), indexes.vectors, found_rows(legs))
        return fused_scores(question.query, question.vector, known, indexes.lexical, leaning=leaning)

    def _refuse_other(self, fingerprint: str, moment: Moment) -> None:
        """Raise EmbedderMismatch unless the stored vectors are of this embedder; asked once for each moment."""
        if self._fitting != (moment, fingerprint):
            self._store.refuse_other(fingerprint)
            self._fitting = moment, fingerprint

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


def _leg(name: str, question: Question, indexes: Indexes, *, depth: int) -> list[Found]:
    if name == "lexical":
        return indexes.lexical.search(question.query, top_k=depth, allowed=question.allowed)
    if question.vector is None:
        return []
    return indexes.vectors.search(question.vector, top_k=depth, allowed=question.allowed)[0]


def _chosen(order: Sequence[int], question: Question, rows: Rows) -> list[Chosen]:
    return choose(order, rows, limit=question.pool, unit=question.unit, collapse=question.extras.collapse)


def _varied(chosen: Sequence[Chosen], scores: Mapping[int, float], question: Question, rows: Rows) -> Sequence[Chosen]:
    """Return the `top_k` that are shown, each unlike the others as far as it was asked for."""
    if not question.extras.diversity:
        return chosen[: question.top_k]
    relevance = np.array([scores[one.stored.row] for one in chosen], dtype=np.float32)
    vectors = rows.vectors([one.stored.row for one in chosen])
    picked = diverse(relevance, vectors, top_k=question.top_k, diversity=question.extras.diversity)
    return [chosen[place] for place in picked]


def _facets(sentences: Sequence[StoredSentence]) -> Facets:
    """Return how many of the sentences have each label, and stand in each document; the most frequent first."""
    return {
        "dimension": dict(Counter(stored.tag.dimension for stored in sentences).most_common()),
        "role": dict(Counter(stored.tag.role for stored in sentences).most_common()),
        "document_id": dict(Counter(stored.document_id for stored in sentences).most_common()),
    }


def _hits(shown: Sequence[Chosen], places: Sequence[Ranked], question: Question, store: Store) -> list[Hit]:
    texts = [_text(one.stored, question, store) for one in shown]
    closest: list[tuple[int, int] | None] = [None] * len(shown)
    if question.extras.closest and question.vector is not None:
        clauses = closest_clauses([text for _, text in texts[:MOST_CLOSEST]], question.vector[0], question.encode)
        closest[: len(clauses)] = clauses
    marked = highlights(question.query, [text for _, text in texts])
    parts = zip(shown, places, texts, marked, closest, _sides(shown, question, store), strict=True)
    return [_hit(number, *part) for number, part in enumerate(parts, start=1)]


def _text(stored: StoredSentence, question: Question, store: Store) -> tuple[int, str]:
    """Return where the text of a hit starts, and the text."""
    own = stored.sentence.start, stored.sentence.text
    if question.unit == "passage":
        # A passage that another process removed just now is shown by its sentence.
        return store.passage(stored.document_id, stored.sentence.passage) or own
    return own


Sides = tuple[tuple[Neighbour, ...], tuple[Neighbour, ...]]


def _sides(shown: Sequence[Chosen], question: Question, store: Store) -> list[Sides]:
    """Return the neighbours before and after each hit."""
    count = question.extras.neighbours
    if not count:
        return [((), ())] * len(shown)
    documents = {name: store.sentences(name) for name in {one.stored.document_id for one in shown}}
    whole = question.unit == "passage"
    return [around(documents[one.stored.document_id], one.stored, count=count, whole_passage=whole) for one in shown]


def _hit(
    number: int,
    one: Chosen,
    place: Ranked,
    text: tuple[int, str],
    marked: tuple[tuple[int, int], ...],
    closest: tuple[int, int] | None,
    sides: Sides,
) -> Hit:
    stored = one.stored
    return Hit(
        rank=number,
        score=place.score,
        dense=place.dense,
        lexical=place.lexical,
        text=text[1],
        sentence_id=stored.sentence_id,
        document_id=stored.document_id,
        title=stored.title,
        source=stored.source,
        dimension=stored.tag.dimension,
        role=stored.tag.role,
        declared=stored.sentence.declared,
        path=stored.sentence.path,
        start=text[0],
        end=text[0] + len(text[1]),
        highlights=marked,
        dense_rank=place.dense_rank,
        lexical_rank=place.lexical_rank,
        before=sides[0],
        after=sides[1],
        duplicates=tuple(one.duplicates),
        closest=closest,
    )


def _refuse_unknown(*, top_k: int, mode: str, unit: str) -> None:
    if top_k < 1:
        raise ValueError(f"top_k is {top_k}, wanted 1 or more")
    if mode not in LEGS:
        raise ValueError(f"mode is {mode!r}, wanted one of {', '.join(LEGS)}")
    if unit not in get_args(SearchUnit):
        raise ValueError(f"unit is {unit!r}, wanted one of {', '.join(get_args(SearchUnit))}")
