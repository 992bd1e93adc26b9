"""How long reading one file may take."""

import time

from index.errors import UnreadableDocument

LONGEST_S = 60.0


class Deadline:
    """The moment by which one file must be read, counted from when it is made."""

    def __init__(self, name: str, *, seconds: float = LONGEST_S) -> None:
        self._name = name
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Raise UnreadableDocument, giving the name, when the time is over."""
        if time.monotonic() > self._end:
            raise UnreadableDocument(
                f"{self._name}: not read after {self._seconds:.0f} seconds; split it, or save it again"
            )
