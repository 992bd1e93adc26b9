"""The rows of sentences under what people say of them: the labels in force laid over what the classifier said."""

import json
from collections.abc import Sequence
from typing import Any

from index.columns import TAG_COLUMNS, well_formed
from index.database import Connection

# What a person settles; the scores stay those of the classifier.
_TAG = tuple(name for name in TAG_COLUMNS if name != "scores")
_UPDATE_TAG = f"UPDATE sentences SET {', '.join(name + ' = ?' for name in _TAG)} WHERE row = ?"


def settle(database: Connection, document_id: str) -> None:
    """Lay the labels in force over the sentences of a document, and take off what is no longer in force."""
    query = "SELECT ordinal, feedback_id, text, dimension, role, undone_at FROM labels WHERE document_id = ?"
    newest: dict[int, Any] = {}
    for ordinal, *label in database.execute(f"{query} ORDER BY number", (document_id,)).fetchall():
        if label[-1] is None:
            newest[ordinal] = label
        else:
            newest.setdefault(ordinal, None)
    for ordinal, label in newest.items():
        _settle_one(database, document_id, ordinal, label)


def _settle_one(database: Connection, document_id: str, ordinal: int, label: Sequence[Any] | None) -> None:
    query = f"""SELECT row, s.text, {", ".join(_TAG)}, t.tag FROM sentences s LEFT JOIN settled t USING (row)
        WHERE document_id = ? AND ordinal = ?"""
    found = database.execute(query, (document_id, ordinal)).fetchone()
    if found is None:
        return  # the document was removed; should it come back, the label is laid over it again
    row, text, *tag, before = found
    with well_formed():
        own = json.loads(before) if before else tag
    # Another way of cutting sentences may have put another text in this place since.
    if label is None or label[1] != text:
        database.execute(_UPDATE_TAG, (*own, row))
        database.execute("DELETE FROM settled WHERE row = ?", (row,))
        return
    feedback_id, _, dimension, role, _ = label
    settled = (dimension, 1.0, "[]", role or own[3], False, None)
    database.execute(_UPDATE_TAG, (*settled, row))
    database.execute("INSERT OR REPLACE INTO settled VALUES (?, ?, ?)", (row, feedback_id, json.dumps(own)))
