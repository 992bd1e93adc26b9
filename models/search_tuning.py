"""Tuning an encoder for search: what says the same thing in other words comes to lie close, and near misses apart.

Needs torch and transformers. The loss is InfoNCE (van den Oord et al. 2018) over the sentences of all topics in a
batch, with soft targets: a sentence that only touches a query's topic counts a third of one that answers it.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from models.onnx_export import export_int8
from models.text import canonical
from models.topics import Topic
from models.tuning_steps import Steps, halves, opened_encoder, opened_tokenizer, padded

CLAUSE_ENDS = re.compile("(?<=[，；、。])")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTuneConfig:
    """How an encoder is tuned for search: AdamW, warm-up over 8 % of the steps, then linear decay to 2 %.

    An epoch shows every topic once, with one query and two of its answers. The query is one of the topic's own with
    chance `asked_share`, an edited copy of an answer with chance `copied_share`, else a third answer. `touch_weight` is
    what a sentence that only touches the topic counts beside one that answers it, `sibling_weight` what another answer
    counts where the query is a copy of one.
    """

    epochs: int = 15
    topics_a_batch: int = 20
    learning_rate: float = 3e-5
    temperature: float = 0.05
    asked_share: float = 0.45
    copied_share: float = 0.15
    touch_weight: float = 0.35
    sibling_weight: float = 0.4
    max_tokens: int = 160
    seed: int = 0


@dataclass(slots=True)
class _Batch:
    """Queries, sentences, and how much each sentence should count for each query."""

    queries: list[str]
    sentences: list[str]
    weights: list[dict[int, float]]


def tune_search_encoder(
    topics: Sequence[Topic],
    *,
    base: Path,
    output: Path,
    config: SearchTuneConfig,
    progress: Callable[[str], None] = lambda message: None,
) -> None:
    """Tune the sentence-transformers folder `base` to the topics and write an int8 ONNX folder to `output`.

    `progress` is told of each epoch. The same seed gives the same weights on the same machine and versions.
    """
    torch.manual_seed(config.seed)
    encoder = opened_encoder(base).train()
    tokenizer = opened_tokenizer(base, max_tokens=config.max_tokens)
    rng = random.Random(config.seed)
    group = {"params": list(encoder.parameters()), "lr": config.learning_rate, "weight_decay": 0.01}
    steps = Steps([group], count=config.epochs * -(-len(topics) // config.topics_a_batch), warm_up_share=0.08)
    for epoch in range(config.epochs):
        batches = _batches(topics, config, rng)
        losses = [steps.take(_loss(encoder, tokenizer, batch, config)) for batch in batches]
        progress(f"epoch {epoch + 1} of {config.epochs}: mean loss {np.mean(losses):.3f}")
    export_int8(encoder, base=base, output=output)


def edited(text: str, rng: random.Random) -> str:
    """Return the text as a careless copyist leaves it: a clause dropped or moved, and every twelfth character lost."""
    clauses = [clause for clause in CLAUSE_ENDS.split(text) if clause]
    if len(clauses) > 2 and rng.random() < 0.5:
        clauses.pop(rng.randrange(len(clauses)))
    if len(clauses) > 1 and rng.random() < 0.3:
        place = rng.randrange(len(clauses) - 1)
        clauses[place], clauses[place + 1] = clauses[place + 1], clauses[place]
    characters = list("".join(clauses))
    for _ in range(max(1, len(characters) // 12)):
        if len(characters) > 4:
            characters.pop(rng.randrange(len(characters)))
    return "".join(characters)


def _batches(topics: Sequence[Topic], config: SearchTuneConfig, rng: random.Random) -> list[_Batch]:
    shuffled = rng.sample(list(topics), len(topics))
    starts = range(0, len(shuffled), config.topics_a_batch)
    return [_batch(shuffled[start : start + config.topics_a_batch], config, rng) for start in starts]


def _batch(topics: Sequence[Topic], config: SearchTuneConfig, rng: random.Random) -> _Batch:
    batch = _Batch([], [], [])
    for topic in topics:
        first, second, third = rng.sample(topic.answers, 3)
        query, sibling = _query(topic, first, third, config, rng)
        weighed = [(first, 1.0), (second, sibling)]
        weighed += [(text, config.touch_weight) for text in _one_of(topic.touches, rng)]
        start = len(batch.sentences)
        batch.queries.append(query)
        batch.weights.append({start + place: weight for place, (_, weight) in enumerate(weighed)})
        batch.sentences += [text for text, _ in weighed] + _one_of(topic.near_misses, rng)
    return batch


def _query(topic: Topic, first: str, third: str, config: SearchTuneConfig, rng: random.Random) -> tuple[str, float]:
    """Return a query of the topic, and how much an answer counts for it that it is no copy of."""
    drawn = rng.random()
    if drawn < config.asked_share:
        return rng.choice(topic.queries), 1.0
    if drawn < config.asked_share + config.copied_share:
        return edited(first, rng), config.sibling_weight
    return third, 1.0


def _one_of(texts: Sequence[str], rng: random.Random) -> list[str]:
    return [rng.choice(texts)] if texts else []


def _loss(encoder: Any, tokenizer: Tokenizer, batch: _Batch, config: SearchTuneConfig) -> Tensor:  # noqa: ANN401 - a model
    texts = [canonical(text) for text in (*batch.queries, *batch.sentences)]
    with halves():
        first = encoder(**padded(tokenizer.encode_batch(texts))).last_hidden_state[:, 0]
    vectors = functional.normalize(first.float(), dim=1)
    queries, sentences = vectors[: len(batch.queries)], vectors[len(batch.queries) :]
    wanted = torch.zeros(len(queries), len(sentences))
    for row, weights in enumerate(batch.weights):
        wanted[row, list(weights)] = torch.tensor(list(weights.values()))
    wanted /= wanted.sum(dim=1, keepdim=True)
    return -(wanted * functional.log_softmax(queries @ sentences.T / config.temperature, dim=1)).sum(dim=1).mean()
