"""Judged queries: what was asked, which sentences answer it (2) or touch it (1), and how good a ranking of texts is."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.records import SearchFilter

TOP_K = 10
ROUNDS = 2000


@dataclass(frozen=True)
class Query:
    """A judged query. `gains` is 2^grade − 1 by bare text; `copies` are bare texts of which the query is an edit."""

    name: str
    text: str
    filter: Mapping[str, str]
    gains: Mapping[str, int]
    copies: frozenset[str]

    @property
    def kind(self) -> str:
        """k1 keywords, k2 questions, k3 paraphrases with few shared characters, k4 near-copies, k5 paragraphs."""
        return self.name[:2]

    def wanted(self, ids: Mapping[str, str]) -> SearchFilter:
        """Return the filter; `ids` is document id by file name."""
        document = (ids[self.filter["document"]],) if "document" in self.filter else ()
        return SearchFilter(
            role=tuple(self.filter[name] for name in ("role",) if name in self.filter), document_id=document
        )

    def ndcg(self, texts: Sequence[str]) -> float:
        """Return nDCG@10 of a ranking. A text counts as judged where one contains the other, each judged one once."""
        open_gains = dict(self.gains)
        gains = []
        for text in map(bare, texts[:TOP_K]):
            match = next((known for known in open_gains if known in text or text in known), None)
            gains.append(open_gains.pop(match) if match else 0)
        return ndcg(gains, list(self.gains.values()))

    def copy_first(self, texts: Sequence[str]) -> bool | None:
        """Return whether what the query is an edit of comes first; None for a query that is none."""
        return bool(texts) and bare(texts[0]) in self.copies if self.copies else None


def load_queries(path: Path) -> list[Query]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [_query(row) for row in rows]


def ndcg(gains: Sequence[float], ideal: Sequence[float]) -> float:
    """Return the discounted gain of a ranking over that of the ideal one, both cut at ten; 0 where nothing is ideal."""
    best = _discounted(sorted(ideal, reverse=True)[:TOP_K])
    return _discounted(gains[:TOP_K]) / best if best else 0.0


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean."""
    drawn = np.random.default_rng(0).integers(0, len(values), (ROUNDS, len(values)))
    low, high = np.percentile(np.asarray(values)[drawn].mean(axis=1), [2.5, 97.5])
    return round(float(low), 4), round(float(high), 4)


def bare(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


def _query(row: Mapping[str, object]) -> Query:
    wanted = row.get("filter") or {}
    relevant = [one for one in row["relevant"] if one.get("passes_filter", True) or not wanted]
    return Query(
        name=row["id"],
        text=row["query"],
        filter=wanted,
        gains={bare(one["text"]): 2 ** one["grade"] - 1 for one in relevant},
        copies=frozenset(map(bare, row.get("copy_of", ()))),
    )
