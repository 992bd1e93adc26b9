"""The vector and the lexical index, kept in step with the store.

The store is the truth; both indexes can be lost without loss. Each remembers the moment of the store that it follows
and the highest row that it has seen. To catch up it drops what was removed since that moment and adds the rows above
that row. Both steps may be done twice without harm, so it does not matter where a writer was stopped.

Only who holds the write lock writes to disk. Who cannot have it catches up in memory.
"""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from index.errors import CorpusDamaged, CorpusUnwritable, IndexFault
from index.lexical import LexicalIndex
from index.lock import WriteLock
from index.manifest import Manifest, checksums
from index.places import Kind, clear, new_place, place_files
from index.records import Check, Moment
from index.saved import SavedIndexes
from index.store import Store
from index.terms import TERM_RULES
from index.vectors import Method, VectorIndex

Entries = TypeVar("Entries", VectorIndex, LexicalIndex)

NEVER = Moment(generation=0, token="")
READER_WAIT_S = 1.0
SMALL_CHANGE = 500
"""A change of less than one row in so many is not worth writing all vectors; the next start catches up with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexes:
    """Both indexes as of one moment of the store."""

    moment: Moment
    vectors: VectorIndex
    lexical: LexicalIndex


@dataclass(slots=True)
class _Followed(Generic[Entries]):
    """An index and how far it has followed. `place` is its name on disk, empty where the disk holds something else.

    `changed` counts the rows that came or went since it was saved, `method` is how it was searched then.
    """

    entries: Entries
    place: str = ""
    moment: Moment = NEVER
    highest_row: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    changed: int = 0
    method: Method | None = None


class Caches:
    """Both indexes of a corpus, in a folder of their own. Safe between threads.

    The write lock is always taken before the mutex, so that two threads never wait for each other.
    """

    def __init__(self, folder: Path, store: Store, lock: WriteLock) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._saved = SavedIndexes(folder, store)
        self._store = store
        self._lock = lock
        self._mutex = threading.RLock()
        self._current: Indexes | None = None
        self._vectors: _Followed[VectorIndex] | None = None
        self._lexical: _Followed[LexicalIndex] | None = None
        self._settler: threading.Thread | None = None

    def current(self) -> Indexes:
        """Return both indexes after they have caught up with the store; at once where nothing has changed."""
        if known := self._caught_up():
            return known
        with self._lock.tried(wait_s=READER_WAIT_S) as held:
            # Another thread may have caught up meanwhile, and hold the mutex for as long as it saves.
            if known := self._caught_up():
                return known
            with self._mutex:
                indexes = self._follow_if_only_in_memory(held=held)
                if held:
                    self._settle_aside()
                return indexes

    def _caught_up(self) -> Indexes | None:
        """Return both indexes where nothing has changed since they caught up."""
        known = self._current
        return known if known is not None and known.moment == self._store.moment() else None

    def renew(self) -> Indexes:
        """Return both indexes made anew from the store, without a look at what is saved."""
        with self._lock.tried(wait_s=READER_WAIT_S) as held, self._mutex:
            return self._follow_if_only_in_memory(held=held, anew=True)

    def as_saved(self) -> Indexes:
        """Return both indexes as they are saved, caught up in memory; nothing is mended and nothing written."""
        with self._mutex:
            now = self._store.moment()
            vectors = self._follow_vectors(now, anew=False)
            lexical = self._follow_lexical(now, held=False, anew=False)
            return Indexes(moment=now, vectors=vectors.entries, lexical=lexical.entries)

    def save(self) -> None:
        """Catch up and save both, so that the next start need not. Raises CorpusBusy."""
        with self._lock.held(), self._mutex:
            self._follow(held=True)
            kept = self._vectors
            if kept is not None and not kept.place and kept.changed * SMALL_CHANGE >= len(kept.entries):
                kept.entries.settle()
                self._save_vectors(kept)

    def wait(self) -> None:
        """Return when nothing is done in the background any more."""
        if self._settler is not None:
            self._settler.join()

    def unsaved(self) -> bool:
        """Return whether something was done in memory that the next start would have to do again."""
        return self._vectors is not None and not self._vectors.place

    def method(self) -> Method:
        """Return how the vectors are searched, as they are in memory or else as they are saved."""
        if self._vectors is not None:
            return self._vectors.entries.method
        with contextlib.suppress(CorpusDamaged):
            saved = self._saved.manifest("vectors")
            if saved is not None:
                return Method.read(self._folder / saved.place)
        return Method()

    def saved_checks(self) -> list[Check]:
        """Return a check of the saved files of each index against their manifest."""
        checks = self._saved.checks()
        if all(check.ok for check in checks):
            return checks
        # Who saves an index takes files away before its manifest names the new ones; not while we have the lock.
        with self._lock.tried(wait_s=READER_WAIT_S):
            return self._saved.checks()

    def _settle_aside(self) -> None:
        """Have outgrown codes made anew by a thread of its own, so that no search waits for them."""
        kept = self._vectors
        at_work = self._settler is not None and self._settler.is_alive()
        if kept is not None and kept.entries.outgrown and not at_work:
            self._settler = threading.Thread(target=self._settle, args=(kept,), name="settler")
            self._settler.start()

    def _settle(self, kept: _Followed[VectorIndex]) -> None:
        if not kept.entries.settle():
            return
        with self._mutex:
            if kept.method is not kept.entries.method:  # else who waited for the new codes has saved them
                kept.place, kept.changed = "", len(kept.entries)
        with contextlib.suppress(IndexFault, OSError):  # what cannot be saved now is saved when the corpus is closed
            self.save()

    def _follow_if_only_in_memory(self, *, held: bool, anew: bool = False) -> Indexes:
        """Catch up, on disk where that can be; a disk that is full keeps nobody from searching."""
        try:
            return self._follow(held=held, anew=anew)
        except (CorpusUnwritable, OSError):
            if not held:
                raise
            return self._follow(held=False, anew=anew)

    def _follow(self, *, held: bool, anew: bool = False) -> Indexes:
        now = self._store.moment()
        try:
            self._vectors = self._follow_vectors(now, anew=anew)
            self._lexical = self._follow_lexical(now, held=held, anew=anew)
            self._current = Indexes(moment=now, vectors=self._vectors.entries, lexical=self._lexical.entries)
            if anew or self._complete(self._current):
                return self._current
        except CorpusDamaged:
            if anew:
                raise
        return self._follow(held=held, anew=True)

    def _complete(self, indexes: Indexes) -> bool:
        """Return False if an index does not hold as many rows as the store although both are at the same moment."""
        sentences = self._store.counts()[1]
        agreed = len(indexes.vectors) == len(indexes.lexical) == sentences
        return agreed or self._store.moment() != indexes.moment

    def _follow_vectors(self, now: Moment, *, anew: bool) -> _Followed[VectorIndex]:
        kept = self._vectors
        if anew:
            kept = _Followed(VectorIndex(self._store.encoder()[1]))
        elif kept is None or not self._store.knows(kept.moment):
            kept = self._load_vectors()
        if kept.moment != now:
            kept.place = ""
            removed = self._removed_since(kept.moment)
            kept.entries.remove(removed)
            kept.changed += sum(last - first + 1 for first, last in removed)
            for rows, vectors in self._store.vectors_after(kept.highest_row):
                kept.entries.add(rows, vectors)
                kept.highest_row = rows[-1]
                kept.changed += len(rows)
            kept.moment = now
        return kept

    def _load_vectors(self) -> _Followed[VectorIndex]:
        fingerprint, dim = self._store.encoder()
        saved = self._saved.sound("vectors", fingerprint=fingerprint, dim=dim, known={})
        if saved is not None:
            with contextlib.suppress(CorpusDamaged):
                return _followed(VectorIndex.load(self._folder / saved.place, dim=dim), saved)
        return _Followed(VectorIndex(dim))

    def _save_vectors(self, kept: _Followed[VectorIndex]) -> None:
        place = new_place("vectors", kept.moment)
        try:
            kept.entries.save(self._folder / place)
        except OSError as error:
            clear(self._folder / place)
            raise CorpusUnwritable(
                f"{self._folder}: the vectors cannot be saved ({error}); check the space on the disk"
            ) from error
        kept.place, kept.files = place, checksums(self._folder, place_files(self._folder, place), known={})
        kept.changed, kept.method = 0, kept.entries.method
        fingerprint, dim = self._store.encoder()
        self._switch("vectors", kept, fingerprint=fingerprint, dim=dim)

    def _follow_lexical(self, now: Moment, *, held: bool, anew: bool) -> _Followed[LexicalIndex]:
        kept = None if anew else self._saved_lexical()
        if kept is None or not (held or kept.moment == now):
            kept = self._new_lexical(now) if held else self._lexical_in_memory(anew=anew)
        if kept.moment != now:
            self._update_lexical(kept)
            kept.moment = now
            if held:
                kept.files = checksums(self._folder, place_files(self._folder, kept.place), known=kept.files)
                self._switch("lexical", kept, fingerprint=TERM_RULES, dim=0)
        return kept

    def _saved_lexical(self) -> _Followed[LexicalIndex] | None:
        """Return what is on disk, whoever wrote it, None where it is missing or damaged."""
        known = self._lexical.files if self._lexical else {}
        saved = self._saved.sound("lexical", fingerprint=TERM_RULES, dim=0, known=known)
        if saved is None:
            return None
        with contextlib.suppress(CorpusDamaged, CorpusUnwritable):
            if self._lexical is None or self._lexical.place != saved.place:
                return _followed(LexicalIndex(self._folder / saved.place), saved)
            self._lexical.entries.reload()
            return _followed(self._lexical.entries, saved)
        return None

    def _new_lexical(self, now: Moment) -> _Followed[LexicalIndex]:
        place = new_place("lexical", now)
        (self._folder / place).mkdir()
        return _Followed(LexicalIndex(self._folder / place), place=place)

    def _lexical_in_memory(self, *, anew: bool) -> _Followed[LexicalIndex]:
        kept = self._lexical
        usable = kept is not None and not kept.place and self._store.knows(kept.moment) and not anew
        return kept if kept is not None and usable else _Followed(LexicalIndex())

    def _update_lexical(self, kept: _Followed[LexicalIndex]) -> None:
        after, seen = kept.highest_row, [kept.highest_row]

        def batches() -> Iterator[tuple[list[int], list[str]]]:
            for rows, texts in self._store.texts_after(after):
                yield rows, texts
                seen.append(rows[-1])

        kept.entries.update(batches(), removed=self._removed_since(kept.moment), after=after)
        kept.highest_row = seen[-1]

    def _removed_since(self, moment: Moment) -> list[tuple[int, int]]:
        return [] if moment == NEVER else self._store.removed_since(moment.generation)

    def _switch(self, kind: Kind, kept: _Followed[Entries], *, fingerprint: str, dim: int) -> None:
        manifest = Manifest(
            fingerprint=fingerprint,
            dim=dim,
            count=len(kept.entries),
            moment=kept.moment,
            highest_row=kept.highest_row,
            place=kept.place,
            files=kept.files,
        )
        self._saved.switch(kind, manifest)


def _followed(entries: Entries, saved: Manifest) -> _Followed[Entries]:
    return _Followed(entries, saved.place, saved.moment, saved.highest_row, saved.files)
