"""BM25 over sentences with Chinese terms. The only file that knows tantivy.

Tantivy's own tokenizers make a whole Chinese clause one term, so it gets text that is already cut.
"""

import contextlib
import errno
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import FieldType, Occur, Query

from index.errors import CorpusDamaged, CorpusUnwritable
from index.records import Found
from index.terms import LONGEST_WORD, characters, held, is_chinese, pieces, singles, terms

# How tantivy quotes the number of an error of the system's.
OF_THE_SYSTEM = re.compile(r"os error (\d+)|Os \{ code: (\d+)|io::Error most likely")
NOT_THERE = errno.ENOENT
# What Rust could not go on with, as where no thread can be started; no Exception, and nowhere to be imported from.
PANIC = "PanicException"
FEW_ROWS = 5_000
HEAP_BYTES = 50_000_000


class LexicalIndex:
    """Terms of sentences by row number, in a folder, or in memory without one. Searches are safe between threads.

    One `update` at a time: whoever calls it sees to that, between processes too. What it writes is seen whole or not.
    """

    def __init__(self, folder: Path | None = None) -> None:
        with _translated(folder):
            self._tantivy = tantivy.Index(_schema(), None if folder is None else str(folder))
            whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
            self._tantivy.register_tokenizer("cut", whitespace)
        self._folder = folder

    def __len__(self) -> int:
        """Return the number of sentences."""
        return int(self._tantivy.searcher().num_docs)

    def reload(self) -> None:
        """See what another process has written. Raises CorpusDamaged."""
        with _translated(self._folder):
            self._tantivy.reload()

    def update(
        self, batches: Iterable[tuple[Sequence[int], Sequence[str]]], *, removed: Sequence[tuple[int, int]], after: int
    ) -> None:
        """Drop spans of rows, both ends included, and add rows above `after` with their texts, all or nothing.

        Rows above `after` that are there already come from a writer that was stopped; they go first.
        """
        with _translated(self._folder):
            writer = self._tantivy.writer(heap_size=HEAP_BYTES, num_threads=1)
            try:
                self._write(writer, batches, spans=(*removed, (after + 1, None)))
                writer.commit()
                writer.wait_merging_threads()
            finally:
                del writer  # it drops what is not committed, and a traceback that kept it would keep its lock
            self._tantivy.reload()

    def search(self, query: str, *, top_k: int, allowed: NDArray[np.int64] | None = None) -> list[Found]:
        """Return the rows that hold terms of the query with their BM25 score, best first, fewer where there are fewer.

        `allowed` holds the only rows that may be found; None allows all. Raises CorpusDamaged.
        """
        wanted = _any_of(self._tantivy.schema, query)
        if allowed is None or wanted is None:
            return self._best(wanted, depth=top_k)
        if len(allowed) <= FEW_ROWS:
            return self._best(_within(self._tantivy.schema, wanted, allowed.tolist()), depth=top_k)
        return self._sifted(wanted, top_k=top_k, allowed=allowed)

    def coverage(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n,) float32: the share of a query that each text holds, 1 for all of it.

        Its characters, pairs and words count, the rare ones for more: each by the square of its rarity, as in the
        product of two tf-idf vectors. Unlike a BM25 score it means the same for every query. Raises CorpusDamaged.
        """
        asked = sorted(pieces(query))
        rarities = self._rarities(asked)
        return np.asarray(held(asked, texts) @ rarities / (rarities.sum() or 1), dtype=np.float32)

    def _rarities(self, asked: Sequence[str]) -> NDArray[np.float32]:
        """Return (m,) the square of each piece's inverse document frequency, as BM25 counts it."""
        with _translated(self._folder):
            searcher = self._tantivy.searcher()
            fields = ["characters" if len(piece) == 1 and is_chinese(piece) else "terms" for piece in asked]
            holders = [searcher.doc_freq(*pair) for pair in zip(fields, [p[:LONGEST_WORD] for p in asked], strict=True)]
            count = np.array(holders, dtype=np.float32)
            return np.asarray(np.log(1 + (searcher.num_docs - count + 0.5) / (count + 0.5)) ** 2, dtype=np.float32)

    def _write(
        self,
        writer: tantivy.IndexWriter,
        batches: Iterable[tuple[Sequence[int], Sequence[str]]],
        *,
        spans: Iterable[tuple[int, int | None]],
    ) -> None:
        for first, last in spans:
            span = Query.range_query(self._tantivy.schema, "row", FieldType.Unsigned, first, last)
            writer.delete_documents_by_query(span)
        for rows, texts in batches:
            for row, text in zip(rows, texts, strict=True):
                writer.add_document(_entry(row, text))

    def _sifted(self, wanted: Query, *, top_k: int, allowed: NDArray[np.int64]) -> list[Found]:
        """Look deeper until enough of the results are allowed: cheaper than a query that names many rows."""
        depth = top_k
        while True:
            depth *= 4
            found = self._best(wanted, depth=depth)
            kept = np.isin([hit.row for hit in found], allowed, assume_unique=True)
            if kept.sum() >= top_k or len(found) < depth:
                return [hit for hit, keep in zip(found, kept, strict=True) if keep][:top_k]

    def _best(self, wanted: Query | None, *, depth: int) -> list[Found]:
        if wanted is None or depth < 1:
            return []
        with _translated(self._folder):
            searcher = self._tantivy.searcher()
            hits = searcher.search(wanted, limit=min(depth, searcher.num_docs or 1), count=False).hits
            rows = searcher.fast_field_values("row", [address for _, address in hits])
        pairs = sorted((-score, int(row or 0)) for (score, _), row in zip(hits, rows, strict=True))
        return [Found(row=row, score=-negative) for negative, row in pairs]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_text_field("terms", tokenizer_name="cut", index_option="freq")
    builder.add_text_field("characters", tokenizer_name="cut", index_option="freq")
    return builder.build()


def _entry(row: int, text: str) -> tantivy.Document:
    entry = tantivy.Document()
    entry.add_unsigned("row", row)
    entry.add_text("terms", " ".join(terms(text)))
    entry.add_text("characters", " ".join(characters(text)))
    return entry


def _any_of(schema: tantivy.Schema, query: str) -> Query | None:
    """Return the query that finds any term of a text; None when the text has none."""
    wanted = [("terms", term) for term in terms(query)] + [("characters", single) for single in singles(query)]
    parts = [Query.term_query(schema, field, term, index_option="freq") for field, term in wanted]
    return Query.boolean_query([(Occur.Should, part) for part in parts]) if parts else None


def _within(schema: tantivy.Schema, wanted: Query, rows: Sequence[int]) -> Query:
    # The score of the row condition is 0, so that BM25 alone decides the order.
    condition = Query.const_score_query(Query.term_set_query(schema, "row", rows), 0.0)
    return Query.boolean_query([(Occur.Must, wanted), (Occur.Must, condition)])


@contextlib.contextmanager
def _translated(folder: Path | None) -> Iterator[None]:
    """Turn what tantivy raises, a ValueError for nearly everything or a panic, into a fault of ours."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, ValueError | OSError) and type(error).__name__ != PANIC:
            raise
        found = OF_THE_SYSTEM.search(str(error))
        number = int(found[1] or found[2] or errno.EIO) if found else NOT_THERE
        if number != NOT_THERE:
            advice = "check the space on its disk and the permissions"
            system = OSError(number, os.strerror(number))
            raise CorpusUnwritable(f"lexical index {folder}: {system.strerror}; {advice}") from system
        raise CorpusDamaged(f"lexical index {folder or 'in memory'}: {error}; run 'liuwei index rebuild'") from error
