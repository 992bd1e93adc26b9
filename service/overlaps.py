"""What a document copies from the corpus: its sentences, encoded, against those of the others."""

from typing import TYPE_CHECKING

from service.errors import BadRequest

if TYPE_CHECKING:
    from index.copies import Copied
    from index.records import Document, Sentence
    from service.runtime import Runtime

SHORTEST_RUN, LONGEST_RUN = 6, 1000


def copies(
    runtime: "Runtime", document: "Document", sentences: "tuple[Sentence, ...]", *, least_run: int
) -> "list[Copied]":
    """Return which sentences of the corpus these of a document copy, in their order; see `Runtime.overlap`."""
    if not SHORTEST_RUN <= least_run <= LONGEST_RUN:
        between = f"between {SHORTEST_RUN} and {LONGEST_RUN}"
        raise BadRequest(f"least_run is {least_run}; it must lie {between}", param="least_run")
    corpus = runtime.corpus()
    vectors = runtime.embedder.encode_passages([sentence.text for sentence in sentences])
    return corpus.overlap(sentences, vectors, without=document.document_id, least_run=least_run)
