"""The lock that one writer at a time holds on a corpus, between threads and between processes."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import CorpusBusy, CorpusUnwritable

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
        """Hold the lock. Raises CorpusBusy when another holds it for longer than we wait, CorpusUnwritable."""
        try:
            held = self._take(self._wait_s)
        except OSError as error:
            raise CorpusUnwritable(
                f"{self._path.parent} cannot be written to ({error.strerror or error}); "
                "check the permissions of the folder and the space on its disk"
            ) from error
        if not held:
            raise CorpusBusy(f"{self._path.parent} is being written by another process; try again when it is done")
        try:
            yield
        finally:
            self._let_go()

    @contextlib.contextmanager
    def tried(self, *, wait_s: float) -> Iterator[bool]:
        """Hold the lock if it can be had in time; yield whether it is held, never in a folder that is only read."""
        try:
            held = self._take(wait_s)
        except OSError:
            held = False
        try:
            yield held
        finally:
            if held:
                self._let_go()

    def _take(self, wait_s: float) -> bool:
        """Return whether the lock could be had in time. Raises OSError where no lock file can be made."""
        until = time.monotonic() + wait_s
        if not self._threads.acquire(timeout=wait_s):
            return False
        try:
            self._processes.acquire(timeout=max(0.0, until - time.monotonic()), poll_interval=POLL_S)
        except Timeout:
            self._threads.release()
            return False
        except BaseException:
            self._threads.release()
            raise
        return True

    def _let_go(self) -> None:
        self._processes.release()
        self._threads.release()
