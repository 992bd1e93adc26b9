"""How right the answers are, on the judged part kept beside the checkout: labelled reports, judged queries.

    python -m tests.bench.bench_quality [--gold ../shared]

Prints one JSON object. Sentences of whole reports are classified where they stand, web sentences after their heading,
off-topic texts alone. nDCG@10 has gain 2^grade − 1 (Järvelin and Kekäläinen 2002); a hit counts as a judged text when
one contains the other once punctuation is taken out.
"""

import argparse
import json
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from index.readers import read_document
from models.datasets import Example, load_examples
from models.evaluation import evaluate, refused
from service.runtime import Runtime, TextInput
from service.settings import load_settings
from tests.bench.judged import TOP_K, Query, bare, load_queries

MODES = ("hybrid", "dense", "lexical")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, default=Path(__file__).parents[3] / "shared")
    shared = parser.parse_args().gold
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(load_settings({}), data_dir=Path(folder))
        with Runtime(settings) as runtime:
            figures = {
                "machine": f"{platform.machine()}, Python {platform.python_version()}",
                "model": runtime.model_name,
                "reports": reports(runtime, shared),
                "web": web(runtime, shared),
                "off_topic_refused": off_topic(runtime, shared),
                "ndcg": retrieval(runtime, shared),
            }
    print(json.dumps(figures, ensure_ascii=False, indent=1))


def reports(runtime: Runtime, shared: Path) -> dict[str, float]:
    """Return the figures of the labelled reports, tagged whole; `role` is the settled role's accuracy."""
    gold = _rows(shared / "gold" / "sentences.jsonl")
    tagged = {
        (name, bare(row.sentence.text)): row
        for name in {row["document"] for row in gold}
        for row in runtime.tag(read_document(shared / "seeds" / name))
    }
    found = [tagged[row["document"], bare(row["text"])] for row in gold]
    examples = [
        Example(text=row["text"], primary=row["primary"], secondary=tuple(row["accepted"]), role=row["role"])
        for row in gold
    ]
    predictions = [replace(row.prediction, role=row.role) for row in found]
    return _headline(runtime, examples, predictions)


def web(runtime: Runtime, shared: Path) -> dict[str, float]:
    """Return the figures of the reworded sentences of other reports, each after its heading."""
    examples = load_examples([shared / "gold" / "web_dev.jsonl"], runtime.taxonomy)
    inputs = [TextInput(text=example.text, context=example.context) for example in examples]
    return _headline(runtime, examples, runtime.classify(inputs))


def off_topic(runtime: Runtime, shared: Path) -> dict[str, float]:
    """Return the share of news headlines and abstracts that are refused: out of domain, or none."""
    texts = {
        "headlines": [row["sentence"] for row in _rows(shared / "fewclue" / "tnews" / "test_public.json")[:400]],
        "abstracts": [row["content"][:150] for row in _rows(shared / "fewclue" / "csldcp" / "test_public.json")[:200]],
    }
    return {
        name: _mean([refused(p, none_code=runtime.taxonomy.none_code) for p in _classified(runtime, group)])
        for name, group in texts.items()
    }


def retrieval(runtime: Runtime, shared: Path) -> dict[str, Any]:
    """Return the mean nDCG@10 of each mode, and of hybrid by kind of query (k1 words … k4 near-copies)."""
    for path in sorted((shared / "seeds").glob("*.txt")):
        runtime.add(read_document(path))
    ids = {summary.source: summary.document_id for summary in runtime.corpus().documents()}
    queries = load_queries(shared / "gold" / "queries.jsonl")
    scores = {mode: [_judged(runtime, query, ids, mode) for query in queries] for mode in MODES}
    kinds = sorted({query.kind for query in queries})
    by_kind = {
        kind: _mean([score for score, query in zip(scores["hybrid"], queries, strict=True) if query.kind == kind])
        for kind in kinds
    }
    return {**{mode: _mean(values) for mode, values in scores.items()}, "hybrid by kind": by_kind}


def _judged(runtime: Runtime, query: Query, ids: Mapping[str, str], mode: Any) -> float:
    hits = runtime.search(query.text, top_k=TOP_K, mode=mode, filter=query.wanted(ids))
    return query.ndcg([hit.text for hit in hits])


def _headline(runtime: Runtime, examples: Sequence[Example], predictions: Sequence[Any]) -> dict[str, Any]:
    taxonomy = runtime.taxonomy
    figures = evaluate(examples, predictions, codes=taxonomy.codes, none_code=taxonomy.none_code)
    names = ("count", "accuracy", "accuracy_interval", "accepted", "macro_f1", "role_accuracy", "ece", "ece_accepted")
    return {name: getattr(figures, name) for name in (*names, "coverage", "covered_accepted")}


def _classified(runtime: Runtime, texts: Sequence[str]) -> Sequence[Any]:
    return runtime.classify([TextInput(text=text) for text in texts if text.strip()])


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)


if __name__ == "__main__":
    main()
