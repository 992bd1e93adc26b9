"""Which sentences of the corpus a text copies: candidates from both indexes, then one comparison with each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.caches import Caches, Indexes
from index.overlap import LEAST_OWN, LEAST_RUN, CopyKind, Likeness, Told, likeness, marked, runs, told
from index.records import Sentence, StoredSentence
from index.rows import Rows
from index.store import Store

CANDIDATES = 20
"""How many sentences each index gives to compare with."""
SOURCES = 3
"""How many sources of one sentence are told at most, each in another report."""
PHRASE = 8
"""Characters of a stretch that is looked up to learn whether it is a set phrase."""
LOOKED_AT = 60
FEWEST_REPORTS, MOST_REPORTS, SHARE_OF_REPORTS = 5, 40, 0.2
"""A phrase that this share of the reports has, at least the fewest and never more than the most, is a set phrase."""
KINDS: tuple[CopyKind, ...] = ("verbatim", "edited", "paraphrase")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A sentence of a text and a sentence of the corpus that it copies.

    `start:end` are code points into the text, `source_start:source_end` into the report of the corpus, as are the two
    spans of each run: where the copied words stand here, and there. `share` is the part of the sentence's own
    characters that stand in runs, `score` how alike both are.
    """

    ordinal: int
    start: int
    end: int
    text: str
    kind: CopyKind
    score: float
    share: float
    runs: tuple[tuple[Span, Span], ...]
    sentence_id: str
    document_id: str
    title: str
    source: str
    source_text: str
    source_start: int
    source_end: int


class CopyFinder:
    """Finds copies against one state of a corpus. For one text: what it looks up, it keeps."""

    def __init__(self, store: Store, caches: Caches, *, least_run: int = LEAST_RUN) -> None:
        self._rows = Rows(store)
        self._indexes: Indexes = caches.current()
        self._least_run = least_run
        share = round(SHARE_OF_REPORTS * store.counts()[0])
        self._many_reports = min(max(share, FEWEST_REPORTS), MOST_REPORTS)
        self._told: dict[int, Told] = {}
        self._set_phrases: dict[str, bool] = {}

    def find(
        self, sentences: Sequence[Sentence], vectors: NDArray[np.float32], *, without: str | None = None
    ) -> list[Copied]:
        """Return what sentences with their vectors (n, dim) copy, in their order, the best source of each first.

        Headings copy nobody. `without` names a document that is left out: the text itself, where the corpus has it.
        """
        asked = [place for place, sentence in enumerate(sentences) if self._is_asked(sentence)]
        if not asked:
            return []
        near = self._indexes.vectors.search(vectors[asked], top_k=CANDIDATES)
        found: list[Copied] = []
        for place, legs in zip(asked, near, strict=True):
            by_words = self._indexes.lexical.search(sentences[place].text, top_k=CANDIDATES)
            rows = list(dict.fromkeys(hit.row for hit in (*legs, *by_words)))
            candidates = [stored for stored in self._rows.stored(rows) if stored.document_id != without]
            found += self._copied(sentences[place], vectors[place], candidates)
        return found

    def _is_asked(self, sentence: Sentence) -> bool:
        return not sentence.is_heading and len(told(sentence.text).characters) >= min(LEAST_OWN, self._least_run)

    def _copied(
        self, sentence: Sentence, vector: NDArray[np.float32], candidates: Sequence[StoredSentence]
    ) -> list[Copied]:
        own = told(sentence.text)
        candidates = [stored for stored in candidates if not stored.sentence.is_heading]
        others = [self._told_of(stored) for stored in candidates]
        phrases = self._phrases(own, others)
        cosines = self._rows.vectors([stored.row for stored in candidates]) @ vector
        marks = _marks(own, phrases)
        likely = [
            (stored, other, alike)
            for stored, other, cosine in zip(candidates, others, cosines.tolist(), strict=True)
            if (
                alike := likeness(
                    own,
                    other,
                    cosine=cosine,
                    set_phrases=(marks, _marks(other, phrases)),
                    least_run=self._least_run,
                )
            )
        ]
        likely.sort(key=lambda one: (KINDS.index(one[2].kind), -one[2].score, one[0].row))
        best: dict[str, tuple[StoredSentence, Told, Likeness]] = {}
        for one in likely:
            best.setdefault(one[0].document_id, one)
        return [_record(sentence, own, *one) for one in list(best.values())[:SOURCES]]

    def _told_of(self, stored: StoredSentence) -> Told:
        if stored.row not in self._told:
            self._told[stored.row] = told(stored.sentence.text)
        return self._told[stored.row]

    def _phrases(self, own: Told, others: Sequence[Told]) -> list[str]:
        """Return the stretches of a sentence, `PHRASE` characters each, that are set phrases."""
        shared = np.zeros(len(own.characters), dtype=np.bool_)
        for other in others:
            shared |= marked(len(shared), ((run.own, run.own + run.length) for run in runs(own, other, least=PHRASE)))
        starts = [at for at in range(0, len(shared) - PHRASE + 1, PHRASE // 2) if shared[at : at + PHRASE].all()]
        return [piece for at in starts if self._is_set_phrase(piece := own.characters[at : at + PHRASE])]

    def _is_set_phrase(self, piece: str) -> bool:
        if piece not in self._set_phrases:
            rows = [hit.row for hit in self._indexes.lexical.search(piece, top_k=LOOKED_AT)]
            stored = self._rows.stored(rows)
            reports = {one.document_id for one in stored if piece in self._told_of(one).characters}
            self._set_phrases[piece] = len(reports) >= self._many_reports
        return self._set_phrases[piece]


def _marks(text: Told, phrases: Sequence[str]) -> NDArray[np.bool_]:
    """Return a mark for each character of a text that stands in one of the phrases."""
    spans: list[Span] = []
    for phrase in phrases:
        at = text.characters.find(phrase)
        while at >= 0:
            spans.append((at, at + len(phrase)))
            at = text.characters.find(phrase, at + 1)
    return marked(len(text.characters), spans)


def _record(sentence: Sentence, own: Told, stored: StoredSentence, other: Told, alike: Likeness) -> Copied:
    there = stored.sentence
    spans = [
        (
            _span(own, run.own, run.length, offset=sentence.start),
            _span(other, run.other, run.length, offset=there.start),
        )
        for run in alike.runs
    ]
    return Copied(
        ordinal=sentence.ordinal,
        start=sentence.start,
        end=sentence.end,
        text=sentence.text,
        kind=alike.kind,
        score=alike.score,
        share=alike.share,
        runs=tuple(spans),
        sentence_id=stored.sentence_id,
        document_id=stored.document_id,
        title=stored.title,
        source=stored.source,
        source_text=there.text,
        source_start=there.start,
        source_end=there.end,
    )


def _span(text: Told, at: int, length: int, *, offset: int) -> Span:
    return offset + text.places[at], offset + text.places[at + length - 1] + 1
