"""The side of `bench_peers.py` that is this project: its corpus, through its public calls.

    python -m tests.bench.peer_ours liuwei FOLDER

FOLDER holds `documents.json` beside what `peer_sides.py` names; `liuwei.json` with the figures goes there.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.bench.peer_sides import TOP_K, Data, main

OURS = "liuwei"


class Ours:
    """The corpus of this project through its public calls: dimensions, roles and headings are stored as always."""

    packages = ("faiss-cpu", "tantivy", "numpy")
    modules = ("index.corpus", "index.hits")

    def __init__(self, data: Data, folder: Path) -> None:
        from index.records import Document, Sentence, Tag

        self._documents = []
        for one in json.loads((data.folder / "documents.json").read_text(encoding="utf-8")):
            sentences = [Sentence(**row | {"path": tuple(row["path"])}) for row in one["sentences"]]
            tags = [Tag(**row | {"secondary": tuple(row["secondary"])}) for row in one["tags"]]
            self._documents.append((Document(**one["document"]), sentences, tags))
        self._data, self._folder = data, folder
        self._places: dict[str, int] = {}

    def build(self) -> None:
        from index.corpus import Corpus

        embedder = KnownVectors(self._data)
        self._corpus = Corpus.open(self._folder / "corpus", lambda: embedder, create=True)
        at = 0
        for document, sentences, tags in self._documents:
            self._corpus.add(document, sentences, tags, self._data.vectors[at : at + len(sentences)])
            self._places |= {f"{document.document_id}:{n}": at + n for n in range(len(sentences))}
            at += len(sentences)
        self._corpus.flush()

    def dense(self, query: str, vector: np.ndarray) -> list[int]:
        return [self._places[hit.sentence_id] for hit in self._corpus.search(query, top_k=TOP_K, mode="dense")]

    def hybrid(self, query: str, vector: np.ndarray) -> list[int]:
        return [self._places[hit.sentence_id] for hit in self._corpus.search(query, top_k=TOP_K)]

    def method(self) -> str:
        return self._corpus.stats().vector_index

    def close(self) -> None:
        self._corpus.close()


class KnownVectors:
    """An embedder that looks up what was encoded before, so that nothing is encoded while the time is taken."""

    fingerprint = "known-vectors"

    def __init__(self, data: Data) -> None:
        self.dim = data.vectors.shape[1]
        self._known = dict(zip(data.queries, data.query_vectors, strict=True))

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.asarray([self._known[text] for text in texts], dtype=np.float32).reshape(-1, self.dim)

    encode_passages = encode_queries


if __name__ == "__main__":
    main({OURS: Ours})
