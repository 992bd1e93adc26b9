"""Records to database columns and back. Pure: no SQL beyond the names of the columns, no file."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import CorpusDamaged
from index.matrix import unit_rows
from index.records import Document, DocumentSummary, Sentence, StoredSentence, Tag

DOCUMENT_COLUMNS = ("document_id", "title", "source", "text", "metadata", "added_at")
TAG_COLUMNS = ("dimension", "confidence", "scores", "secondary", "settled_role", "abstained", "reason")
SENTENCE_COLUMNS = (
    *("document_id", "ordinal", "start", "stop", "text", "path", "role", "declared", "passage", "is_heading"),
    *TAG_COLUMNS,
)
SKETCH_COLUMNS = ("row", "document_id", "passage", "text", "settled_role")
VECTOR_TYPE = np.dtype("<f2")
"""Half precision: half the file, and a cosine moves by less than 0.001."""


@contextlib.contextmanager
def well_formed() -> Iterator[None]:
    """Raise CorpusDamaged for a stored value that is not what was written: SQLite does not look into its fields."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise CorpusDamaged(
            f"something stored is damaged ({error}); 'liuwei index verify' names the report: remove and add it again, "
            "or restore a backup: 'liuwei index restore FILE'"
        ) from error


def document_values(document: Document) -> tuple[Any, ...]:
    """Return the values of `DOCUMENT_COLUMNS`; a document without `added_at` gets the time of now in UTC."""
    added_at = document.added_at or datetime.now(UTC).isoformat(timespec="microseconds")
    metadata = _json(dict(document.metadata))
    return document.document_id, document.title, document.source, document.text, metadata, added_at


@well_formed()
def document_of(values: Sequence[Any]) -> Document:
    """Return the document whose `DOCUMENT_COLUMNS` are given. Raises CorpusDamaged."""
    _refuse_bytes(values)
    document_id, title, source, text, metadata, added_at = values
    return Document(
        document_id=document_id,
        title=title,
        source=source,
        text=text,
        metadata=dict(json.loads(metadata)),
        added_at=added_at,
    )


@well_formed()
def summary_of(values: Sequence[Any]) -> DocumentSummary:
    """Return the summary from `DOCUMENT_COLUMNS` with the length in place of the text, then the sentence count.

    Raises CorpusDamaged.
    """
    _refuse_bytes(values)
    document_id, title, source, characters, metadata, added_at, sentences = values
    return DocumentSummary(
        document_id=document_id,
        title=title,
        source=source,
        metadata=dict(json.loads(metadata)),
        added_at=added_at,
        sentences=sentences,
        characters=characters,
    )


def sentence_values(document_id: str, sentence: Sentence, tag: Tag) -> tuple[Any, ...]:
    """Return the values of `SENTENCE_COLUMNS`."""
    return (
        *(document_id, sentence.ordinal, sentence.start, sentence.end, sentence.text, _json(sentence.path)),
        *(sentence.role, sentence.declared, sentence.passage, sentence.is_heading),
        *tag_values(tag),
    )


def tag_values(tag: Tag) -> tuple[Any, ...]:
    """Return the values of `TAG_COLUMNS`."""
    scores, secondary = _json(dict(tag.scores)), _json(tag.secondary)
    return tag.dimension, tag.confidence, scores, secondary, tag.role, tag.abstained, tag.reason


@well_formed()
def sentence_of(values: Sequence[Any]) -> StoredSentence:
    """Return the sentence from row, title and source of its document, what settled it, and `SENTENCE_COLUMNS`.

    Raises CorpusDamaged.
    """
    _refuse_bytes(values)
    row, title, source, feedback_id, guess, document_id, *rest = values
    tag = _tag(rest[9:])
    return StoredSentence(
        row=row,
        document_id=document_id,
        title=title,
        source=source,
        sentence=_sentence(rest[:9]),
        tag=_sure(tag) if guess else tag,
        feedback_id=feedback_id,
        guess=_guess(json.loads(guess), tag.scores) if guess else None,
    )


def vector_blobs(vectors: NDArray[np.float32]) -> list[bytes]:
    """Return each row of the vectors as bytes in half precision."""
    return [vector.tobytes() for vector in vectors.astype(VECTOR_TYPE)]


@well_formed()
def vectors_of(blobs: Iterable[bytes], *, dim: int) -> NDArray[np.float32]:
    """Return (n, dim) float32, rows of length 1 again after the rounding. Raises CorpusDamaged for another width."""
    vectors = np.frombuffer(b"".join(blobs), dtype=VECTOR_TYPE).reshape(-1, dim).astype(np.float32)
    return unit_rows(vectors)


def _sentence(values: Sequence[Any]) -> Sentence:
    ordinal, start, end, text, path, role, declared, passage, is_heading = values
    return Sentence(
        ordinal=ordinal,
        start=start,
        end=end,
        text=text,
        path=tuple(json.loads(path)),
        role=role,
        declared=declared,
        passage=passage,
        is_heading=bool(is_heading),
    )


def _tag(values: Sequence[Any]) -> Tag:
    dimension, confidence, scores, secondary, role, abstained, reason = values
    return Tag(
        dimension=dimension,
        confidence=confidence,
        scores=dict(json.loads(scores)),
        secondary=tuple(json.loads(secondary)),
        role=role,
        abstained=bool(abstained),
        reason=reason,
    )


def _sure(tag: Tag) -> Tag:
    """Return the tag as a person's word makes it: no doubt is left, and nothing stands beside it."""
    scores = {**dict.fromkeys(tag.scores, 0.0), tag.dimension: 1.0}
    return replace(tag, confidence=1.0, scores=scores, secondary=())


def _guess(values: Sequence[Any], scores: Mapping[str, float]) -> Tag:
    """Return what the classifier had said, from the values that the person's label took the place of."""
    dimension, confidence, *rest = values
    return _tag([dimension, confidence, _json(scores), *rest])


def _refuse_bytes(values: Sequence[Any]) -> None:
    # One changed bit makes bytes of what was a text.
    if any(isinstance(value, bytes) for value in values):
        raise TypeError("bytes where a text should be")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
