"""Labelled examples, or what people said, looked through for labels that the others contradict."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.auditing import Suspect, suspects
from models.datasets import Example, load_examples
from models.refitting import FEEDBACK, without_feedback
from service.errors import BadRequest
from service.fitting import penalty
from service.refitting import known_labels
from service.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An example whose label is in doubt, and why. `feedback_id` names the person's label, None for an example."""

    example: Example
    suspect: Suspect
    feedback_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """How many labels were judged, and those in doubt, the surest contradiction first."""

    judged: int
    findings: Sequence[Finding]


def audit_examples(runtime: Runtime, files: Sequence[Path]) -> Audit:
    """Judge the examples of the files by each other. Raises BadExamples."""
    head = runtime.head
    examples = load_examples(files, head.classifier.taxonomy)
    vectors = runtime.label_vectors(head, [one.text for one in examples], [one.context for one in examples])
    found = suspects(
        examples,
        vectors,
        head.classifier.taxonomy,
        inverse_penalty=penalty(own=head.classifier.encoder is not None),
        rng=np.random.default_rng(0),
    )
    findings = [Finding(example=examples[one.place], suspect=one, feedback_id=None) for one in found]
    return Audit(judged=sum(example.primary is not None for example in examples), findings=findings)


def audit_feedback(runtime: Runtime) -> Audit:
    """Judge the labels of people by the examples of the head in use and by each other. Raises BadRequest, NoCorpus."""
    head = runtime.head
    taxonomy, old = head.classifier.taxonomy, without_feedback(head.classifier.head)
    labels = [label for label in runtime.corpus().labels.in_force() if label.dimension in taxonomy.codes]
    if not labels:
        raise BadRequest("no feedback is in force; name labelled examples with --examples FILE")
    said = known_labels(labels, taxonomy)[0]
    vectors = runtime.label_vectors(head, [one.text for one in said], [one.context for one in said])
    found = suspects(
        [*old.examples, *said],
        np.vstack([old.example_vectors, vectors]),
        taxonomy,
        inverse_penalty=penalty(own=head.classifier.encoder is not None),
        rng=np.random.default_rng(0),
    )
    first = len(old.examples)
    findings = [
        Finding(example=said[one.place - first], suspect=one, feedback_id=labels[one.place - first].feedback_id)
        for one in found
        if one.place >= first
    ]
    return Audit(judged=len(said), findings=[one for one in findings if one.example.made == FEEDBACK])
