"""The corpus of a data directory: opened when it is first needed, and anew where another has taken its place there."""

import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from models.embedders import Embedder
from service.settings import Settings

if TYPE_CHECKING:
    from index.corpus import Corpus


class CorpusFollower:
    """Gives the corpus that lies in the data directory now: who moves, removes or replaces it is followed at once.

    A file that is open stays one when its name is gone: what is written there is gone with the process.
    """

    def __init__(self, settings: Settings, opening: "threading.RLock", embedder: Callable[[], Embedder]) -> None:
        self._folder = settings.data_dir
        self._opening = opening
        self._embedder = embedder
        self._known: tuple[object, Corpus] | None = None

    def current(self, *, create: bool, any_embedder: bool) -> "Corpus":
        """Return the corpus. Raises NoCorpus where there is none and `create` is False, and as `Corpus.open` does."""
        if corpus := self._in_place():
            return corpus
        with self._opening:
            return self._in_place() or self._opened(create=create, any_embedder=any_embedder)

    def close(self) -> None:
        """Save what is only in memory and close the corpus, where one was opened and still is in its place."""
        with self._opening:
            corpus, self._known = self._in_place(), None
        if corpus:
            corpus.close()

    def _in_place(self) -> "Corpus | None":
        """Return the corpus that was opened, None where there is none or another lies in its place."""
        known = self._known
        return known[1] if known is not None and known[0] == self._stamp() else None

    def _opened(self, *, create: bool, any_embedder: bool) -> "Corpus":
        from index.corpus import Corpus

        # Not closed here: requests that are under way have it, and the last of them lets its files go.
        self._known = None
        corpus = Corpus.open(self._folder, self._embedder, create=create, any_embedder=any_embedder)
        self._known = (self._stamp(), corpus)
        return corpus

    def _stamp(self) -> object:
        """Return which file the store is, None where there is none."""
        from index.corpus import STORE_NAME

        with contextlib.suppress(OSError):
            found = (self._folder / STORE_NAME).stat()
            return found.st_dev, found.st_ino
        return None
