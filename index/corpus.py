"""The corpus: one folder that reports go into and hits come out of."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.caches import Caches
from index.checks import check_corpus
from index.copies import Copied, CopyFinder
from index.errors import IndexFault
from index.extras import NO_FACETS, NOTHING_MORE, Extras, SearchAnswer
from index.folders import make_private
from index.hits import Searcher
from index.labels import Labels
from index.lock import WAIT_S, WriteLock
from index.overlap import LEAST_RUN
from index.places import bytes_below
from index.records import (
    AddStatus,
    Check,
    CorpusStats,
    Document,
    DocumentSummary,
    Embedder,
    Hit,
    SearchFilter,
    SearchMode,
    SearchUnit,
    Sentence,
    StoredSentence,
    Tag,
)
from index.scripts import simplified
from index.store import Store
from index.text import has_letter

STORE_NAME = "corpus.sqlite"
LOCK_NAME = "corpus.lock"
INDEXES_NAME = "indexes"
NO_FILTER = SearchFilter()


class Corpus:
    """Reports, their sentences and both indexes over them. Safe between threads, and between processes.

    A write is in the store when its call returns, and nothing but the store matters: a process may be killed at any
    moment, the next one catches up. `flush` after a bulk of writes spares the next start that work.
    """

    def __init__(self, folder: Path, embedder: Callable[[], Embedder], store: Store, *, wait_s: float) -> None:
        self._folder = folder
        self._embedder = embedder
        self._store = store
        self._lock = WriteLock(folder / LOCK_NAME, wait_s=wait_s)
        self._caches = Caches(folder / INDEXES_NAME, store, self._lock)
        self._searcher = Searcher(store, self._caches)
        self.labels = Labels(store, self._lock)
        self._written = False
        self._closed = False

    @classmethod
    def open(
        cls,
        folder: Path,
        embedder: Callable[[], Embedder],
        *,
        create: bool,
        any_embedder: bool = False,
        wait_s: float = WAIT_S,
    ) -> Self:
        """Return the corpus in a folder. Raises NoCorpus, EmbedderMismatch, CorpusDamaged.

        A write waits at most `wait_s` seconds for another process to end its own, then it raises CorpusBusy. With
        `any_embedder` a corpus of another embedder opens too, and none is asked for: to list, remove, check or rebuild
        it; only adding and searching then ask for the embedder, and raise EmbedderMismatch.
        """
        store = _opened_store(folder, embedder) if create else Store.open(folder / STORE_NAME)
        try:
            if not any_embedder:
                store.refuse_other(embedder().fingerprint)
            return cls(folder, embedder, store, wait_s=wait_s)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Save what is not saved, unless another process is writing just now, and close the files; twice is once."""
        if self._closed:
            return
        self._closed = True
        self._caches.wait()
        # What could not be saved the next start catches up with.
        with contextlib.closing(self._store), contextlib.suppress(IndexFault, OSError):
            if self._written or self._caches.unsaved():
                self._caches.save()

    def __enter__(self) -> Self:
        """Return the corpus itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the corpus."""
        self.close()

    def add(
        self, document: Document, sentences: Sequence[Sentence], tags: Sequence[Tag], vectors: NDArray[np.float32]
    ) -> AddStatus:
        """Store a document with its sentences, a tag and a vector (n, dim) for each; one that is there is left alone.

        Raises ValueError for parts that do not fit together, EmbedderMismatch, CorpusBusy; then nothing has changed.
        """
        embedder = self._embedder()
        _refuse_misfit(document, sentences, tags, vectors, dim=embedder.dim)
        with self._lock.held():
            status = self._store.add(document, sentences, tags, vectors, fingerprint=embedder.fingerprint)
        self._written = True
        return status

    def remove(self, document_id: str) -> None:
        """Remove a document. Raises UnknownDocument, CorpusBusy."""
        with self._lock.held():
            self._store.remove(document_id)
        self._written = True

    def flush(self) -> None:
        """Save both indexes, so that the next start need not catch up. Raises CorpusBusy, CorpusUnwritable."""
        self._caches.save()
        self._written = False

    def rebuild(self, embedder: Embedder, *, progress: Callable[[int, int], None] | None = None) -> None:
        """Make both indexes anew, with another embedder from new vectors; give back the room of what was removed.

        Every other process sees the corpus as it was meanwhile. `progress` is told, now and then, how many sentences
        are encoded and how many there are. Raises CorpusBusy, CorpusUnwritable.
        """
        with self._lock.held():
            if self._store.encoder() != (embedder.fingerprint, embedder.dim):
                vectors = _encoded(self._store, embedder, progress)
                self._store.replace_vectors(vectors, fingerprint=embedder.fingerprint, dim=embedder.dim)
            self._embedder = lambda: embedder
            self._caches.renew()
            self._caches.save()
            self._store.give_back()

    def contains(self, document_id: str) -> bool:
        """Return whether a document is in the corpus."""
        return self._store.contains(document_id)

    def documents(self, ids: Sequence[str] | None = None, *, limit: int = -1, offset: int = 0) -> list[DocumentSummary]:
        """Return the summaries of all documents, or of those named, oldest first; `limit` after the first `offset`."""
        return self._store.documents(ids, limit=limit, offset=offset)

    def document(self, document_id: str) -> Document:
        """Return a document with its text. Raises UnknownDocument."""
        return self._store.document(document_id)

    def sentences(self, document_id: str) -> list[StoredSentence]:
        """Return the sentences of a document in their order. Raises UnknownDocument."""
        found = self._store.sentences(document_id)
        if not found:
            self._store.document(document_id)
        return found

    def stats(self) -> CorpusStats:
        """Return what the corpus holds."""
        documents, sentences = self._store.counts()
        encoder, dim = self._store.encoder()
        method = self._caches.method()
        return CorpusStats(
            documents=documents,
            sentences=sentences,
            dimensions=self._store.tally("dimension"),
            roles=self._store.tally("settled_role"),
            bytes_on_disk=bytes_below(self._folder),
            encoder=encoder,
            dim=dim,
            vector_index=str(method),
            vector_recall=method.recall,
            generation=self._store.moment().generation,
        )

    def counts(self) -> tuple[int, int]:
        """Return how many documents and how many sentences there are."""
        return self._store.counts()

    def verify(self, *, fingerprint: str | None = None) -> list[Check]:
        """Return a check of everything that can be told without the reports themselves. Changes nothing stored.

        With the fingerprint of an embedder, also whether the vectors are its own. What is damaged stays so until the
        next search, add or rebuild mends it.
        """
        # Indexes of its own: what it made in memory must not be saved when the corpus is closed.
        looked_at = Caches(self._folder / INDEXES_NAME, self._store, self._lock)
        return check_corpus(self._store, looked_at, fingerprint=fingerprint)

    def search(
        self,
        query: str,
        *,
        top_k: int = 10,
        mode: SearchMode = "hybrid",
        unit: SearchUnit = "sentence",
        filter: SearchFilter = NO_FILTER,
    ) -> list[Hit]:
        """Return the `top_k` best hits, fewer only where fewer pass the filter or, by words, hold a word of the query.

        A query without a letter finds nothing. Raises ValueError for an unknown mode or unit or a `top_k` below 1,
        EmbedderMismatch.
        """
        return self.answer(query, top_k=top_k, mode=mode, unit=unit, filter=filter).hits

    def answer(
        self,
        query: str,
        *,
        top_k: int = 10,
        mode: SearchMode = "hybrid",
        unit: SearchUnit = "sentence",
        filter: SearchFilter | None = None,
        extras: Extras | None = None,
        leaning: Callable[[], Mapping[str, float]] | None = None,
    ) -> SearchAnswer:
        """Return the hits as `search` does, with the extras asked for; near-copies not shown make room for others.

        `leaning` gives the probabilities of the dimensions that the query is about; hybrid search asks it, and late, so
        that they can be worked out meanwhile.
        """
        more = extras or NOTHING_MORE
        if not has_letter(query):
            return SearchAnswer(facets=NO_FACETS if more.facets else None)
        return self._searcher.search(
            query,
            self._embedder(),
            top_k=top_k,
            mode=mode,
            unit=unit,
            wanted=filter or NO_FILTER,
            extras=more,
            leaning=leaning,
        )

    def overlap(
        self,
        sentences: Sequence[Sentence],
        vectors: NDArray[np.float32],
        *,
        without: str | None = None,
        least_run: int = LEAST_RUN,
    ) -> list[Copied]:
        """Return which sentences of the corpus these, with their vectors (n, dim), copy; see `CopyFinder.find`.

        Raises ValueError for a `least_run` below 1, EmbedderMismatch.
        """
        if least_run < 1:
            raise ValueError(f"least_run is {least_run}, wanted 1 or more")
        self._store.refuse_other(self._embedder().fingerprint)
        return CopyFinder(self._store, self._caches, least_run=least_run).find(sentences, vectors, without=without)


def _opened_store(folder: Path, embedder: Callable[[], Embedder]) -> Store:
    """Return the store of a folder, a new one where there is none; only one process at a time may create it."""
    made_with = embedder()  # before anything is made: there may be none
    make_private(folder)
    path = folder / STORE_NAME
    with contextlib.nullcontext() if path.exists() else WriteLock(folder / LOCK_NAME).held():
        return Store.open(path, create=(made_with.fingerprint, made_with.dim))


def _encoded(
    store: Store, embedder: Embedder, progress: Callable[[int, int], None] | None
) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
    done, total = 0, store.counts()[1]
    for rows, texts in store.texts_after(0):
        yield rows, embedder.encode_passages([simplified(text) for text in texts])
        done += len(rows)
        if progress is not None:
            progress(done, total)


def _refuse_misfit(
    document: Document, sentences: Sequence[Sentence], tags: Sequence[Tag], vectors: NDArray[np.float32], *, dim: int
) -> None:
    """Raise ValueError for parts that do not belong together: what is stored is never checked again on the way out."""
    if len(tags) != len(sentences) or vectors.shape != (len(sentences), dim):
        found = f"{len(sentences)} sentences, {len(tags)} tags and vectors of shape {vectors.shape}"
        raise ValueError(f"{document.document_id}: {found}; wanted as many of each, vectors {dim} wide")
    if not np.isfinite(vectors).all():
        raise ValueError(f"{document.document_id}: a vector holds a number that is not finite")
    for position, sentence in enumerate(sentences):
        if sentence.ordinal != position:
            raise ValueError(f"{document.document_id}: sentence {position} has ordinal {sentence.ordinal}")
        if document.text[sentence.start : sentence.end] != sentence.text:
            raise ValueError(f"{document.document_id}: sentence {sentence.ordinal} is not the text that its span names")
