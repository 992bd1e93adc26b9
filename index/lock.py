"""The lock that one writer at a time holds on a corpus, between threads and between processes."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import CorpusBusy

WAIT_S = 10.0
POLL_S = 0.01


class WriteLock:
    """A lock on a file, which the system lets go when the process ends, however it ends. One thread may nest it."""

    def __init__(self, path: Path, *, wait_s: float = WAIT_S) -> None:
        self._path = path
        self._wait_s = wait_s
        self._threads = threading.RLock()
        self._processes = FileLock(path, thread_local=False)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock. Raises CorpusBusy when another holds it for longer than we wait."""
        with self.tried(wait_s=self._wait_s) as held:
            if not held:
                raise CorpusBusy(f"{self._path.parent} is being written by another process; try again when it is done")
            yield

    @contextlib.contextmanager
    def tried(self, *, wait_s: float) -> Iterator[bool]:
        """Hold the lock if it can be had in time; yield whether it is held."""
        held = self._take(wait_s)
        try:
            yield held
        finally:
            if held:
                self._processes.release()
                self._threads.release()

    def _take(self, wait_s: float) -> bool:
        until = time.monotonic() + wait_s
        if not self._threads.acquire(timeout=wait_s):
            return False
        try:
            self._processes.acquire(timeout=max(0.0, until - time.monotonic()), poll_interval=POLL_S)
        except (Timeout, OSError):  # OSError: the folder may not be written to
            self._threads.release()
            return False
        return True
