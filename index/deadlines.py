"""How long reading one file may take."""

import time

from index.errors import UnreadableDocument

LONGEST_S = 60.0


class Deadline:
    """How much work may go into one file, counted from when this is made, in the thread that makes it.

    Time at work rather than on the clock: a busy machine must not refuse what an idle one reads.
    """

    def __init__(self, name: str, *, seconds: float | None = None) -> None:
        self._name = name
        self._seconds = LONGEST_S if seconds is None else seconds
        self._end = time.thread_time() + self._seconds

    def check(self) -> None:
        """Raise UnreadableDocument, giving the name, when the time is over."""
        if time.thread_time() > self._end:
            raise UnreadableDocument(
                f"{self._name}: not read after {self._seconds:.0f} seconds of work; split it, or save it again"
            )
