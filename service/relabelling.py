"""The labels of the corpus against the head in use: which it does not know, and all of them given anew by it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from index.errors import IndexFault, UnknownDocument
from models.artifacts import TAXONOMY
from models.errors import ModelFault
from models.taxonomy import Taxonomy, load_taxonomy
from service.heads import OpenHead
from service.runtime import Runtime
from service.settings import Settings
from service.tagged import context_of, tagged_sentence

if TYPE_CHECKING:
    from index.records import Sentence, StoredSentence, Tag

MOST_NAMED = 5


def unknown_labels(runtime: Runtime) -> str | None:
    """Return how many sentences have labels that the head in use does not know, and what to do; None for none.

    Raises IndexFault, ModelFault.
    """
    labels = runtime.corpus(any_embedder=True).labels
    found = labels.unknown(load_taxonomy(runtime.head_folder / TAXONOMY).codes)
    if not found:
        return None
    named = ", ".join([*list(found)[:MOST_NAMED], *(["…"] if len(found) > MOST_NAMED else [])])
    total = runtime.corpus(any_embedder=True).counts()[1]
    return (
        f"{sum(found.values())} of {total} sentences of the corpus have labels that the head in use does not know "
        f"({named}); 'liuwei index rebuild --classify' labels all anew"
    )


def told_labels(runtime: Runtime) -> str | None:
    """Return the same; None, too, where there is no corpus or it cannot be told."""
    try:
        return unknown_labels(runtime)
    except (IndexFault, ModelFault):
        return None


def told_labels_below(settings: Settings) -> str | None:
    """Return the same for a data directory."""
    with Runtime(settings) as runtime:
        return told_labels(runtime)


def notes_of_use(runtime: Runtime) -> list[str]:
    """Return what is to be said where a head was put in use: another is read, the corpus has labels of another."""
    return [note for note in (named_by_setting(runtime.settings), told_labels(runtime)) if note]


def named_by_setting(settings: Settings) -> str | None:
    """Return which head is read whichever is in use; None where no setting names one."""
    if not settings.head:
        return None
    return f"the setting head is {settings.head!r}: that head is read, whichever is in use here"


def relabel(runtime: Runtime, *, progress: Callable[[int, int], None]) -> int:
    """Label every sentence of the corpus anew by the head in use, a document at a time, and return how many.

    What people said stays; so do spans, headings and what a heading says of role and dimension. `progress` is told how
    many sentences are done and how many there are. Stopped at any moment, a document has either all its old labels or
    all its new ones. Raises CorpusBusy, ModelFault.
    """
    corpus, head = runtime.corpus(any_embedder=True), runtime.head
    total, done = corpus.counts()[1], 0
    for summary in corpus.documents():
        try:
            stored = corpus.sentences(summary.document_id)
        except UnknownDocument:
            continue  # removed meanwhile
        corpus.labels.replace_tags(summary.document_id, stored, _tags(runtime, head, stored))
        done += len(stored)
        progress(done, total)
    return done


def _tags(runtime: Runtime, head: OpenHead, stored: "Sequence[StoredSentence]") -> "list[Tag]":
    sentences = [_of_known_role(one.sentence, head.classifier.taxonomy) for one in stored]
    contexts = [context_of(sentence) for sentence in sentences]
    predictions = runtime.predictions(head, [sentence.text for sentence in sentences], contexts)
    pairs = zip(sentences, predictions, strict=True)
    return [tagged_sentence(sentence, prediction).tag for sentence, prediction in pairs]


def _of_known_role(sentence: "Sentence", taxonomy: Taxonomy) -> "Sentence":
    """Return the sentence without a role that only the taxonomy knows under which it was read."""
    return sentence if sentence.role in taxonomy.role_codes else replace(sentence, role=None)
