"""The records that pass between the parts of `index`, and the protocols that it needs from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

NodeKind = Literal["part", "section", "point", "paragraph"]
SearchMode = Literal["hybrid", "dense", "lexical"]
SearchUnit = Literal["sentence", "passage"]
AddStatus = Literal["added", "unchanged"]


class Embedder(Protocol):
    """What turns texts into vectors. Rows come back in input order, L2-normalised float32; n = 0 gives (0, dim)."""

    @property
    def fingerprint(self) -> str:
        """A name that changes whenever the vectors would change."""
        ...

    @property
    def dim(self) -> int:
        """The width of a vector."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, dim) float32 for texts that are to be found."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, dim) float32 for texts that search."""
        ...


class HeadingLabels(Protocol):
    """What a heading declares about the text below it."""

    def declared(self, heading: str) -> str | None:
        """Return the dimension code that the heading names, or None."""
        ...

    def role(self, heading: str) -> str | None:
        """Return the role code that the heading names, or None."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where a line of a table stands: the heading of its column, and what it is the first line of.

    The line that opens a table holds all of its headings. One that opens a block, a text box or a table without
    headings, is text like any other, but ends the list above it.
    """

    column: str = ""
    opens: Literal["table", "row", "block", ""] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    r"""One report. `text` is normalised: NFC, line ends `\n`, no control characters.

    `headings`, `cells` and `notes` come from the file and are not stored: the levels (1 outermost) of what its format
    makes a heading and the lines of its tables, by the place of their first character, and what of the file is not in
    the text.
    """

    document_id: str
    title: str
    source: str
    text: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    added_at: str = ""
    headings: Mapping[int, int] = field(default_factory=dict, compare=False)
    cells: Mapping[int, Cell] = field(default_factory=dict, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineNode:
    """One part, section, point or paragraph.

    Spans count code points into `Document.text`, end excluded. `start:end` is the whole node, heading and children
    included; `heading_start:heading_end` is the heading alone, number included (both equal `start` where a node has no
    heading, or one that stands elsewhere, at the top of a table). `parent` is the position of the parent in the
    outline, None at the top.
    """

    kind: NodeKind
    number: str
    heading: str
    heading_start: int
    heading_end: int
    start: int
    end: int
    parent: int | None
    declared: str | None
    role: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence or bare heading, `document.text[start:end] == text` (code points, end excluded).

    `path` holds the headings above it, outermost first. `role` and `declared` come from the nearest heading that names
    one. `passage` numbers the point (or paragraph, where there are no points) that it belongs to, from 0.
    """

    ordinal: int
    start: int
    end: int
    text: str
    path: tuple[str, ...]
    role: str | None
    declared: str | None
    passage: int
    is_heading: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """What a sentence is taken for, as the corpus keeps it. `role` is the settled one."""

    dimension: str
    confidence: float
    scores: Mapping[str, float]
    secondary: tuple[str, ...]
    role: str
    abstained: bool
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSentence:
    """A sentence as the corpus holds it. `row` is its number in the store and in both indexes, never used again.

    `feedback_id` names the person's label that its tag follows, None where the classifier decided. Then the tag is
    sure (confidence 1, no other score, nothing secondary), and `guess` is what the classifier had said.
    """

    row: int
    document_id: str
    title: str
    source: str
    sentence: Sentence
    tag: Tag
    feedback_id: str | None = None
    guess: Tag | None = None

    @property
    def sentence_id(self) -> str:
        """Return `document_id:ordinal`."""
        return f"{self.document_id}:{self.sentence.ordinal}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a person said of a text. `document_id` and `ordinal` name the sentence, None for a text of its own.

    `context` is the heading above it. `undone_at` and `undone_by` say when and by whom it was taken back.
    """

    feedback_id: str
    document_id: str | None
    ordinal: int | None
    text: str
    context: str
    dimension: str
    role: str | None
    author: str
    note: str
    made_at: str
    undone_at: str | None = None
    undone_by: str | None = None

    @property
    def sentence_id(self) -> str | None:
        """Return `document_id:ordinal`, None for a text of its own."""
        return None if self.document_id is None else f"{self.document_id}:{self.ordinal}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """Keep only hits that match one value of every field that is not empty."""

    dimension: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    document_id: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything is filtered."""
        return bool(self.dimension or self.role or self.document_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A sentence that stands before or after a hit; `start:end` are code points into `Document.text`."""

    sentence_id: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One search result.

    `start:end` are code points into `Document.text`; `highlights` are (start, end) pairs into `text`. `dense` is the
    cosine, `lexical` the BM25 score, each with the place in its own order, from 1; None where that leg did not find
    it. With unit `passage`, `text` is the whole passage and `sentence_id` its best sentence.

    Only where a search asks for it: `before` and `after`, in the order of the text; `duplicates`, the ids of sentences
    that say nearly the same and are not shown; `closest`, where in `text` the clause nearest in meaning stands.
    """

    rank: int
    score: float
    dense: float | None
    lexical: float | None
    text: str
    sentence_id: str
    document_id: str
    title: str
    source: str
    dimension: str
    role: str
    declared: str | None
    path: tuple[str, ...]
    start: int
    end: int
    highlights: tuple[tuple[int, int], ...]
    dense_rank: int | None = None
    lexical_rank: int | None = None
    before: tuple[Neighbour, ...] = ()
    after: tuple[Neighbour, ...] = ()
    duplicates: tuple[str, ...] = ()
    closest: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of `verify`: what was looked at, whether it holds, what was found and what to do."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSummary:
    """A document as a list shows it: everything but the text. `sentences` and `characters` are counts."""

    document_id: str
    title: str
    source: str
    metadata: Mapping[str, str]
    added_at: str
    sentences: int
    characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusStats:
    """What a corpus holds. `dimensions` and `roles` count sentences; `bytes_on_disk` is everything in its folder.

    `vector_recall` is the share of the ten nearest sentences that a search by meaning finds, measured on this corpus.
    """

    documents: int
    sentences: int
    dimensions: Mapping[str, int]
    roles: Mapping[str, int]
    bytes_on_disk: int
    encoder: str
    dim: int
    vector_index: str
    vector_recall: float
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point in the life of a store. `token` is random, so that two stores, or a restored one, never seem the same."""

    generation: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A row that one search leg found, and the leg's own score of it."""

    row: int
    score: float
