"""Records as plain JSON values: the one place that says which fields the command line and the HTTP API show."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from models.classifier import Evidence, Prediction

if TYPE_CHECKING:
    from index.records import Document, DocumentSummary, Hit, StoredSentence
    from service.tagged import TaggedSentence

Json = dict[str, Any]

TAG_FIELDS = (
    "document_id",
    "source",
    "ordinal",
    "path",
    "role",
    "declared",
    "text",
    "dimension",
    "confidence",
    "secondary",
    "abstained",
    "reason",
    "start",
    "end",
)


def prediction_json(prediction: Prediction) -> Json:
    """Return a prediction as JSON shows it, scores rounded to six places and similarities to four."""
    return {
        "dimension": prediction.dimension,
        "label": prediction.label,
        "confidence": _rounded(prediction.confidence),
        "scores": _rounded_scores(prediction.scores),
        "secondary": list(prediction.secondary),
        "role": prediction.role,
        "abstained": prediction.abstained,
        "reason": prediction.reason,
        "evidence": [_evidence_json(evidence) for evidence in prediction.evidence],
        "counter_evidence": _evidence_json(prediction.counter_evidence) if prediction.counter_evidence else None,
    }


def hit_json(hit: "Hit") -> Json:
    """Return a search hit as JSON shows it."""
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "scores": {"dense": hit.dense, "lexical": hit.lexical},
        "text": hit.text,
        "sentence_id": hit.sentence_id,
        "document_id": hit.document_id,
        "title": hit.title,
        "source": hit.source,
        "dimension": hit.dimension,
        "role": hit.role,
        "declared": hit.declared,
        "path": list(hit.path),
        "start": hit.start,
        "end": hit.end,
        "highlights": [list(span) for span in hit.highlights],
    }


def summary_json(summary: "DocumentSummary") -> Json:
    """Return a document without its text as JSON shows it."""
    return {
        "document_id": summary.document_id,
        "title": summary.title,
        "source": summary.source,
        "metadata": dict(summary.metadata),
        "added_at": summary.added_at,
        "sentences": summary.sentences,
        "characters": summary.characters,
    }


def stored_sentence_json(stored: "StoredSentence") -> Json:
    """Return a stored sentence with its tag as JSON shows it."""
    sentence, tag = stored.sentence, stored.tag
    return {
        "sentence_id": stored.sentence_id,
        "ordinal": sentence.ordinal,
        "path": list(sentence.path),
        "role": tag.role,
        "declared": sentence.declared,
        "text": sentence.text,
        "dimension": tag.dimension,
        "confidence": _rounded(tag.confidence),
        "scores": _rounded_scores(tag.scores),
        "secondary": list(tag.secondary),
        "abstained": tag.abstained,
        "reason": tag.reason,
        "start": sentence.start,
        "end": sentence.end,
    }


def tag_json(document: "Document", tagged: "TaggedSentence") -> Json:
    """Return a row of batch tagging, its fields those of TAG_FIELDS in their order."""
    sentence, prediction = tagged.sentence, tagged.prediction
    return {
        "document_id": document.document_id,
        "source": document.source,
        "ordinal": sentence.ordinal,
        "path": list(sentence.path),
        "role": tagged.role,
        "declared": sentence.declared,
        "text": sentence.text,
        "dimension": prediction.dimension,
        "confidence": _rounded(prediction.confidence),
        "secondary": list(prediction.secondary),
        "abstained": prediction.abstained,
        "reason": prediction.reason,
        "start": sentence.start,
        "end": sentence.end,
    }


def _evidence_json(evidence: Evidence) -> Json:
    return {
        "text": evidence.text,
        "dimension": evidence.dimension,
        "similarity": round(evidence.similarity, 4),
    }


def _rounded_scores(scores: Mapping[str, float]) -> Json:
    return {code: _rounded(score) for code, score in scores.items()}


def _rounded(number: float) -> float:
    """Return the number to six places: `confidence` and its entry in `scores` stay equal, scores sum to 1."""
    return round(number, 6)
