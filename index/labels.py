"""What people say of sentences: kept for ever, in the store, and laid over what the classifier said."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from index.asking import asked_next
from index.columns import TAG_COLUMNS, tag_values, vectors_of, well_formed
from index.database import Connection
from index.errors import UnknownFeedback, UnknownSentence
from index.label_rows import settle
from index.lock import WriteLock
from index.records import Label, StoredSentence, Tag
from index.store import Store

MOST_CANDIDATES = 500
CANDIDATES_EACH = 10

_FIELDS = "feedback_id, document_id, ordinal, text, context, dimension, role, author, note, made_at"
_LABELS = f"SELECT {_FIELDS}, undone_at, undone_by FROM labels"
_REPLACE_TAG = f"UPDATE sentences SET {', '.join(name + ' = ?' for name in TAG_COLUMNS)} WHERE row = ?"


class Labels:
    """The labels of a corpus. Safe between threads and processes, as the corpus is."""

    def __init__(self, store: Store, lock: WriteLock) -> None:
        self._store = store
        self._lock = lock

    def add(self, label: Label) -> Label:
        """Store a label, lay it over its sentence, and return it with its id and the time of now.

        The text of a label for a sentence is that of the sentence. Raises UnknownSentence, CorpusBusy.
        """
        label = replace(label, feedback_id=f"fb-{secrets.token_hex(8)}", made_at=_now())
        with self._lock.held(), self._store.labelling() as database:
            if label.document_id is not None:
                label = _with_text(database, label)
            _insert(database, label, undoes=None)
            if label.document_id is not None:
                settle(database, label.document_id)
        return label

    def undo(self, feedback_id: str, *, author: str) -> Label:
        """Take a label back, so that the one before it counts again, and return it; twice is once.

        Raises UnknownFeedback, CorpusBusy.
        """
        with self._lock.held():
            label = self.one(feedback_id)
            if label.undone_at is None:
                undoing = replace(label, feedback_id=f"fb-{secrets.token_hex(8)}", made_at=_now(), author=author)
                with self._store.labelling() as database:
                    _insert(database, undoing, undoes=feedback_id)
                    if label.document_id is not None:
                        settle(database, label.document_id)
        return self.one(feedback_id)

    def sentence(self, document_id: str, ordinal: int) -> StoredSentence:
        """Return a sentence by its document and place. Raises UnknownSentence."""
        rows = self._store.read("SELECT row FROM sentences WHERE document_id = ? AND ordinal = ?", document_id, ordinal)
        found = self._store.stored([row for (row,) in rows])
        if not found:
            raise UnknownSentence(f"the corpus holds no sentence '{document_id}:{ordinal}'")
        return next(iter(found.values()))

    def one(self, feedback_id: str) -> Label:
        """Return a label by its id. Raises UnknownFeedback."""
        found = self._store.read(f"{_LABELS} WHERE feedback_id = ?", feedback_id)
        if not found:
            raise UnknownFeedback(f"there is no feedback {feedback_id!r}")
        return _label(found[0])

    def all(self) -> list[Label]:
        """Return every label there ever was, oldest first, those taken back included."""
        return [_label(row) for row in self._store.read(f"{_LABELS} ORDER BY number")]

    def in_force(self) -> list[Label]:
        """Return the labels that count, oldest first: not taken back, and the newest of each sentence or text."""
        newest: dict[object, Label] = {}
        for label in self.all():
            if label.undone_at is None:
                newest.pop(_what(label), None)
                newest[_what(label)] = label
        return list(newest.values())

    def replace_tags(self, document_id: str, stored: Sequence[StoredSentence], tags: Sequence[Tag]) -> None:
        """Put other tags in place of all that the classifier said of a document, in one step; people's labels stay.

        Sentences that are gone by now are passed over. Raises CorpusBusy.
        """
        values = [(*tag_values(tag), one.row) for one, tag in zip(stored, tags, strict=True)]
        with self._lock.held(), self._store.labelling() as database:
            database.executemany("DELETE FROM settled WHERE row = ?", [(one.row,) for one in stored])
            database.executemany(_REPLACE_TAG, values)
            settle(database, document_id)

    def unknown(self, codes: Sequence[str]) -> dict[str, int]:
        """Return how many sentences have a dimension other than these, by dimension; those of people do not count."""
        query = """SELECT dimension, count(*) FROM sentences WHERE dimension NOT IN (SELECT value FROM json_each(?))
            AND row NOT IN (SELECT row FROM settled) GROUP BY dimension ORDER BY dimension"""
        return dict(self._store.read(query, json.dumps(list(codes))))

    def to_ask(self, count: int) -> list[StoredSentence]:
        """Return at most `count` sentences that a label would teach most: unsure, and unlike each other."""
        candidates = min(MOST_CANDIDATES, count * CANDIDATES_EACH)
        rows = self._store.read(
            """SELECT row, scores, embedding FROM sentences WHERE NOT is_heading AND reason IS NOT 'too_short'
            AND row NOT IN (SELECT row FROM settled) ORDER BY confidence LIMIT ?""",
            candidates,
        )
        if not rows:
            return []
        numbers, scores, blobs = zip(*rows, strict=True)
        vectors = vectors_of(blobs, dim=self._store.encoder()[1])
        with well_formed():
            chances = [list(json.loads(one).values()) for one in scores]
        chosen = asked_next(chances, vectors, count=count)
        stored = self._store.stored([numbers[place] for place in chosen])
        return [stored[numbers[place]] for place in chosen if numbers[place] in stored]


def _with_text(database: Connection, label: Label) -> Label:
    """Return the label with the text of its sentence. Raises UnknownSentence."""
    query = "SELECT text FROM sentences WHERE document_id = ? AND ordinal = ?"
    found = database.execute(query, (label.document_id, label.ordinal)).fetchone()
    if found is None:
        raise UnknownSentence(f"the corpus holds no sentence {label.sentence_id!r}")
    return replace(label, text=found[0])


def _insert(database: Connection, label: Label, *, undoes: str | None) -> None:
    names = f"undoes, {_FIELDS}"
    values = [getattr(label, name) for name in _FIELDS.split(", ")]
    database.execute(f"INSERT INTO feedback ({names}) VALUES (?{', ?' * len(values)})", (undoes, *values))


def _label(row: Sequence[Any]) -> Label:
    return Label(**dict(zip([*_FIELDS.split(", "), "undone_at", "undone_by"], row, strict=True)))


def _what(label: Label) -> object:
    """Return what a label is about: a newer one about the same takes its place."""
    return label.sentence_id or (label.text, label.context)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
