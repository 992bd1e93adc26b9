"""The index beside others: txtai, milvus-lite and a plain script of FAISS and rank-bm25, in one run.

    python3.11 -m venv PEERS && PEERS/bin/pip install -r tests/bench/requirements-peers.txt
    python -m tests.bench.bench_peers --peers-python PEERS/bin/python [--count 20000] [--seed 11] [--output FILE]

All sides get the same texts (the sample reports and `--count` invented sentences, see `invented.py`), the same vectors
(encoded once, by the bundled encoder) and the same queries, one at a time; each runs in a process of its own with one
thread for arithmetic. The encoding of queries is in nobody's time: this index and txtai, which ask for it, get a
function that looks it up.

Prints one JSON object. For each side: seconds to build and save, p50 and p99 of a query, the share of the ten nearest
by an exact search that its vectors find (`recall`), growth of memory while building and answering (`growth_mb`) beside
that of importing the libraries, disk. `reports` are the sample reports alone: nDCG@10 of the judged queries there, on
which the weights of this index, and of no other, were chosen. A side that does not run is named with its reason.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.archives import expand
from index.records import Document, Sentence, Tag
from index.scripts import simplified
from service.demo import SAMPLE
from service.runtime import Runtime
from service.settings import load_settings
from tests.bench import invented
from tests.bench.bench_scale import REPORT, TAG, _report
from tests.bench.judged import TOP_K, Query, interval, load_queries
from tests.bench.peer_ours import OURS
from tests.bench.peer_sides import SIDES

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
LONGEST_S = 150
TIE = 1e-4
"""Two texts whose cosines differ by less are as near as each other: most are repetitions."""

Part = tuple[Document, Sequence[Sentence], Sequence[Tag]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers-python", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = compared(
            Path(folder), asked.peers_python.absolute(), count=asked.count, queries=asked.queries, seed=asked.seed
        )
    text = json.dumps(figures, ensure_ascii=False, indent=1)
    print(text)
    if asked.output:
        asked.output.write_text(text + "\n", encoding="utf-8")


def compared(folder: Path, python: Path, *, count: int, queries: int, seed: int) -> dict[str, Any]:
    """Return the figures of every side, over the reports alone and with the invented sentences."""
    asked = some_queries(queries)
    with Runtime(replace(load_settings({}), data_dir=folder / "data")) as runtime:
        reports = sample_reports(runtime)
        # Three quarters are composed, the rest are variants of a third of these: near-copies, as in the genre.
        bases = invented.bases(count - count // 4, seed=seed)
        more = [*bases, *invented.variants(bases[: count // 4], seed=seed)]
        vectors = runtime.embedder.encode_passages([simplified(text) for text in [*texts_of(reports), *more]])
        query_vectors = runtime.embedder.encode_queries([simplified(query.text) for query in asked])
        encoder = runtime.embedder.fingerprint
    every = [*reports, *(invented_report(at, more[at : at + REPORT]) for at in range(0, len(more), REPORT))]
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "encoder": encoder,
        "queries": len(asked),
        "query encoding": "in nobody's time",
        "seed": seed,
    }
    for name, parts in (("reports", reports), ("reports and invented", every)):
        figures[name] = {"sentences": len(texts_of(parts))}
        for side in (OURS, *SIDES):
            print(f"{name}: {side}", file=sys.stderr, flush=True)
            place = folder / f"{name} {side}"
            hand_over(place, parts, vectors, asked, query_vectors)
            figures[name][side] = run_side(side, place, python) | {"load before": round(os.getloadavg()[0], 1)}
            judge(figures[name][side], parts, vectors, asked, query_vectors, judged=name == "reports")
    return figures


def some_queries(count: int) -> list[Query]:
    """Return about `count` of the judged queries without a filter, of all kinds alike."""
    every = [query for query in load_queries(DATA / "queries.jsonl") if not query.filter]
    places = np.linspace(0, len(every) - 1, min(count, len(every))).round().astype(int)
    return [every[at] for at in places]


def sample_reports(runtime: Runtime) -> list[Part]:
    """Return the reports as a corpus holds them: the sentences, and what the classifier says of each."""
    for source in expand([SAMPLE / "corpus", DATA / "reports"]):
        runtime.add(source.load())
    corpus, parts = runtime.corpus(), []
    for summary in corpus.documents():
        stored = corpus.sentences(summary.document_id)
        parts.append((
            corpus.document(summary.document_id),
            [one.sentence for one in stored],
            [one.tag for one in stored],
        ))
    return parts


def invented_report(first: int, texts: list[str]) -> Part:
    document, sentences = _report(first, texts)
    return document, sentences, [TAG] * len(sentences)


def texts_of(parts: Sequence[Part]) -> list[str]:
    return [sentence.text for _, sentences, _ in parts for sentence in sentences]


def hand_over(
    folder: Path,
    parts: Sequence[Part],
    vectors: NDArray[np.float32],
    asked: Sequence[Query],
    query_vectors: NDArray[np.float32],
) -> None:
    """Write what a side is given; the documents with their tags are for the one side that keeps such."""
    folder.mkdir()
    texts = texts_of(parts)
    documents = [
        {
            "document": {key: getattr(document, key) for key in ("document_id", "title", "source", "text")},
            "sentences": [asdict(sentence) for sentence in sentences],
            "tags": [asdict(tag) for tag in tags],
        }
        for document, sentences, tags in parts
    ]
    queries = [simplified(query.text) for query in asked]
    for name, what in (("texts", texts), ("queries", queries), ("documents", documents)):
        (folder / f"{name}.json").write_text(json.dumps(what, ensure_ascii=False), encoding="utf-8")
    np.save(folder / "vectors.npy", vectors[: len(texts)])
    np.save(folder / "query_vectors.npy", query_vectors)


def run_side(side: str, folder: Path, python: Path) -> dict[str, Any]:
    """Return what a side measured, or why it does not run."""
    script = str(Path(__file__).with_name("peer_sides.py"))
    start = [sys.executable, "-m", "tests.bench.peer_ours"] if side == OURS else [str(python), script]
    # One thread each: this index takes one for a query, and on a busy machine several wait for each other.
    quiet = {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    try:
        done = subprocess.run(
            [*start, side, str(folder)],
            cwd=ROOT if side == OURS else folder,
            env=os.environ | quiet,
            timeout=LONGEST_S,
            capture_output=True,
            text=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"left out": str(error).replace(str(folder), "FOLDER")}
    written = folder / f"{side}.json"
    if not written.exists():
        return {"left out": (done.stderr.strip().splitlines() or ["it ended without a word"])[-1][:300]}
    return json.loads(written.read_text(encoding="utf-8"))


def judge(
    figures: dict[str, Any],
    parts: Sequence[Part],
    vectors: NDArray[np.float32],
    asked: Sequence[Query],
    query_vectors: NDArray[np.float32],
    *,
    judged: bool,
) -> None:
    """Put recall, and nDCG where texts are judged, in place of what was found."""
    found: Mapping[str, list[list[int]]] = figures.pop("found", {})
    if not found:
        return
    texts = texts_of(parts)
    scores = query_vectors @ vectors[: len(texts)].T
    tenth = np.partition(scores, -TOP_K, axis=1)[:, -TOP_K]
    near = [
        sum(scores[at, place] >= tenth[at] - TIE for place in dict.fromkeys(line))
        for at, line in enumerate(found["dense"])
    ]
    figures["recall"] = round(float(np.mean(near)) / TOP_K, 4)
    if judged:
        gains = [
            query.ndcg([texts[place] for place in line]) for query, line in zip(asked, found["hybrid"], strict=True)
        ]
        figures["ndcg"] = round(float(np.mean(gains)), 4)
        figures["ndcg interval"] = interval(gains)


if __name__ == "__main__":
    main()
