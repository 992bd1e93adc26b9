"""The head in use, moved to what people said, and put in its place: seconds, since the old vectors are kept."""

import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.folders import make_private
from index.records import Label
from models.artifacts import BUNDLED_HEAD, ENCODER, TAXONOMY, load_manifest, save_head
from models.classifier import Classifier, Head, Vectors
from models.datasets import Example
from models.head_versions import BUNDLED_NAME, next_head, replace_head
from models.refitting import FEEDBACK, Taught, refit, without_feedback
from models.taxonomy import Taxonomy
from service.errors import BadRequest
from service.fitting import as_read
from service.heads import HEADS_FOLDER, HeadEntry, HeadFollower, OpenHead, folder_of, put_in_use, show_head, use_head
from service.runtime import Runtime
from service.settings import Settings
from service.staging import copy_folder, staged

LINEAGE = "refitted.json"
"""In the folder of a refitted head: which head it was refitted from, so that the next refitting starts there too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refitted:
    """A head that was refitted and put in use. `left_out` counts labels that its taxonomy does not know.

    `agreed_before` and `agreed_after` are the shares of the labels that the head in use before and this one give by
    themselves; `changed` is the share of the other examples whose best guess, by their vectors, is another now.
    """

    head: HeadEntry
    previous: str
    labels: int
    left_out: int
    agreed_before: float
    agreed_after: float
    changed: float
    took_s: float


def refit_head(runtime: Runtime) -> Refitted:
    """Refit the head in use to the labels in force and put it in use. A label that was taken back leaves no trace.

    Raises BadRequest where there is nothing to learn from or the head is fixed by a setting, CorpusBusy while another
    training writes to the data directory, NoCorpus.
    """
    settings, started = runtime.settings, time.monotonic()
    if settings.head:
        raise BadRequest(f"the setting head fixes the head to {settings.head!r}; start without it to refit")
    make_private(settings.data_dir)
    with staged(settings.data_dir / HEADS_FOLDER / "head") as fresh:
        now = runtime.head
        base = _base(settings, now.folder)
        first = now if base == now.folder else _opened(base, runtime)
        taxonomy = first.classifier.taxonomy
        known, left_out = known_labels(runtime.corpus().labels.in_force(), taxonomy)
        if not known:
            return _back_to_base(settings, now.folder, base, left_out, started)
        read = as_read(known)
        taught = Taught(labels=known, read=read, readings=_readings(runtime, first, read))
        old = without_feedback(first.classifier.head)
        new = refit(old, taught, taxonomy)
        figures = {
            "agreed_before": _agreed(now.classifier, taught),
            "agreed_after": _agreed(Classifier(taxonomy, new), taught),
            "changed": _changed(old, new),
        }
        _write(fresh, new, base, {"labels": float(len(known)), **figures})
        folder = next_head(settings.data_dir / HEADS_FOLDER)
        replace_head(fresh, folder)
        put_in_use(settings, folder)
    return Refitted(
        head=show_head(settings, folder.name),
        previous=_name(now.folder),
        labels=len(known),
        left_out=left_out,
        took_s=time.monotonic() - started,
        **figures,
    )


def _back_to_base(settings: Settings, now: Path, base: Path, left_out: int, started: float) -> Refitted:
    """Put the head in use that knew of no label, now that none is in force."""
    if base == now and left_out:
        what = f"all feedback in force ({left_out}) is for labels that the head in use does not know"
        raise BadRequest(f"{what}; put a head in use that knows them: 'liuwei heads use NAME'")
    if base == now:
        raise BadRequest("no feedback is in force: there is nothing to learn from; POST some to /v1/feedback first")
    return Refitted(
        head=use_head(settings, _name(base)),
        previous=_name(now),
        labels=0,
        left_out=left_out,
        agreed_before=0.0,
        agreed_after=0.0,
        changed=0.0,
        took_s=time.monotonic() - started,
    )


def _base(settings: Settings, folder: Path) -> Path:
    """Return the folder of the head that knew of no label; one that is gone is the refitted head itself."""
    try:
        name = json.loads((folder / LINEAGE).read_text(encoding="utf-8"))["base"]
    except (OSError, ValueError, KeyError, TypeError):
        return folder
    base = folder_of(settings.data_dir / HEADS_FOLDER, str(name))
    return base if base.is_dir() else folder


def _name(folder: Path) -> str:
    return BUNDLED_NAME if folder == BUNDLED_HEAD else folder.name


def known_labels(labels: Sequence[Label], taxonomy: Taxonomy) -> tuple[list[Example], int]:
    """Return the labels that the taxonomy knows as examples, and how many it does not know."""
    known = [label for label in labels if label.dimension in taxonomy.codes]
    examples = [
        Example(
            text=label.text,
            context=label.context,
            primary=label.dimension,
            role=label.role if label.role in taxonomy.role_codes else None,
            made=FEEDBACK,
        )
        for label in known
    ]
    return examples, len(labels) - len(known)


def _opened(folder: Path, runtime: Runtime) -> OpenHead:
    return HeadFollower.opened(folder, runtime.settings, lambda: runtime.embedder.fingerprint)


def _readings(runtime: Runtime, head: OpenHead, examples: Sequence[Example]) -> list[Vectors]:
    """Return the vectors of the examples: after their headings and without, where the head can read a heading."""
    texts = [example.text for example in examples]
    contexts = [[example.context for example in examples], [""] * len(texts)]
    own = head.classifier.encoder is not None
    return [runtime.label_vectors(head, texts, given) for given in (contexts if own else contexts[:1])]


def _agreed(classifier: Classifier, taught: Taught) -> float:
    texts = [label.text for label in taught.read]
    contexts = [label.context for label in taught.read]
    predictions = classifier.predict(texts, taught.readings[0], contexts=contexts)
    pairs = zip(predictions, taught.labels, strict=True)
    return float(np.mean([prediction.dimension == label.primary for prediction, label in pairs]))


def _changed(old: Head, new: Head) -> float:
    vectors = old.example_vectors
    if not len(vectors):
        return 0.0
    before, after = (head.dimensions(vectors).argmax(axis=1) for head in (old, new))
    return float((before != after).mean())


def _write(folder: Path, head: Head, base: Path, metrics: dict[str, float]) -> None:
    manifest = load_manifest(base)
    if (base / ENCODER).is_dir():
        copy_folder(base / ENCODER, folder / ENCODER, copy=_linked)
    rounded = {name: round(value, 4) for name, value in metrics.items()}
    save_head(folder, head, taxonomy_file=base / TAXONOMY, encoder=manifest.encoder, metrics=rounded)
    (folder / LINEAGE).write_text(json.dumps({"base": _name(base)}), encoding="utf-8")


def _linked(source: Path, target: Path) -> None:
    """Give a file of the encoder, which never changes, a second name; where that cannot be done, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
