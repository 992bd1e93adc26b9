"""How search behaves with many sentences: a corpus of invented ones, real queries, the whole way through `Corpus`.

    python -m tests.bench.bench_scale --count 100000 [--bases 48000] [--seed 11] [--work FOLDER] [--output FILE]

`--work` keeps what the encoder made and the corpus, so that a second run need not make them again. `invented.py` says
what the sentences are: only `--bases` of them and a quarter as many variants are encoded, the vectors of the others are
derived. Prints one JSON object: seconds to build and to open, milliseconds of hybrid searches with the encoding of the
query (by the clock, and of the processor alone, which a busy machine lengthens less), the share of the ten nearest
rows that the vectors find against a full sort in single precision, memory and disk.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.corpus import Corpus
from index.records import Document, Sentence, Tag
from models.embedders import BUNDLED, Embedder, load_embedder
from service.demo import SAMPLE
from tests.bench import invented

REPORT = 50
TAG = Tag(
    dimension="style", confidence=0.9, scores={"style": 0.9, "none": 0.1}, secondary=(), role="problem",
    abstained=False, reason=None,
)  # fmt: skip
QUERIES = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--bases", type=int, default=48_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(
            arguments.work or Path(folder), count=arguments.count, bases=arguments.bases, seed=arguments.seed
        )
    text = json.dumps(figures, ensure_ascii=False, indent=1)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")


def measured(work: Path, *, count: int, bases: int, seed: int) -> dict[str, object]:
    """Return all figures of a corpus of `count` sentences."""
    embedder = load_embedder(BUNDLED, query_instruction="", device=None, threads=0)
    texts = invented.bases(min(bases, count), seed=seed)
    # Named by what goes in: neither other texts nor another encoder may pass for these.
    work = work / hashlib.sha256("\n".join([embedder.fingerprint, *texts]).encode()).hexdigest()[:12]
    work.mkdir(parents=True, exist_ok=True)
    made = sentences(embedder, work, texts, count=count, seed=seed)
    folder = work / f"corpus-{count}"
    build_s = build(folder, made, embedder) if not folder.exists() else None
    before_kb = _resident_kb()
    start = time.perf_counter()
    with Corpus.open(folder, lambda: embedder, create=False) as corpus:
        corpus.search("学习", top_k=1)
        open_s = time.perf_counter() - start
        queries = [*_sample_queries(), *clause_queries(made.texts, seed=seed)][:QUERIES]
        wall_ms, processor_ms = latencies(corpus, queries)
        stats, after_kb = corpus.stats(), _resident_kb()
        recall = vector_recall(corpus, made.vectors, embedder.encode_queries(queries))
        return {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            "versions": {name: version(name) for name in ("faiss-cpu", "tantivy", "numpy", "onnxruntime")},
            "load when measured": round(os.getloadavg()[0], 1),
            "sentences": count,
            "encoded": made.encoded,
            "seed": seed,
            "build_s": build_s and round(build_s, 1),
            "open_and_first_search_s": round(open_s, 2),
            "hybrid_ms": wall_ms,
            "hybrid_processor_ms": processor_ms,
            "vector_index": stats.vector_index,
            "vector_recall_in_stats": stats.vector_recall,
            "vector_recall_of_queries": round(recall, 4),
            "resident_mb": round((after_kb - before_kb) / 1024),
            "disk_mb": round(stats.bytes_on_disk / 2**20),
            "disk_of_indexes_mb": round(sum(_sizes(folder / "indexes")) / 2**20),
        }


def sentences(embedder: Embedder, work: Path, texts: list[str], *, count: int, seed: int) -> invented.Invented:
    """Return the sentences; what the encoder made of the bases and some variants is kept in `work`."""
    kept = work / "encoded.npz"
    if not kept.exists():
        changed = invented.variants(texts[: len(texts) // 4], seed=seed)
        np.savez(kept, bases=embedder.encode_passages(texts), variants=embedder.encode_passages(changed))
    with np.load(kept) as encoded:
        vectors, variants = encoded["bases"], encoded["variants"]
    return invented.multiplied(texts, vectors, variants - vectors[: len(variants)], count=count, seed=seed)


def build(folder: Path, made: invented.Invented, embedder: Embedder) -> float:
    """Make the corpus and return how many seconds that took; the vectors are there already."""
    start, aside = time.perf_counter(), folder.with_suffix(".part")
    shutil.rmtree(aside, ignore_errors=True)  # of a run that was cut off
    with Corpus.open(aside, lambda: embedder, create=True) as corpus:
        for first in range(0, len(made.texts), REPORT):
            document, parts = _report(first, made.texts[first : first + REPORT])
            corpus.add(document, parts, [TAG] * len(parts), made.vectors[first : first + REPORT])
    aside.rename(folder)
    return time.perf_counter() - start


def latencies(corpus: Corpus, queries: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return p50 and p99 of hybrid searches, by the clock and of this thread's processor time."""
    wall, processor = [], []
    for query in (*queries[:10], *queries):
        began, busy = time.perf_counter(), time.thread_time()
        corpus.search(query, top_k=10)
        wall.append(time.perf_counter() - began)
        processor.append(time.thread_time() - busy)
    return _percentiles(wall[10:]), _percentiles(processor[10:])


def vector_recall(corpus: Corpus, vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> float:
    """Return the share of the ten nearest rows, by a full sort of `vectors`, that the corpus finds; ties count."""
    scores = np.concatenate([queries @ vectors[at : at + 50_000].T for at in range(0, len(vectors), 50_000)], axis=1)
    tenth = np.partition(scores, -10, axis=1)[:, -10]
    found = corpus._caches.current().vectors.search(queries, top_k=10)
    # Rows count from 1 in the order of adding; half precision may turn two that differ by less than 0.0005.
    hits = [[scores[at, hit.row - 1] >= tenth[at] - 5e-4 for hit in line] for at, line in enumerate(found)]
    return float(np.mean(hits))


def clause_queries(texts: list[str], *, seed: int) -> list[str]:
    """Return clauses out of the middle of some sentences: shorter than what they look for, as queries are."""
    rng = np.random.default_rng(seed + 7)
    picked = (texts[at].rstrip("。").split("，") for at in rng.integers(len(texts), size=QUERIES))
    return [clauses[len(clauses) // 2] for clauses in picked if len(clauses[len(clauses) // 2]) > 3]


def _sample_queries() -> list[str]:
    return (SAMPLE / "queries.txt").read_text(encoding="utf-8").split("\n")[:-1]


def _report(first: int, texts: list[str]) -> tuple[Document, list[Sentence]]:
    text, parts, start = "\n".join(texts), [], 0
    for ordinal, line in enumerate(texts):
        parts.append(
            Sentence(
                ordinal=ordinal,
                start=start,
                end=start + len(line),
                text=line,
                path=(),
                role=None,
                declared=None,
                passage=ordinal // 3,
                is_heading=False,
            )  # fmt: skip
        )
        start += len(line) + 1
    name = f"{first:016x}"
    return Document(document_id=name, title=name, source=f"{name}.txt", text=text), parts


def _percentiles(seconds: list[float]) -> dict[str, float]:
    return {f"p{share}": round(float(np.percentile(seconds, share)) * 1000, 2) for share in (50, 90, 99)}


def _resident_kb() -> int:
    """Return what this process holds in memory of its own; mapped files, which the system may drop, are left out."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon"))


def _sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]


if __name__ == "__main__":
    main()
