"""One of the others in `bench_peers.py`: builds its index from texts and vectors, answers, and is measured.

    python tests/bench/peer_sides.py SIDE FOLDER

Runs in a Python of its own, so nothing of the project is imported; the side that is the project is `peer_ours.py`.
FOLDER holds `texts.json`, `vectors.npy`, `queries.json` and `query_vectors.npy`; `SIDE.json` with the figures goes
there.
"""

import argparse
import importlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

TOP_K = 10
DEPTH = 100
"""How many each leg gives to rank fusion: as many as the project's own legs give."""
OFFSET = 60
WARM = 5


class Txtai:
    """txtai, hybrid, with the defaults of `hybrid=True` but for the words: its own are single characters in Chinese."""

    packages = ("txtai", "faiss-cpu", "jieba", "torch")
    modules = ("txtai", "jieba")

    def __init__(self, data: "Data", folder: Path) -> None:
        self._data, self._folder = data, folder
        self._known: dict[str, np.ndarray] = {}

    def build(self) -> None:
        from txtai import Embeddings

        words = [_spaced(text) for text in self._data.texts]
        self._known.update(zip(words, self._data.vectors, strict=True))
        self._embeddings = Embeddings(
            method="external",
            transform=lambda texts: self._looked_up(texts),  # it takes a plain function only
            backend="faiss",
            content=False,
            scoring={"method": "bm25", "terms": True, "normalize": True, "tokenizer": {"whitespace": True}},
        )
        self._embeddings.index((at, text, None) for at, text in enumerate(words))
        self._embeddings.save(str(self._folder / "txtai"))

    def dense(self, query: str, vector: np.ndarray) -> list[int]:
        return [int(found) for found, _ in self._embeddings.ann.search(vector[None], TOP_K)[0]]

    def hybrid(self, query: str, vector: np.ndarray) -> list[int]:
        words = _spaced(query)
        self._known[words] = vector
        return [int(found) for found, _ in self._embeddings.search(words, TOP_K)]

    def _looked_up(self, texts: Sequence[str]) -> np.ndarray:
        return np.asarray([self._known[text] for text in texts], dtype=np.float32)

    def method(self) -> str:
        kind = self._embeddings.config["build"]["settings"]["components"]
        return f"FAISS {kind}, BM25 over jieba's words, scores weighted .5/.5"

    def close(self) -> None:
        self._embeddings.close()


class Milvus:
    """milvus-lite through pymilvus: a field of vectors, BM25 by its analyzer of jieba, both fused by rank."""

    packages = ("pymilvus", "milvus-lite", "faiss-cpu", "jieba")
    modules = ("pymilvus", "milvus_lite", "faiss", "jieba")

    def __init__(self, data: "Data", folder: Path) -> None:
        self._data, self._folder = data, folder

    def build(self) -> None:
        from pymilvus import DataType, Function, FunctionType, MilvusClient

        self._client = MilvusClient(str(self._folder / "milvus.db"))
        schema = MilvusClient.create_schema(auto_id=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        chinese = {"tokenizer": "jieba"}
        schema.add_field("text", DataType.VARCHAR, max_length=8192, enable_analyzer=True, analyzer_params=chinese)
        schema.add_field("dense", DataType.FLOAT_VECTOR, dim=self._data.vectors.shape[1])
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        bm25 = Function(name="bm25", function_type=FunctionType.BM25, input_field_names=["text"],
                        output_field_names=["sparse"])  # fmt: skip
        schema.add_function(bm25)
        indexes = self._client.prepare_index_params()
        indexes.add_index("dense", index_type="AUTOINDEX", metric_type="IP")
        indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
        self._client.create_collection("sentences", schema=schema)
        for first in range(0, len(self._data.texts), 1000):
            part = range(first, min(first + 1000, len(self._data.texts)))
            rows = [{"id": at, "text": self._data.texts[at], "dense": self._data.vectors[at].tolist()} for at in part]
            self._client.insert("sentences", rows)
        self._client.flush("sentences")
        # After the rows: what is inserted into a loaded collection is searched row by row.
        self._client.create_index("sentences", indexes)
        self._client.load_collection("sentences")

    def dense(self, query: str, vector: np.ndarray) -> list[int]:
        found = self._client.search("sentences", [vector.tolist()], anns_field="dense", limit=TOP_K)
        return [int(hit["id"]) for hit in found[0]]

    def hybrid(self, query: str, vector: np.ndarray) -> list[int]:
        from pymilvus import AnnSearchRequest, RRFRanker

        legs = [
            AnnSearchRequest([vector.tolist()], "dense", {"metric_type": "IP"}, limit=DEPTH),
            AnnSearchRequest([query], "sparse", {"metric_type": "BM25"}, limit=DEPTH),
        ]
        found = self._client.hybrid_search("sentences", legs, RRFRanker(OFFSET), limit=TOP_K)
        return [int(hit["id"]) for hit in found[0]]

    def method(self) -> str:
        return f"AUTOINDEX, BM25 by its analyzer of jieba, rank fusion of {DEPTH} each"

    def close(self) -> None:
        self._client.close()


class Plain:
    """What one writes in an hour: an exact index of FAISS, rank-bm25 over jieba's words, rank fusion."""

    packages = ("faiss-cpu", "rank-bm25", "jieba")
    modules = ("faiss", "jieba", "rank_bm25")

    def __init__(self, data: "Data", folder: Path) -> None:
        self._data, self._folder = data, folder

    def build(self) -> None:
        import faiss
        import jieba
        from rank_bm25 import BM25Okapi

        self._faiss = faiss.IndexFlatIP(self._data.vectors.shape[1])
        self._faiss.add(self._data.vectors)
        words = [jieba.lcut(text) for text in self._data.texts]
        self._words = BM25Okapi(words)
        # rank-bm25 has no file of its own, so its words are what there is to keep.
        faiss.write_index(self._faiss, str(self._folder / "faiss.index"))
        (self._folder / "words.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")

    def dense(self, query: str, vector: np.ndarray) -> list[int]:
        return self._faiss.search(vector[None], TOP_K)[1][0].tolist()

    def hybrid(self, query: str, vector: np.ndarray) -> list[int]:
        import jieba

        scores = self._words.get_scores(jieba.lcut(query))
        best = np.argsort(-scores, kind="stable")[:DEPTH]
        legs = (self._faiss.search(vector[None], DEPTH)[1][0].tolist(), best[scores[best] > 0].tolist())
        fused: dict[int, float] = {}
        for leg in legs:
            for place, at in enumerate(leg, start=1):
                fused[at] = fused.get(at, 0.0) + 1 / (OFFSET + place)
        return sorted(fused, key=fused.__getitem__, reverse=True)[:TOP_K]

    def method(self) -> str:
        return f"IndexFlatIP, BM25Okapi over jieba's words, rank fusion of {DEPTH} each"

    def close(self) -> None:
        pass


SIDES: dict[str, Callable[..., Any]] = {"txtai": Txtai, "milvus-lite": Milvus, "plain script": Plain}


class Data:
    """What every side is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts: list[str] = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
        self.queries: list[str] = json.loads((folder / "queries.json").read_text(encoding="utf-8"))
        self.vectors = np.load(folder / "vectors.npy", allow_pickle=False)
        self.query_vectors = np.load(folder / "query_vectors.npy", allow_pickle=False)


def main(sides: Mapping[str, Callable[..., Any]]) -> None:
    """Measure the side that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("side", choices=sides)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    figures = measured(sides[asked.side], asked.folder)
    (asked.folder / f"{asked.side}.json").write_text(json.dumps(figures), encoding="utf-8")


def measured(kind: Callable[..., Any], folder: Path) -> dict[str, Any]:
    """Return the figures of a side, and what it found for each query, as places in `texts.json`."""
    bare_kb = resident_kb()
    for module in kind.modules:
        importlib.import_module(module)
    if "jieba" in kind.modules:
        importlib.import_module("jieba").initialize()
    imported_kb = resident_kb()
    data, own = Data(folder), folder / "built"
    own.mkdir()
    side = kind(data, own)
    before_kb, start = resident_kb(), time.perf_counter()
    side.build()
    build_s = time.perf_counter() - start
    dense, dense_ms = answers(side.dense, data)
    hybrid, hybrid_ms = answers(side.hybrid, data)
    after_kb, method = resident_kb(), side.method()
    side.close()
    return {
        "versions": {name: version(name) for name in kind.packages},
        "method": method,
        "build_s": round(build_s, 2),
        "dense_ms": dense_ms,
        "hybrid_ms": hybrid_ms,
        "imports_mb": round((imported_kb - bare_kb) / 1024),
        "growth_mb": round((after_kb - before_kb) / 1024),
        "disk_mb": round(sum(path.stat().st_size for path in own.rglob("*") if path.is_file()) / 2**20, 1),
        "found": {"dense": dense, "hybrid": hybrid},
    }


def answers(search: Callable[[str, np.ndarray], list[int]], data: Data) -> tuple[list[list[int]], dict[str, float]]:
    """Return what was found for each query, and milliseconds; the first few queries go before the clock.

    p50 and p99 by the clock, `processor` the p50 of what all threads of the process used: a busy machine lengthens it
    less.
    """
    pairs = list(zip(data.queries, data.query_vectors, strict=True))
    for query, vector in pairs[:WARM]:
        search(query, vector)
    found, seconds, processor = [], [], []
    for query, vector in pairs:
        start, busy = time.perf_counter(), time.process_time()
        found.append(search(query, vector))
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - busy)
    figures = {"p50": np.percentile(seconds, 50), "p99": np.percentile(seconds, 99), "processor": np.median(processor)}
    return found, {name: round(float(value) * 1000, 2) for name, value in figures.items()}


def resident_kb() -> int:
    """Return what this process and its children hold in memory, mapped files included."""
    parents, sizes = {}, {}
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in path.read_text(encoding="utf-8").splitlines() if ":" in line)
        except OSError:
            continue  # ended meanwhile
        parents[int(lines["Pid"])] = int(lines["PPid"])
        sizes[int(lines["Pid"])] = int(lines.get("VmRSS", "0 kB").split()[0])
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours and pid not in ours}:
        ours |= more
    return sum(sizes[pid] for pid in ours if pid in sizes)


def _spaced(text: str) -> str:
    """Return the words of a text with spaces between them, without punctuation where anything is left then."""
    import jieba

    return " ".join(word for word in jieba.lcut(text) if any(map(str.isalnum, word))) or text


if __name__ == "__main__":
    main(SIDES)
