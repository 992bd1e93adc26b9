"""Who is told what the runtime does, so that the service can count it; on the command line nobody is."""

from collections.abc import Sequence
from typing import Protocol

from models.classifier import Prediction


class Observer(Protocol):
    """Takes note of what was done. Called from any thread, and must not raise."""

    def encoded(self, *, texts: int, requests: int, seconds: float) -> None:
        """Take note of one batch: of how many texts, of how many callers together, and how long it took."""

    def classified(self, predictions: Sequence[Prediction]) -> None:
        """Take note of what the classifier said."""


class Unobserved:
    """Takes note of nothing."""

    def encoded(self, *, texts: int, requests: int, seconds: float) -> None:
        """Leave it at that."""

    def classified(self, predictions: Sequence[Prediction]) -> None:
        """Leave it at that."""
