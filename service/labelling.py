"""What people say of sentences, as command line and HTTP API call it: labels given and taken back, what to ask next."""

from dataclasses import dataclass

from index.asking import doubt
from index.errors import UnknownSentence
from index.records import Label, StoredSentence
from service.errors import BadRequest
from service.label_names import code_of
from service.runtime import Runtime
from service.tagged import context_of

LONGEST_AUTHOR = 200
LONGEST_NOTE = 2_000
MOST_QUESTIONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person says: of a sentence of the corpus by its id, or of a text; the other one is empty."""

    sentence_id: str = ""
    text: str = ""
    context: str = ""
    dimension: str
    role: str | None = None
    author: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A sentence to ask a person about, and how unsure the classifier is of it, from 0 to 1."""

    sentence: StoredSentence
    doubt: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPage:
    """A part of the list of labels, newest first; `total` counts all there are."""

    labels: list[Label]
    total: int


def say(runtime: Runtime, said: Said) -> Label:
    """Store what a person says and return it. Raises BadRequest, BadText, UnknownSentence, CorpusBusy."""
    taxonomy = runtime.taxonomy
    dimension = code_of(said.dimension, taxonomy.dimensions, param="dimension")
    role = None if said.role is None else code_of(said.role, taxonomy.roles, param="role")
    if bool(said.sentence_id) == bool(said.text):
        raise BadRequest("wanted is a sentence_id or a text, one of the two", param="sentence_id")
    labels = runtime.corpus(create=True).labels
    document_id, ordinal, text, context = None, None, said.text, said.context
    if said.sentence_id:
        sentence = labels.sentence(*_parted(said.sentence_id))
        document_id, ordinal = sentence.document_id, sentence.sentence.ordinal
        text, context = sentence.sentence.text, context_of(sentence.sentence)
    else:
        runtime.texts.check(text, "text")
    return labels.add(
        Label(
            feedback_id="",
            document_id=document_id,
            ordinal=ordinal,
            text=text,
            context=context,
            dimension=dimension,
            role=role,
            author=said.author,
            note=said.note,
            made_at="",
        )
    )


def take_back(runtime: Runtime, feedback_id: str, *, author: str = "") -> Label:
    """Take a label back and return it. Raises UnknownFeedback, CorpusBusy, NoCorpus."""
    return runtime.corpus().labels.undo(feedback_id, author=author)


def label(runtime: Runtime, feedback_id: str) -> Label:
    """Return a label by its id. Raises UnknownFeedback, NoCorpus."""
    return runtime.corpus().labels.one(feedback_id)


def labels(runtime: Runtime, *, limit: int, offset: int = 0) -> LabelPage:
    """Return `limit` labels after the first `offset`, newest first, those taken back included. Raises NoCorpus."""
    every = runtime.corpus().labels.all()[::-1]
    return LabelPage(labels=every[offset : offset + limit], total=len(every))


def questions(runtime: Runtime, *, limit: int) -> list[Question]:
    """Return at most `limit` sentences to ask a person about, the most telling first. Raises NoCorpus."""
    found = runtime.corpus().labels.to_ask(limit)
    return [Question(sentence=one, doubt=doubt(list(one.tag.scores.values()))) for one in found]


def _parted(sentence_id: str) -> tuple[str, int]:
    document_id, _, ordinal = sentence_id.rpartition(":")
    if not document_id or not ordinal.isascii() or not ordinal.isdigit() or len(ordinal) > 9:
        raise UnknownSentence(f"the corpus holds no sentence {sentence_id!r}; an id is document_id:ordinal")
    return document_id, int(ordinal)
