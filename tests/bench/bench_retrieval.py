"""How well search ranks: nDCG@10 on judged queries, by kind, with every part of the ranking taken in turn.

    python -m tests.bench.bench_retrieval [--encoder FOLDER] [--query-instruction TEXT] [--gold ../shared] [--choose]

Prints one JSON object. `written` are the queries of tests/data/queries.jsonl over the sample reports and those of
tests/data/reports, all written for this; weights are chosen with them. `shown` are the twelve queries kept beside the
checkout, over real reports; nothing is chosen with them. `--choose` tries the weights of index/hybrid.py on a grid and
prints the best ones: to be run again for another encoder.

Each row holds the mean with its 95 % bootstrap interval, the means by kind, the share of edited copies found first, and
what the row is above rank fusion, query by query, with its interval. `shaken` is the mean of some 1,500 rankings after
noise on all vectors, as much as eight-bit weights make (cosine .99), which can move the mean of twelve queries by .06.
"""

import argparse
import itertools
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.archives import expand
from index.hits import LEAST_DEPTH
from index.hybrid import WEIGHTS, Candidates, Weights, fused
from index.ranking import candidates, found_rows
from index.records import Found
from index.sketches import sketched, sketches
from models.onnx_embedder import normalised_rows
from service.demo import SAMPLE
from service.runtime import Runtime
from service.settings import load_settings
from tests.bench.judged import TOP_K, Query, interval, load_queries

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
COSINE = Weights(coverage=0, leaning=0, dimension=0, role=0, passage=0, feedback=0)
STEPS = {
    "cosine of all candidates": COSINE,
    "+ coverage": replace(COSINE, coverage=WEIGHTS.coverage),
    "+ dimension": replace(COSINE, coverage=WEIGHTS.coverage, dimension=WEIGHTS.dimension),
    "+ role": replace(WEIGHTS, passage=0, leaning=0, feedback=0),
    "+ passage": replace(WEIGHTS, leaning=0, feedback=0),
    "+ dimension of the query": replace(WEIGHTS, feedback=0),
    "+ feedback (all)": WEIGHTS,
    "all but coverage": replace(WEIGHTS, coverage=0),
    "all but dimension": replace(WEIGHTS, dimension=0),
    "all but role": replace(WEIGHTS, role=0),
    "all but passage": replace(WEIGHTS, passage=0),
    "all but dimension of the query": replace(WEIGHTS, leaning=0),
}
NOISE, SHAKEN = 0.15, 1500
GRID = {
    "coverage": (0.7, 1.0, 1.3),
    "leaning": (0.0, 0.05, 0.1),
    "dimension": (0.0, 0.1, 0.2, 0.3),
    "role": (0.0, 0.05, 0.1, 0.15),
    "passage": (0.0, 0.15, 0.3, 0.45),
    "feedback": (0.0, 0.2, 0.4, 0.8),
}


@dataclass(frozen=True)
class Case:
    """A query with what both legs found, and what is known of each candidate, in the order of `texts`."""

    query: Query
    legs: Mapping[str, Sequence[Found]]
    rows: Sequence[int]
    texts: Sequence[str]
    known: Candidates
    vector: NDArray[np.float32]

    def ranking(self, scores: Sequence[float]) -> list[str]:
        return [self.texts[place] for place in np.argsort(-np.asarray(scores), kind="stable")[:TOP_K]]

    def shaken(self, rng: np.random.Generator) -> "Case":
        """Return the same with noise on the vectors of query and rows; what the legs found stays."""
        query, rows = (
            normalised_rows(vectors + NOISE * normalised_rows(rng.normal(size=vectors.shape)))
            for vectors in (self.vector, self.known.vectors)
        )
        return replace(self, known=replace(self.known, vectors=rows, cosines=rows @ query[0]))

    def leg(self, name: str) -> list[float]:
        """Return the score of a leg for each candidate; what it did not find gets less than the last that it found."""
        found = {one.row: one.score for one in self.legs[name]}
        floor = min(found.values(), default=0.0) - 1e-3
        return [found.get(row, floor) for row in self.rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="bundled")
    parser.add_argument("--query-instruction", default="")
    parser.add_argument("--gold", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--choose", action="store_true")
    asked = parser.parse_args()
    settings = {"encoder": asked.encoder, "query_instruction": asked.query_instruction}
    figures: dict[str, Any] = {"encoder": asked.encoder, "weights": asdict(WEIGHTS)}
    reports = [SAMPLE / "corpus", DATA / "reports"]
    with tempfile.TemporaryDirectory() as folder:
        written = cases(folder, settings, reports, load_queries(DATA / "queries.jsonl"), figures, "written")
    if (asked.gold / "gold" / "queries.jsonl").is_file():
        seeds, queries = (
            sorted((asked.gold / "seeds").glob("*.txt")),
            load_queries(asked.gold / "gold" / "queries.jsonl"),
        )
        with tempfile.TemporaryDirectory() as folder:
            cases(folder, settings, seeds, queries, figures, "shown")
    if asked.choose:
        figures["chosen"] = choose(written)
    print(json.dumps(figures, ensure_ascii=False, indent=1))


def cases(
    folder: str,
    settings: Mapping[str, Any],
    reports: Sequence[Path],
    queries: Sequence[Query],
    figures: dict,
    name: str,
) -> list[Case]:
    """Return what the legs find in a fresh corpus; write a table of every ranking into `figures`."""
    with Runtime(replace(load_settings(settings), data_dir=Path(folder))) as runtime:
        for source in expand(reports):
            runtime.add(source.load())
        ids = {summary.source: summary.document_id for summary in runtime.corpus().documents()}
        made = [_case(runtime, query, ids) for query in queries]
        figures["encoder fingerprint"] = runtime.embedder.fingerprint
        figures[name] = {"sentences": runtime.corpus().stats().sentences, "queries": len(queries)}
        figures[name] |= table(made, [_searched(runtime, query, ids) for query in queries])
    return made


def table(made: Sequence[Case], searched: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return a row of figures for each way to rank; `searched` is what `search` itself answered."""
    ways: dict[str, Callable[[Case], list[str]]] = {
        "dense leg": lambda case: case.ranking(case.leg("dense")),
        "lexical leg": lambda case: case.ranking(case.leg("lexical")),
        "rank fusion .7/.3": lambda case: case.ranking(_rank_fusion(case)),
        "standardised .8/.2": lambda case: case.ranking(_standardised(case)),
    }
    for step, weights in STEPS.items():
        ways[step] = lambda case, weights=weights: case.ranking(fused(case.known, weights=weights))
    rankings = {way: [rank(case) for case in made] for way, rank in ways.items()} | {"search": list(searched)}
    base = _scores(made, rankings["rank fusion .7/.3"])
    rows = {way: _row(made, found, base) for way, found in rankings.items()}
    rng = np.random.default_rng(0)
    shaken = [case.shaken(rng) for _ in range(SHAKEN // len(made)) for case in made]
    for step, weights in STEPS.items():
        rows[step]["shaken"] = _mean(_scores(shaken, _ranked(shaken, weights)))
    return rows


def choose(made: Sequence[Case]) -> dict[str, Any]:
    """Return the best weights of the grid, and how far they are above the present ones, with its interval."""
    tried = [replace(WEIGHTS, **dict(zip(GRID, values, strict=True))) for values in itertools.product(*GRID.values())]
    best = max(tried, key=lambda weights: np.mean(_scores(made, _ranked(made, weights))))
    scores, now = _scores(made, _ranked(made, best)), _scores(made, _ranked(made, WEIGHTS))
    gain = [a - b for a, b in zip(scores, now, strict=True)]
    return {"weights": asdict(best), "ndcg": _mean(scores), "above present": _mean(gain), "interval": interval(gain)}


def _case(runtime: Runtime, query: Query, ids: Mapping[str, str]) -> Case:
    # The parts of a search, one by one: what the corpus keeps for itself is looked at here and nowhere else.
    store, indexes = runtime.corpus()._store, runtime.corpus()._caches.current()
    wanted = query.wanted(ids)
    allowed = store.allowed(wanted) if wanted else None
    vector = runtime.embedder.encode_queries([query.text])
    legs = {
        "dense": indexes.vectors.search(vector, top_k=LEAST_DEPTH, allowed=allowed)[0],
        "lexical": indexes.lexical.search(query.text, top_k=LEAST_DEPTH, allowed=allowed),
    }
    known = sketches(partial(sketched, store), indexes.vectors, found_rows(legs))
    return Case(
        query=query,
        legs=legs,
        rows=known.rows,
        texts=known.texts,
        known=candidates(query.text, vector, known, indexes.lexical, runtime._leanings.begun(query.text)()),
        vector=vector,
    )


def _searched(runtime: Runtime, query: Query, ids: Mapping[str, str]) -> list[str]:
    return [hit.text for hit in runtime.search(query.text, top_k=TOP_K, filter=query.wanted(ids))]


def _rank_fusion(case: Case, *, offset: int = 60) -> list[float]:
    """Return reciprocal rank fusion (Cormack et al. 2009), the dense leg weighted .7."""
    scores = dict.fromkeys(case.rows, 0.0)
    for weight, name in ((0.7, "dense"), (0.3, "lexical")):
        for place, found in enumerate(case.legs[name], start=1):
            scores[found.row] += weight / (offset + place)
    return list(scores.values())


def _standardised(case: Case) -> list[float]:
    """Return the weighted sum of both legs' scores, each less its mean and divided by its deviation."""
    parts = []
    for weight, name in ((0.8, "dense"), (0.2, "lexical")):
        found = np.array([one.score for one in case.legs[name]] or [0.0])
        parts.append(weight * (np.array(case.leg(name)) - found.mean()) / (found.std() or 1.0))
    return (parts[0] + parts[1]).tolist()


def _ranked(made: Sequence[Case], weights: Weights) -> list[list[str]]:
    return [case.ranking(fused(case.known, weights=weights)) for case in made]


def _scores(made: Sequence[Case], rankings: Sequence[Sequence[str]]) -> list[float]:
    return [case.query.ndcg(ranking) for case, ranking in zip(made, rankings, strict=True)]


def _row(made: Sequence[Case], rankings: Sequence[Sequence[str]], base: Sequence[float]) -> dict[str, Any]:
    scores = _scores(made, rankings)
    kinds = sorted({case.query.kind for case in made})
    first = [case.query.copy_first(ranking) for case, ranking in zip(made, rankings, strict=True)]
    first = [one for one in first if one is not None]
    above = [a - b for a, b in zip(scores, base, strict=True)]
    by_kind = {
        kind: _mean([score for case, score in zip(made, scores, strict=True) if case.query.kind == kind])
        for kind in kinds
    }
    row = {"ndcg": _mean(scores), "interval": interval(scores), **by_kind}
    row |= {"copy first": _mean(first)} if first else {}
    return {**row, "above rank fusion": _mean(above), "above interval": interval(above)}


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4)


if __name__ == "__main__":
    main()
