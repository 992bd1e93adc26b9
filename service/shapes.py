"""Records as plain JSON values, with the fields that both the command line and the HTTP API show."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from models.classifier import Evidence, Prediction

if TYPE_CHECKING:
    from index.extras import Facets, SearchAnswer
    from index.records import Document, DocumentSummary, Hit, Label, Neighbour, StoredSentence, Tag
    from service.heads import HeadEntry
    from service.jobs import Job
    from service.refitting import Refitted
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
        **_verdict(prediction),
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
        "ranks": {"dense": hit.dense_rank, "lexical": hit.lexical_rank},
        "before": [_neighbour_json(one) for one in hit.before],
        "after": [_neighbour_json(one) for one in hit.after],
        "duplicates": {"count": len(hit.duplicates), "sentence_ids": list(hit.duplicates)},
        "closest": list(hit.closest) if hit.closest else None,
    }


def facets_json(facets: "Facets") -> Json:
    """Return the counts of a search as JSON shows them."""
    return {"facets": {name: dict(counts) for name, counts in facets.items()}}


def found_json(found: "SearchAnswer") -> Json:
    """Return what a search found as JSON shows it; facets are there only where they were asked for."""
    data = [hit_json(hit) for hit in found.hits]
    return {"data": data} if found.facets is None else {"data": data, **facets_json(found.facets)}


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
        **_verdict(tag),
        "feedback_id": stored.feedback_id,
        "guess": _verdict(stored.guess) if stored.guess else None,
        "start": sentence.start,
        "end": sentence.end,
    }


def label_json(label: "Label") -> Json:
    """Return a person's label as JSON shows it."""
    return {
        "feedback_id": label.feedback_id,
        "sentence_id": label.sentence_id,
        "text": label.text,
        "context": label.context,
        "dimension": label.dimension,
        "role": label.role,
        "author": label.author,
        "note": label.note,
        "made_at": label.made_at,
        "undone_at": label.undone_at,
        "undone_by": label.undone_by,
    }


def question_json(stored: "StoredSentence", doubt: float) -> Json:
    """Return a sentence that a person is asked about as JSON shows it."""
    tag = stored.tag
    return {
        "sentence_id": stored.sentence_id,
        "document_id": stored.document_id,
        "title": stored.title,
        "path": list(stored.sentence.path),
        "text": stored.sentence.text,
        "dimension": tag.dimension,
        "role": tag.role,
        "confidence": _rounded(tag.confidence),
        "scores": _rounded_scores(tag.scores),
        "reason": tag.reason,
        "doubt": _rounded(doubt),
    }


def head_json(entry: "HeadEntry") -> Json:
    """Return a classifier head as JSON shows it; what a damaged one cannot tell is null."""
    manifest = entry.manifest
    return {
        "name": entry.name,
        "in_use": entry.in_use,
        "model": manifest.name if manifest else None,
        "taxonomy": manifest.taxonomy if manifest else None,
        "encoder": manifest.encoder if manifest else None,
        "examples": manifest.examples if manifest else None,
        "metrics": dict(manifest.metrics) if manifest else None,
        "trained_at": entry.trained_at or None,
        "error": entry.damage,
    }


def refitted_json(refitted: "Refitted") -> Json:
    """Return a refitting as JSON shows it."""
    return {
        "status": "refitted",
        "head": head_json(refitted.head),
        "previous": refitted.previous,
        "labels": refitted.labels,
        "left_out": refitted.left_out,
        "agreed_before": _rounded(refitted.agreed_before),
        "agreed_after": _rounded(refitted.agreed_after),
        "changed": _rounded(refitted.changed),
        "took_s": round(refitted.took_s, 3),
    }


def tag_json(document: "Document", tagged: "TaggedSentence") -> Json:
    """Return a row of batch tagging, its fields those of TAG_FIELDS in their order."""
    sentence = tagged.sentence
    row = {
        "document_id": document.document_id,
        "source": document.source,
        "ordinal": sentence.ordinal,
        "path": list(sentence.path),
        "declared": sentence.declared,
        "text": sentence.text,
        "start": sentence.start,
        "end": sentence.end,
        **_verdict(tagged.tag),
    }
    return {name: row[name] for name in TAG_FIELDS}


def job_json(job: "Job") -> Json:
    """Return a job as JSON shows it."""
    whole = [{"source": None, "message": job.message}] if job.message else []
    times = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")
    return {
        "id": job.job_id,
        "object": "job",
        "status": job.status,
        "model": job.model or None,
        "request_counts": asdict(job.counts),
        "errors": [*whole, *map(dict, job.errors)],
        "notes": [*map(dict, job.notes)],
        "created_at": job.times["validating"],
        "expires_at": job.expires_at,
        **{f"{name}_at": job.times.get(name) for name in times},
    }


def _verdict(said: "Prediction | Tag") -> Json:
    return {
        "dimension": said.dimension,
        "confidence": _rounded(said.confidence),
        "scores": _rounded_scores(said.scores),
        "secondary": list(said.secondary),
        "role": said.role,
        "abstained": said.abstained,
        "reason": said.reason,
    }


def _neighbour_json(one: "Neighbour") -> Json:
    return {"sentence_id": one.sentence_id, "text": one.text, "start": one.start, "end": one.end}


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
