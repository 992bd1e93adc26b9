"""Topic groups: what many reports say in different words, with questions that it answers. They teach a search encoder.

A group's sentences are labelled examples like any others, so that they teach the classifier too: each row of an
examples file that has a `topic` belongs to that group, and its `relation` says how. The words and questions that people
would search with stand in a file of their own, one topic a line.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.datasets import are_texts, is_text, json_rows
from models.errors import BadExamples

BUNDLED_TOPICS = Path(__file__).parent / "topics.jsonl"
ANSWERS = "answers"
TOUCHES = "touches"
NEAR_MISS = "near miss"
RELATIONS = (ANSWERS, TOUCHES, NEAR_MISS)
# A query of a group, and two of its sentences beside it.
LEAST_ANSWERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One narrow thing that reports say.

    `queries` are words and questions people search with. `answers` all say it, in different words; `touches` speak of
    the same matter without saying it; `near_misses` share words with it and speak of something else.
    """

    name: str
    queries: tuple[str, ...]
    answers: tuple[str, ...]
    touches: tuple[str, ...] = ()
    near_misses: tuple[str, ...] = ()


def load_topics(queries: Path, examples: Sequence[Path]) -> list[Topic]:
    """Return the topics of a queries file with the sentences that the examples files hold for them, in its order.

    Raises BadExamples, naming file and line, for a topic without queries or with fewer than three answers.
    """
    sentences = _sentences(examples)
    return [_topic(row, where, sentences) for where, row in json_rows(queries)]


def _sentences(examples: Sequence[Path]) -> dict[tuple[str, str], list[str]]:
    found = defaultdict(list)
    for path in examples:
        for where, row in json_rows(path):
            if not isinstance(row, dict) or not row.get("topic"):
                continue
            if not is_text(row["topic"]) or not is_text(row.get("text")):
                raise BadExamples(f"{where} needs a `topic` and a `text`, both texts that are not blank")
            if row.get("relation") not in RELATIONS:
                raise BadExamples(f"{where}: `relation` must be one of {', '.join(RELATIONS)}")
            found[row["topic"], row["relation"]].append(row["text"])
    return found


def _topic(row: Any, where: str, sentences: dict[tuple[str, str], list[str]]) -> Topic:  # noqa: ANN401 - what JSON gives
    if not isinstance(row, dict) or not is_text(row.get("topic")) or not are_texts(row.get("queries") or None):
        raise BadExamples(f"{where} needs a `topic` and `queries`, a list of texts; found {json.dumps(row)[:80]}")
    answers, touches, near_misses = (tuple(sentences.get((row["topic"], kind), ())) for kind in RELATIONS)
    if len(answers) < LEAST_ANSWERS:
        raise BadExamples(
            f"{where}: topic {row['topic']!r} has {len(answers)} answers, at least {LEAST_ANSWERS} needed"
        )
    return Topic(
        name=row["topic"], queries=tuple(row["queries"]), answers=answers, touches=touches, near_misses=near_misses
    )
