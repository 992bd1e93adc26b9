import threading
from types import SimpleNamespace

import pytest

from index import vectors


@pytest.fixture
def judging(monkeypatch):
    """The making of codes, held up before it is judged: `begun` is set when it has come so far, `go_on` lets it go."""
    judged, events = vectors._judged, SimpleNamespace(begun=threading.Event(), go_on=threading.Event())

    def waiting(*parts):
        events.begun.set()
        assert events.go_on.wait(timeout=60)
        return judged(*parts)

    monkeypatch.setattr(vectors, "_judged", waiting)
    return events
