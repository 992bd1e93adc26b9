"""Queries with the sentences that answer them, judged over whole collections of reports: they teach a search encoder.

Each row of the file is one query: `answers` say just what it asks for, `touches` are what whoever asked would be glad
to see further down, `near_misses` share words with it and deserve neither. Everything else in the collection was
judged too, and found not to belong, so what another query of the same `collection` found is no hit for this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.datasets import are_texts, is_text, json_rows
from models.errors import BadExamples

BUNDLED_QUERIES = Path(__file__).parent / "judged_queries.jsonl"
LISTS = ("answers", "touches", "near_misses")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedQuery:
    """A query, the name of the collection that it was judged over, and sentences of that collection by judgement."""

    text: str
    collection: str
    answers: tuple[str, ...]
    touches: tuple[str, ...] = ()
    near_misses: tuple[str, ...] = ()


def load_judged_queries(path: Path) -> list[JudgedQuery]:
    """Return the queries of a .jsonl file, in its order.

    Raises BadExamples, naming file and line, for a row without `query`, `collection` or any of `answers`, or with a
    list that holds anything but texts; a blank text is as good as none.
    """
    return [_query(row, where) for where, row in json_rows(path)]


def _query(row: Any, where: str) -> JudgedQuery:  # noqa: ANN401 - what JSON gives
    if not isinstance(row, Mapping) or not all(is_text(row.get(name)) for name in ("query", "collection")):
        raise BadExamples(f"{where} needs `query` and `collection`, both texts")
    lists = {name: row.get(name, []) for name in LISTS}
    for name, texts in lists.items():
        if not are_texts(texts):
            raise BadExamples(f"{where}: `{name}` must be a list of texts, none of them blank")
    if not lists["answers"]:
        raise BadExamples(f"{where}: `answers` is empty; a query needs at least one")
    return JudgedQuery(
        text=row["query"],
        collection=row["collection"],
        **{name: tuple(texts) for name, texts in lists.items()},
    )
