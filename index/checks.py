"""What `verify` looks at: the store in itself, and both indexes against it."""

from collections.abc import Sequence

import numpy as np

from index.caches import Caches
from index.errors import EmbedderMismatch, IndexFault
from index.records import Check, StoredSentence
from index.store import Store

REBUILD = "run 'liuwei index rebuild'"


def check_corpus(store: Store, caches: Caches, *, fingerprint: str) -> list[Check]:
    """Return every check of a corpus, the store first, as all others rest on it."""
    checks = [_store_check(store), _encoder_check(store, fingerprint), _spans_check(store), *caches.saved_checks()]
    return checks + _index_checks(store, caches)


def _store_check(store: Store) -> Check:
    try:
        faults = store.faults()
    except IndexFault as error:
        faults = [str(error)]
    documents, sentences = (0, 0) if faults else store.counts()
    detail = "; ".join(faults) + "; restore a backup" if faults else f"{documents} documents, {sentences} sentences"
    return Check(name="store", ok=not faults, detail=detail)


def _encoder_check(store: Store, fingerprint: str) -> Check:
    try:
        store.refuse_other(fingerprint)
    except EmbedderMismatch as error:
        return Check(name="encoder", ok=False, detail=str(error))
    return Check(name="encoder", ok=True, detail=fingerprint)


def _spans_check(store: Store) -> Check:
    wrong = [
        summary.document_id
        for summary in store.documents()
        if not _spans_hold(store.document(summary.document_id).text, store.sentences(summary.document_id))
    ]
    detail = f"wrong in {', '.join(wrong)}; remove and add these again" if wrong else "every sentence is its span"
    return Check(name="spans", ok=not wrong, detail=detail)


def _spans_hold(text: str, sentences: Sequence[StoredSentence]) -> bool:
    return all(
        text[stored.sentence.start : stored.sentence.end] == stored.sentence.text
        and stored.sentence.ordinal == position
        for position, stored in enumerate(sentences)
    )


def _index_checks(store: Store, caches: Caches) -> list[Check]:
    try:
        indexes = caches.current()
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
