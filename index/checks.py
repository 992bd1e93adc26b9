"""What `verify` looks at: the store in itself, and both indexes against it. Nothing here mends what it finds."""

from collections.abc import Sequence

import numpy as np

from index.caches import Caches
from index.errors import EmbedderMismatch, IndexFault
from index.records import Check, StoredSentence
from index.store import Store

REBUILD = "run 'liuwei index rebuild'"
RESTORE = "restore a backup: 'liuwei index restore FILE'"
CORPUS_ENCODER = "corpus encoder"
"""The check whether the vectors are of the encoder in use."""


def check_corpus(store: Store, caches: Caches, *, fingerprint: str | None) -> list[Check]:
    """Return every check of a corpus, the store first: where it is damaged, what rests on it cannot be told.

    Without a fingerprint nothing is said of the encoder.
    """
    sound = _store_check(store)
    if not sound.ok:
        return [sound, *caches.saved_checks()]
    encoder = [] if fingerprint is None else [_encoder_check(store, fingerprint)]
    return [sound, *encoder, _spans_check(store), *caches.saved_checks(), *_index_checks(store, caches)]


def _store_check(store: Store) -> Check:
    try:
        faults = store.faults()
        documents, sentences = (0, 0) if faults else store.counts()
    except IndexFault as error:
        return Check(name="store", ok=False, detail=str(error))
    detail = f"{'; '.join(faults)}; {RESTORE}" if faults else f"{documents} documents, {sentences} sentences"
    return Check(name="store", ok=not faults, detail=detail)


def _encoder_check(store: Store, fingerprint: str) -> Check:
    try:
        store.refuse_other(fingerprint)
    except EmbedderMismatch as error:
        return Check(name=CORPUS_ENCODER, ok=False, detail=str(error))
    return Check(name=CORPUS_ENCODER, ok=True, detail=fingerprint)


def _spans_check(store: Store) -> Check:
    try:
        wrong = [summary.document_id for summary in store.documents() if not _reads_well(store, summary.document_id)]
    except (IndexFault, ValueError) as error:
        return Check(name="spans", ok=False, detail=f"the list of documents cannot be read ({error}); {RESTORE}")
    detail = f"wrong in {', '.join(wrong)}; remove and add these again" if wrong else "every sentence is its span"
    return Check(name="spans", ok=not wrong, detail=detail)


def _reads_well(store: Store, document_id: str) -> bool:
    try:
        return _spans_hold(store.document(document_id).text, store.sentences(document_id))
    except (IndexFault, ValueError, TypeError):
        return False  # a changed byte in a field that SQLite does not look into


def _spans_hold(text: str, sentences: Sequence[StoredSentence]) -> bool:
    return all(
        text[stored.sentence.start : stored.sentence.end] == stored.sentence.text
        and stored.sentence.ordinal == position
        for position, stored in enumerate(sentences)
    )


def _index_checks(store: Store, caches: Caches) -> list[Check]:
    try:
        indexes = caches.as_saved()
    except IndexFault as error:
        return [Check(name="indexes", ok=False, detail=str(error))]
    rows = [row for batch, _ in store.texts_after(0) for row in batch]
    same = np.array_equal(np.sort(indexes.vectors.rows()), rows)
    return [
        _count_check("vectors", len(indexes.vectors), len(rows), same=same),
        _count_check("lexical", len(indexes.lexical), len(rows), same=len(indexes.lexical) == len(rows)),
    ]


def _count_check(name: str, found: int, wanted: int, *, same: bool) -> Check:
    detail = f"{found} rows" if same else f"{found} rows, other than the {wanted} of the store; {REBUILD}"
    return Check(name=name, ok=same, detail=detail)
