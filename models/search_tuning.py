"""Tuning an encoder for search: what answers a query comes to lie close to it, and near misses apart.

Needs torch and transformers. It learns from topics, whose sentences say the same thing in other words, and from queries
judged over whole collections. The loss is InfoNCE (van den Oord et al. 2018) over the sentences of a batch, with soft
targets: a sentence that only touches what is asked counts less than one that answers it. In the end the weights are
mixed with those of the base encoder, which keeps what it knew of other text (Wortsman et al. 2022).
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from models.judged_queries import JudgedQuery
from models.onnx_export import export_int8
from models.text import canonical
from models.topics import Topic
from models.tuning_steps import Steps, halves, opened_encoder, opened_tokenizer, padded

CLAUSE_ENDS = re.compile("(?<=[，；、。])")
# So low that what has this score takes no part in a softmax, and no infinity that would make its gradient no number.
IGNORED = -1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTuneConfig:
    """How an encoder is tuned for search: AdamW, warm-up over 8 % of the steps, then linear decay to 2 %.

    An epoch shows every topic and every judged query once. A topic comes with one query and two of its answers; the
    query is one of the topic's own with chance `asked_share`, an edited copy of an answer with chance `copied_share`,
    else a third answer. A judged query comes with up to four of its answers, four touches and three near misses.
    `touch_weight` is what a sentence that only touches the matter counts beside one that answers, `sibling_weight` what
    another answer counts where the query is a copy of one. `base_share` of the weights is in the end that of the base
    encoder.
    """

    epochs: int = 3
    topics_a_batch: int = 20
    queries_a_batch: int = 12
    learning_rate: float = 9e-5
    temperature: float = 0.07
    asked_share: float = 0.45
    copied_share: float = 0.15
    touch_weight: float = 0.4
    sibling_weight: float = 0.4
    base_share: float = 0.3
    max_tokens: int = 96
    seed: int = 0


@dataclass(slots=True)
class _Batch:
    """Queries, sentences, how much each sentence should count for each query, and which do not count for it at all."""

    queries: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    weights: list[dict[int, float]] = field(default_factory=list)
    ignored: list[list[int]] = field(default_factory=list)


def tune_search_encoder(
    topics: Sequence[Topic],
    queries: Sequence[JudgedQuery],
    *,
    base: Path,
    output: Path,
    config: SearchTuneConfig,
    progress: Callable[[str], None] = lambda message: None,
) -> None:
    """Tune the sentence-transformers folder `base` to topics and queries and write an int8 ONNX folder to `output`.

    `progress` is told of each epoch. The same seed gives the same weights on the same machine and versions.
    """
    torch.manual_seed(config.seed)
    encoder = opened_encoder(base).train()
    before = {name: weights.clone() for name, weights in encoder.state_dict().items()}
    tokenizer = opened_tokenizer(base, max_tokens=config.max_tokens)
    rng = random.Random(config.seed)
    group = {"params": list(encoder.parameters()), "lr": config.learning_rate, "weight_decay": 0.01}
    epochs = [_batches(topics, queries, config, rng) for _ in range(config.epochs)]
    steps = Steps([group], count=sum(map(len, epochs)), warm_up_share=0.08)
    for epoch, batches in enumerate(epochs):
        losses = [steps.take(_loss(encoder, tokenizer, batch, config)) for batch in batches]
        progress(f"epoch {epoch + 1} of {config.epochs}: mean loss {np.mean(losses):.3f}")
    encoder.load_state_dict(_mixed(before, encoder.state_dict(), config.base_share))
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


def _batches(
    topics: Sequence[Topic], queries: Sequence[JudgedQuery], config: SearchTuneConfig, rng: random.Random
) -> list[_Batch]:
    size = config.topics_a_batch
    shuffled = rng.sample(list(topics), len(topics))
    batches = [_topic_batch(shuffled[at : at + size], config, rng) for at in range(0, len(shuffled), size)]
    # Queries of one collection share a batch: what one of them found was judged, too, for all the others.
    collections = defaultdict(list)
    for query in rng.sample(list(queries), len(queries)):
        collections[query.collection].append(query)
    size = config.queries_a_batch
    batches += [
        _judged_batch(judged[at : at + size], config, rng)
        for judged in collections.values()
        for at in range(0, len(judged), size)
    ]
    rng.shuffle(batches)
    return batches


def _topic_batch(topics: Sequence[Topic], config: SearchTuneConfig, rng: random.Random) -> _Batch:
    batch = _Batch()
    for topic in topics:
        first, second, third = rng.sample(topic.answers, 3)
        query, sibling = _query(topic, first, third, config, rng)
        weighed = [(first, 1.0), (second, sibling)]
        weighed += [(text, config.touch_weight) for text in _some(topic.touches, 1, rng)]
        start = len(batch.sentences)
        batch.queries.append(query)
        batch.weights.append({start + place: weight for place, (_, weight) in enumerate(weighed)})
        batch.ignored.append([])
        batch.sentences += [text for text, _ in weighed] + _some(topic.near_misses, 1, rng)
    return batch


def _judged_batch(queries: Sequence[JudgedQuery], config: SearchTuneConfig, rng: random.Random) -> _Batch:
    """Return the queries with some of their sentences. One that also belongs to another query is there once."""
    drawn = [
        (_some(query.answers, 4, rng), _some(query.touches, 4, rng), _some(query.near_misses, 3, rng))
        for query in queries
    ]
    sentences = list(dict.fromkeys(text for lists in drawn for texts in lists for text in texts))
    places = {text: place for place, text in enumerate(sentences)}
    batch = _Batch(sentences=sentences)
    for query, (answers, touches, _) in zip(queries, drawn, strict=True):
        weights = {places[text]: config.touch_weight for text in touches} | {places[text]: 1.0 for text in answers}
        belonging = {places[text] for text in (*query.answers, *query.touches) if text in places}
        batch.queries.append(query.text)
        batch.weights.append(weights)
        batch.ignored.append(sorted(belonging - weights.keys()))
    return batch


def _query(topic: Topic, first: str, third: str, config: SearchTuneConfig, rng: random.Random) -> tuple[str, float]:
    """Return a query of the topic, and how much an answer counts for it that it is no copy of."""
    drawn = rng.random()
    if drawn < config.asked_share:
        return rng.choice(topic.queries), 1.0
    if drawn < config.asked_share + config.copied_share:
        return edited(first, rng), config.sibling_weight
    return third, 1.0


def _some(texts: Sequence[str], most: int, rng: random.Random) -> list[str]:
    return rng.sample(texts, min(most, len(texts)))


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
    scores = queries @ sentences.T / config.temperature
    for row, places in enumerate(batch.ignored):
        scores[row, places] = IGNORED
    return -(wanted * functional.log_softmax(scores, dim=1)).sum(dim=1).mean()


def _mixed(before: dict[str, Tensor], after: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return the weights after tuning with `share` of those before."""
    return {name: torch.lerp(weights.float(), before[name].float(), share) for name, weights in after.items()}
