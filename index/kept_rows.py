"""What was read of rows, kept for the searches to come as long as the store does not change."""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from index.records import Moment

Value = TypeVar("Value")


class KeptRows(Generic[Value]):
    """What `read` gives for rows, read once for each moment of a store; at most `most` of them. Safe between threads.

    `read` leaves out rows that are not there. Who asks at an older moment than others only reads more often.
    """

    def __init__(self, read: Callable[[Sequence[int]], Mapping[int, Value]], *, most: int) -> None:
        self._read = read
        self._most = most
        self._kept: tuple[Moment | None, dict[int, Value]] = (None, {})

    def at(self, moment: Moment, rows: Sequence[int]) -> dict[int, Value]:
        """Return row → what is known of it, for those of the rows that are there."""
        as_of, kept = self._kept
        found = {row: kept[row] for row in rows if row in kept} if as_of == moment else {}
        missing = [row for row in rows if row not in found]
        if missing:
            fresh = self._read(missing)
            found.update(fresh)
            self._keep(moment, fresh)
        return found

    def _keep(self, moment: Moment, fresh: Mapping[int, Value]) -> None:
        as_of, kept = self._kept
        if as_of != moment or len(kept) + len(fresh) > self._most:
            # Another one, not this one emptied: others may be reading it.
            kept = {}
            self._kept = moment, kept
        if len(fresh) <= self._most:
            kept.update(fresh)
