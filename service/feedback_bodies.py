"""Bodies of requests and answers about feedback and heads, as pydantic models."""

from typing import Annotated, Literal

from pydantic import Field

from models.classifier import Reason
from service.answers import Probability
from service.labelling import LONGEST_AUTHOR, LONGEST_NOTE, MOST_QUESTIONS, Said
from service.schemas import Body, Chars, OptionalText, Text

Author = Annotated[Chars, Field(max_length=LONGEST_AUTHOR)]


class FeedbackRequest(Body):
    """What a person says of a sentence of the corpus (`sentence_id`) or of a text, one of the two."""

    sentence_id: Chars | None = Field(default=None, max_length=200, examples=["3f2a9c0d11e87b64:12"])
    text: Text | None = Field(default=None)
    context: OptionalText = Field(default="", description="The heading above the text; a sentence brings its own.")
    dimension: Chars = Field(examples=["style"])
    role: Chars | None = Field(default=None, examples=["problem"])
    author: Author = Field(default="", examples=["张三"])
    note: Chars = Field(default="", max_length=LONGEST_NOTE)

    def said(self) -> Said:
        """Return it as the runtime takes it."""
        return Said(
            sentence_id=self.sentence_id or "",
            text=self.text or "",
            context=self.context,
            dimension=self.dimension,
            role=self.role,
            author=self.author,
            note=self.note,
        )


class Undoing(Body):
    """Who takes a label back."""

    author: Author = ""


class Asked(Body):
    """How many sentences to ask about."""

    limit: int = Field(default=20, ge=1, le=MOST_QUESTIONS)


class UseRequest(Body):
    """Which head to put in use."""

    name: Chars = Field(max_length=100, examples=["v0002"])


class Feedback(Body):
    """A person's label. `undone_at` is null while it counts."""

    feedback_id: str
    sentence_id: str | None
    text: str
    context: str
    dimension: str
    role: str | None
    author: str
    note: str
    made_at: str
    undone_at: str | None
    undone_by: str | None


class FeedbackList(Body):
    """A part of the list of labels, newest first; `total` counts all there are, those taken back included."""

    data: list[Feedback]
    total: int


class Question(Body):
    """A sentence that a label would teach most from; `doubt` is 0 for a sure prediction and 1 for two equal scores."""

    sentence_id: str
    document_id: str
    title: str
    path: list[str]
    text: str
    dimension: str
    role: str
    confidence: Probability
    scores: dict[str, Probability]
    reason: Reason | None
    doubt: Probability


class Queue(Body):
    """What to ask a person next, the most telling first."""

    data: list[Question]


class Head(Body):
    """A classifier head; what it cannot tell is null, and `error` says why it is damaged."""

    name: str
    in_use: bool
    model: str | None
    taxonomy: str | None
    encoder: str | None
    examples: int | None = Field(description="Those that it can show as evidence, not all that it was fitted to.")
    metrics: dict[str, float] | None
    trained_at: str | None
    error: str | None


class HeadInUse(Head):
    """The head that is in use now; `notes` say what is to be known of it, as that the corpus has labels of another."""

    notes: list[str]


class HeadList(Body):
    """All heads, the bundled one first, then by age."""

    data: list[Head]


class RefitAnswer(Body):
    """The refitted head, now in use. The shares tell how far it follows the labels and how little else it changed."""

    status: Literal["refitted"]
    head: Head
    previous: str
    labels: int
    left_out: int
    agreed_before: Probability
    agreed_after: Probability
    changed: Probability
    took_s: float
