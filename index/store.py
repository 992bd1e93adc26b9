"""The truth: documents, sentences, tags and vectors in one SQLite file. What people say of sentences is beside them.

Everything else on disk can be made again from here. Each write is one transaction and one new generation; the table
`changes` says what each generation removed, so that the vector and lexical indexes can follow without being rebuilt.
"""

import contextlib
import json
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from index import columns
from index.database import Connection, connected, copy_whole, shrink, translated
from index.errors import CorpusDamaged, EmbedderMismatch, NoCorpus, UnknownDocument
from index.label_rows import settle
from index.records import AddStatus, Document, DocumentSummary, Moment, SearchFilter, Sentence, StoredSentence, Tag
from index.schema import MADE_WITH, STEPS

BATCH = 1024

_AMONG = "IN (SELECT value FROM json_each(?))"
_STORED = f"""SELECT s.row, d.title, d.source, t.feedback_id, t.tag,
    {", ".join("s." + name for name in columns.SENTENCE_COLUMNS)}
    FROM sentences s JOIN documents d USING (document_id) LEFT JOIN settled t USING (row)"""
# One row of SQLite's: after each, threads that wait for the interpreter would take it away.
_SKETCHED = f"""SELECT json_array({", ".join(f"json_group_array({name})" for name in columns.SKETCH_COLUMNS)}),
    group_concat(scores, char(10)) FROM (SELECT {", ".join(columns.SKETCH_COLUMNS)},
    iif(t.tag IS NULL, scores, json_object(dimension, 1.0)) AS scores FROM sentences LEFT JOIN settled t USING (row)
    WHERE row {_AMONG} ORDER BY row)"""
_INSERT_SENTENCE = f"""INSERT INTO sentences ({", ".join(columns.SENTENCE_COLUMNS)}, embedding)
    VALUES ({"?, " * len(columns.SENTENCE_COLUMNS)}?)"""


class Store:
    """One open store. Safe to use from several threads and several processes at once.

    One connection reads and one writes, each behind its own lock: readers never see half a transaction and are not
    held up by a long one, and both files are closed when told to, which connections per thread are not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading, self._writing = threading.RLock(), threading.RLock()
        self._closing = contextlib.ExitStack()
        self._writer, self._reader = self._connect(), self._connect()

    @classmethod
    def open(cls, path: Path, *, create: tuple[str, int] | None = None) -> Self:
        """Return the store at a path; `create` holds fingerprint and width for a new one. Raises NoCorpus."""
        missing = NoCorpus(f"{path.parent} holds no corpus; add a report first: 'liuwei index add FILE'")
        if path.parent.is_file():
            raise NoCorpus(f"{path.parent} is a file; name a folder with --data-dir")
        if create is None and not path.is_file():
            raise missing
        with contextlib.ExitStack() as opening:
            store = cls(path)
            opening.callback(store.close)
            if create is None and not store._version():
                raise missing  # whoever began to create it was stopped before the first step was done
            store._migrate(*(create or ("", 0)))
            opening.pop_all()
        return store

    def close(self) -> None:
        """Close both connections."""
        self._closing.close()

    def encoder(self) -> tuple[str, int]:
        """Return fingerprint and width of the embedder whose vectors are stored."""
        fingerprint, dim = self.read(MADE_WITH)[0]
        return fingerprint, dim

    def refuse_other(self, fingerprint: str) -> None:
        """Raise EmbedderMismatch unless the stored vectors come from the embedder with this fingerprint."""
        stored = self.encoder()[0]
        if stored != fingerprint:
            raise EmbedderMismatch(f"the corpus has vectors of {stored}, not {fingerprint}; run 'liuwei index rebuild'")

    def moment(self) -> Moment:
        """Return the newest generation."""
        generation, token = self.read("SELECT generation, token FROM changes ORDER BY generation DESC LIMIT 1")[0]
        return Moment(generation=generation, token=token)

    def knows(self, moment: Moment) -> bool:
        """Return whether this store was ever at a moment, so that what changed since then can be told."""
        return [(moment.token,)] == self.read("SELECT token FROM changes WHERE generation = ?", moment.generation)

    def removed_since(self, generation: int) -> list[tuple[int, int]]:
        """Return the first and last row of every range that was removed after a generation."""
        query = "SELECT removed_first, removed_last FROM changes WHERE removed_first IS NOT NULL AND generation > ?"
        return self.read(query, generation)

    def texts_after(self, row: int) -> Iterator[tuple[list[int], list[str]]]:
        """Yield rows above a row, ascending, with their texts, a batch at a time."""
        yield from self._batches("text", after=row)

    def vectors_after(self, row: int) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield rows above a row, ascending, with their vectors (n, dim), a batch at a time."""
        dim = self.encoder()[1]
        for rows, blobs in self._batches("embedding", after=row):
            yield rows, columns.vectors_of(blobs, dim=dim)

    def add(
        self,
        document: Document,
        sentences: Sequence[Sentence],
        tags: Sequence[Tag],
        vectors: NDArray[np.float32],
        *,
        fingerprint: str,
    ) -> AddStatus:
        """Store a document with all that belongs to it, or nothing. Raises EmbedderMismatch, CorpusBusy."""
        values = (columns.sentence_values(document.document_id, *pair) for pair in zip(sentences, tags, strict=True))
        rows = ((*value, blob) for value, blob in zip(values, columns.vector_blobs(vectors), strict=True))
        with self._transaction() as database:
            # The reader may look here: nobody else can write, and we have written nothing yet.
            self.refuse_other(fingerprint)
            if self.contains(document.document_id):
                return "unchanged"
            database.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)", columns.document_values(document))
            database.executemany(_INSERT_SENTENCE, rows)
            settle(database, document.document_id)
            _record(database)
        return "added"

    def remove(self, document_id: str) -> None:
        """Remove a document with all that belongs to it. Raises UnknownDocument, CorpusBusy."""
        with self._transaction() as database:
            span = "SELECT min(row), max(row) FROM sentences WHERE document_id = ?"
            removed = database.execute(span, (document_id,)).fetchone()
            if not database.execute("DELETE FROM documents WHERE document_id = ?", (document_id,)).rowcount:
                raise UnknownDocument(f"the corpus holds no document {document_id!r}")
            _record(database, removed=removed)

    def replace_vectors(
        self, batches: Iterable[tuple[list[int], NDArray[np.float32]]], *, fingerprint: str, dim: int
    ) -> None:
        """Replace all vectors by those of another embedder, all or none. Forgets the past: both indexes start anew."""
        with self._transaction() as database:
            for rows, vectors in batches:
                blobs = zip(columns.vector_blobs(vectors), rows, strict=True)
                database.executemany("UPDATE sentences SET embedding = ? WHERE row = ?", blobs)
            database.execute("UPDATE meta SET fingerprint = ?, dim = ?", (fingerprint, dim))
            _record(database)
            database.execute("DELETE FROM changes WHERE generation < (SELECT max(generation) FROM changes)")

    def give_back(self) -> None:
        """Give the disk the room of what was removed, where that is much. Raises CorpusUnwritable."""
        with self._writing, translated(self._path):
            shrink(self._writer)

    def copy_into(self, path: Path) -> None:
        """Make the store at a path, or a new one, hold what this one holds, all or nothing. Raises CorpusDamaged."""
        with self._reading, translated(path), contextlib.closing(connected(path)) as target:
            copy_whole(self._reader, target)

    def contains(self, document_id: str) -> bool:
        """Return whether a document is stored."""
        return bool(self.read("SELECT 1 FROM documents WHERE document_id = ?", document_id))

    def documents(self, ids: Sequence[str] | None = None, *, limit: int = -1, offset: int = 0) -> list[DocumentSummary]:
        """Return the summaries of all documents, or of those named, oldest first; `limit` after the first `offset`."""
        names = ", ".join(columns.DOCUMENT_COLUMNS).replace("text", "length(text)")
        counted = "(SELECT count(*) FROM sentences s WHERE s.document_id = d.document_id)"
        where = "" if ids is None else f"WHERE document_id {_AMONG}"
        page = f"SELECT rowid FROM documents {where} ORDER BY added_at, rowid LIMIT ? OFFSET ?"
        query = f"SELECT {names}, {counted} FROM documents d WHERE rowid IN ({page}) ORDER BY added_at, rowid"
        values = [json.dumps(list(ids))] if ids is not None else []
        return [columns.summary_of(row) for row in self.read(query, *values, limit, offset)]

    def document(self, document_id: str) -> Document:
        """Return a document. Raises UnknownDocument."""
        names = ", ".join(columns.DOCUMENT_COLUMNS)
        rows = self.read(f"SELECT {names} FROM documents WHERE document_id = ?", document_id)
        if not rows:
            raise UnknownDocument(f"the corpus holds no document {document_id!r}")
        return columns.document_of(rows[0])

    def sentences(self, document_id: str) -> list[StoredSentence]:
        """Return the sentences of a document in their order; an unknown document has none."""
        return list(
            map(columns.sentence_of, self.read(f"{_STORED} WHERE document_id = ? ORDER BY ordinal", document_id))
        )

    def stored(self, rows: Sequence[int]) -> dict[int, StoredSentence]:
        """Return the sentences with these row numbers; rows that are gone are left out."""
        found = self.read(f"{_STORED} WHERE s.row {_AMONG}", json.dumps(list(rows)))
        return {row[0]: columns.sentence_of(row) for row in found}

    def sketched(self, rows: Sequence[int]) -> tuple[Sequence[list[Any]], list[str]]:
        """Return `SKETCH_COLUMNS` of those rows that are there, a list each, by row, and their scores as JSON.

        Where a person settled the dimension, it alone has a score.
        """
        [(found, scores)] = self.read(_SKETCHED, json.dumps(list(rows)))
        return json.loads(found), scores.split("\n") if scores else []

    def vectors(self, rows: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Return the vectors of these rows, each (dim,); rows that are gone are left out."""
        found = dict(self.read(f"SELECT row, embedding FROM sentences WHERE row {_AMONG}", json.dumps(list(rows))))
        return dict(zip(found, columns.vectors_of(found.values(), dim=self.encoder()[1]), strict=True))

    def passage(self, document_id: str, passage: int) -> tuple[int, str] | None:
        """Return where a passage starts and its text, None for one that is gone."""
        query = """SELECT min(start), max(stop), d.text FROM sentences JOIN documents d USING (document_id)
            WHERE document_id = ? AND passage = ? GROUP BY document_id"""
        found = self.read(query, document_id, passage)
        return next(((start, text[start:end]) for start, end, text in found), None)

    def allowed(self, wanted: SearchFilter) -> NDArray[np.int64]:
        """Return the rows that pass a filter, ascending. Asked for as one text: a million one by one take longer."""
        fields = {"dimension": wanted.dimension, "settled_role": wanted.role, "document_id": wanted.document_id}
        used = {name: json.dumps(values) for name, values in fields.items() if values}
        where = " AND ".join(f"{name} {_AMONG}" for name in used) or "1"
        [(rows,)] = self.read(f"SELECT group_concat(row) FROM sentences WHERE {where}", *used.values())
        return np.sort(np.fromstring(rows or "", dtype=np.int64, sep=","))

    def counts(self) -> tuple[int, int]:
        """Return how many documents and how many sentences are stored."""
        documents, sentences = (self.read(f"SELECT count(*) FROM {name}")[0][0] for name in ("documents", "sentences"))
        return documents, sentences

    def tally(self, column: Literal["dimension", "settled_role"]) -> dict[str, int]:
        """Return the number of sentences by dimension or by role."""
        return dict(self.read(f"SELECT {column}, count(*) FROM sentences GROUP BY {column} ORDER BY {column}"))

    def label_count(self) -> int:
        """Return how many labels people ever gave, those that were taken back included."""
        return int(self.read("SELECT count(*) FROM labels")[0][0])

    def read(self, query: str, *values: str | int) -> list[Any]:
        """Return the rows of a query."""
        with self._reading, translated(self._path):
            return self._reader.execute(query, values).fetchall()

    @contextlib.contextmanager
    def labelling(self) -> Iterator[Connection]:
        """Yield a connection for a change of labels, which is one transaction and one new generation."""
        with self._transaction() as database:
            yield database
            _record(database)

    def faults(self) -> list[str]:
        """Return what SQLite finds wrong with the file, at most 100 lines; empty when it is sound."""
        found = [line for (line,) in self.read("PRAGMA integrity_check") if line != "ok"]
        return found + [f"orphan in {row[0]}" for row in self.read("PRAGMA foreign_key_check")]

    def _connect(self) -> Connection:
        connection = connected(self._path)
        self._closing.callback(connection.close)
        return connection

    def _batches(self, column: str, *, after: int) -> Iterator[tuple[list[int], list[Any]]]:
        query = f"SELECT row, {column} FROM sentences WHERE row > ? ORDER BY row LIMIT {BATCH}"
        while found := self.read(query, after):
            rows, values = zip(*found, strict=True)
            yield list(rows), list(values)
            after = rows[-1]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._writing, translated(self._path):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    def _migrate(self, fingerprint: str, dim: int) -> None:
        for number in range(self._version(), len(STEPS)):
            with self._transaction() as database:
                if database.execute("PRAGMA user_version").fetchone()[0] != number:
                    continue  # another process took this step while we waited
                for statement in STEPS[number]:
                    database.execute(statement)
                if number == 0:
                    database.execute("INSERT INTO meta VALUES (?, ?)", (fingerprint, dim))
                    _record(database)
                database.execute(f"PRAGMA user_version = {number + 1}")

    def _version(self) -> int:
        version = int(self.read("PRAGMA user_version")[0][0])
        if version > len(STEPS):
            raise CorpusDamaged(f"{self._path} has format {version}, this version reads up to {len(STEPS)}; update")
        return version


def _record(database: Connection, *, removed: tuple[int | None, int | None] = (None, None)) -> None:
    """Write the generation that the running transaction makes."""
    query = "INSERT INTO changes SELECT coalesce(max(generation), 0) + 1, ?, ?, ? FROM changes"
    database.execute(query, (secrets.token_hex(8), *removed))
