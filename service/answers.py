"""Bodies of answers, as pydantic models: the OpenAPI document shows them, a test holds `service.shapes` to them.

They are not run on real answers, which are built once, by `service.shapes`, and written as they are.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from models.classifier import Reason
from service.schemas import Body

Probability = Annotated[float, Field(ge=0, le=1)]
Offset = Annotated[int, Field(ge=0, description="In code points; an end is excluded.")]
Span = Annotated[list[Offset], Field(min_length=2, max_length=2)]


class Evidence(Body):
    """A labelled example near the text; `similarity` is the cosine."""

    text: str
    dimension: str
    similarity: float


class Prediction(Body):
    """What the classifier says of a text. `dimension` is the best guess, given even where it abstained."""

    index: int = Field(ge=0, description="Which input this is about, from 0.")
    dimension: str
    label: str
    confidence: Probability
    scores: dict[str, Probability] = Field(description="All dimensions; they sum to 1.")
    secondary: list[str]
    role: str
    abstained: bool
    reason: Reason | None
    evidence: list[Evidence]
    counter_evidence: Evidence | None


class ClassifyAnswer(Body):
    """One prediction per input, in their order, and what made them."""

    model: str
    taxonomy: str
    data: list[Prediction]


class HitScores(Body):
    """The scores of both legs of the search: cosine and BM25; null where that leg did not find it."""

    dense: float | None
    lexical: float | None


class HitRanks(Body):
    """The place of the hit in the order of each leg, from 1; null where that leg did not find it."""

    dense: int | None
    lexical: int | None


class HitNeighbour(Body):
    """A sentence that stands before or after a hit."""

    sentence_id: str
    text: str
    start: Offset
    end: Offset


class HitDuplicates(Body):
    """Sentences that say nearly the same as the hit and are not shown."""

    count: int
    sentence_ids: list[str]


class Hit(Body):
    """One search result. `highlights` and `closest` are [start, end] in `text`; `start` and `end` are in the document.

    `before`, `after`, `duplicates` and `closest` are empty unless `neighbours`, `collapse` and `closest` ask for them.
    """

    rank: int
    score: float
    scores: HitScores
    text: str
    sentence_id: str
    document_id: str
    title: str
    source: str
    dimension: str
    role: str
    declared: str | None
    path: list[str]
    start: Offset
    end: Offset
    highlights: list[Span]
    ranks: HitRanks
    before: list[HitNeighbour]
    after: list[HitNeighbour]
    duplicates: HitDuplicates
    closest: Span | None


class SearchAnswer(Body):
    """The hits, best first, and how long the search took."""

    took_ms: float
    data: list[Hit]
    facets: dict[str, dict[str, int]] | None = Field(
        default=None, description="Only where asked for: counts of dimension, role and document_id."
    )


class DocumentRecord(Body):
    """A document without its text; `sentences` and `characters` are counts."""

    document_id: str
    title: str
    source: str
    metadata: dict[str, str]
    added_at: str
    sentences: int
    characters: int


class DocumentList(Body):
    """A part of the list of documents, oldest first; `total` counts all there are."""

    data: list[DocumentRecord]
    total: int


class Guess(Body):
    """What the classifier had said of a sentence before a person did."""

    dimension: str
    confidence: Probability
    scores: dict[str, Probability]
    secondary: list[str]
    role: str
    abstained: bool
    reason: Reason | None


class StoredSentence(Body):
    """A sentence of a document with its tag; `text` of the document from `start` to `end` is the sentence.

    Where a person has labelled it the tag is sure: `confidence` and the score of `dimension` are 1, `secondary` is
    empty; what the classifier had said is in `guess`.
    """

    sentence_id: str
    ordinal: int
    path: list[str]
    role: str
    declared: str | None
    text: str
    dimension: str
    confidence: Probability
    scores: dict[str, Probability]
    secondary: list[str]
    abstained: bool
    reason: Reason | None
    feedback_id: str | None = Field(description="The person's label that the tag follows; null for the classifier's.")
    guess: Guess | None = Field(description="What the classifier had said; null where the tag is the classifier's.")
    start: Offset
    end: Offset


class WholeDocument(DocumentRecord):
    """A document with its text and, as `items`, its sentences in their order."""

    text: str
    items: list[StoredSentence]


class Deleted(Body):
    """Which document is gone."""

    document_id: str
    deleted: Literal[True]


class Alive(Body):
    """The process is up."""

    status: Literal["alive"]


class Ready(Body):
    """Model and corpus answer; which ones they are."""

    status: Literal["ready"]
    model: str
    taxonomy: str
    encoder: str


class ErrorDetail(Body):
    """What went wrong: a word for programs, a sentence for people, the field it is about, the id to find it by."""

    type: str
    message: str
    param: str | None
    request_id: str


class ErrorAnswer(Body):
    """The body of every answer that is not a success."""

    error: ErrorDetail


_ERRORS = {
    401: "A key is needed, and there is none or a wrong one.",
    403: "The role of the key is not enough.",
    404: "There is nothing of this id.",
    408: "The body came too slowly.",
    409: "The job has not ended yet; ask again later.",
    413: "The body is larger than the server takes.",
    415: "The body is packed, or of a kind that this path does not take.",
    422: "The request is wrong; `param` says where.",
    429: "Too much is being done already; ask again later, where `Retry-After` is given after those seconds.",
    500: "Something stored is damaged, or something went wrong on our side.",
    503: "A model or the corpus cannot be used just now; the message says what to do.",
}


def error_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries for answers of these statuses."""
    return {status: {"model": ErrorAnswer, "description": _ERRORS[status]} for status in statuses}


def body_error_answers(*more: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries for all that can be wrong where there is a body, and for these statuses."""
    return error_answers(408, 413, 415, 422, 500, 503, *more)
