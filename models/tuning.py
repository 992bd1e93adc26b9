"""Tuning an encoder to a taxonomy: all weights learn to tell the dimensions, roles and off-topic text apart.

Needs torch and transformers (`pip install '.[torch]' --constraint constraints.txt` in the project's folder). What comes
out is an ONNX folder like the bundled one, for `OnnxEmbedder.encode_in_context`; the linear layers used while tuning
are thrown away, since `fit_head` fits and calibrates better ones to the finished, quantised vectors.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from models.datasets import HEADINGS_JOINT, Example
from models.onnx_export import export_int8
from models.taxonomy import Taxonomy
from models.text import canonical
from models.tuning_steps import Steps, averaged_copy, halves, opened_encoder, opened_tokenizer, padded

# Batches are cut from shuffled stretches of this many batches sorted by length: little padding, still random.
STRETCH = 20
ROLE_SHARE = 0.2
DOMAIN_SHARE = 0.2
OFF_TOPIC_WEIGHT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneConfig:
    """How an encoder is tuned: AdamW, linear warm-up over 6 % of the steps, then linear decay to 2 %.

    `context_share` is the chance that an example is read after its headings, so that the encoder learns both with and
    without, `outer_share` the chance that the outer of two headings is then kept. `secondary_share` is the part of the
    target that goes to secondary labels. `averaged_share` is the window of the exponential average of the weights that
    is kept, as a share of all steps; it is ahead of the weights themselves most while the steps are still large.
    """

    epochs: int = 3
    batch_size: int = 32
    learning_rate: float = 1.2e-4
    layer_learning_rate: float = 1e-3
    context_share: float = 0.8
    outer_share: float = 0.5
    secondary_share: float = 0.2
    averaged_share: float = 0.2
    max_tokens: int = 192
    seed: int = 0


class _Network(nn.Module):
    """The encoder with three linear layers on the vector of its first token."""

    def __init__(self, folder: Path, dimensions: int, roles: int) -> None:
        super().__init__()
        self.encoder = opened_encoder(folder)
        width = self.encoder.config.hidden_size
        self.dropout = nn.Dropout(0.1)
        self.dimensions, self.roles, self.domain = (nn.Linear(width, n) for n in (dimensions, roles, 1))

    def forward(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        first = self.dropout(self.encoder(**inputs).last_hidden_state[:, 0])
        return self.dimensions(first), self.roles(first), self.domain(first)[:, 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Targets:
    """What each example should give, and how much it counts."""

    dimensions: Tensor
    roles: Tensor
    off_topic: Tensor
    weights: Tensor


def tune_encoder(
    examples: Sequence[Example],
    taxonomy: Taxonomy,
    *,
    base: Path,
    output: Path,
    config: TuneConfig,
    progress: Callable[[str], None] = lambda message: None,
) -> None:
    """Tune the sentence-transformers folder `base` to the examples and write an int8 ONNX folder to `output`.

    Examples without a primary label are left out. `progress` is told of each epoch. The same seed gives the same
    weights on the same machine and versions; across machines they differ in the last digits.
    """
    torch.manual_seed(config.seed)
    rows = [example for example in examples if example.primary]
    network = _Network(base, len(taxonomy.codes), len(taxonomy.role_codes))
    tokenizer = opened_tokenizer(base, max_tokens=config.max_tokens)
    averaged = _learn(network, rows, _targets(rows, taxonomy, config), tokenizer, config, progress)
    export_int8(averaged.encoder, base=base, output=output)


def _learn(
    network: _Network,
    rows: Sequence[Example],
    targets: _Targets,
    tokenizer: Tokenizer,
    config: TuneConfig,
    progress: Callable[[str], None],
) -> _Network:
    rng = np.random.default_rng(config.seed)
    count = config.epochs * -(-len(rows) // config.batch_size)
    averaged = averaged_copy(network, window=config.averaged_share * count)
    steps = Steps(_groups(network, config), count=count, warm_up_share=0.06)
    network.train()
    for epoch in range(config.epochs):
        losses = []
        encodings = [_encoding(row, tokenizer, rng, config) for row in rows]
        for batch in _batches([len(encoding.ids) for encoding in encodings], config.batch_size, rng):
            with halves():
                outputs = network(padded([encodings[row] for row in batch]))
            losses.append(steps.take(_loss(outputs, targets, torch.from_numpy(batch))))
            averaged.update_parameters(network)
        progress(f"epoch {epoch + 1} of {config.epochs}: mean loss {np.mean(losses):.3f}")
    return cast(_Network, averaged.module)


def _groups(network: _Network, config: TuneConfig) -> list[dict[str, Any]]:
    layers = [*network.dimensions.parameters(), *network.roles.parameters(), *network.domain.parameters()]
    return [
        {"params": list(network.encoder.parameters()), "lr": config.learning_rate, "weight_decay": 0.01},
        {"params": layers, "lr": config.layer_learning_rate},
    ]


def _loss(outputs: tuple[Tensor, Tensor, Tensor], targets: _Targets, batch: Tensor) -> Tensor:
    dimensions, roles, off_topic = (output.float() for output in outputs)
    entropy = -(targets.dimensions[batch] * functional.log_softmax(dimensions, dim=1)).sum(dim=1)
    return (
        (entropy * targets.weights[batch]).mean()
        + ROLE_SHARE * _role_loss(roles, targets.roles[batch])
        + DOMAIN_SHARE * functional.binary_cross_entropy_with_logits(off_topic, targets.off_topic[batch])
    )


def _role_loss(roles: Tensor, wanted: Tensor) -> Tensor:
    """Return the mean loss of those that have a role; where none has, PyTorch's own mean would be no number."""
    labelled = wanted >= 0
    return functional.cross_entropy(roles[labelled], wanted[labelled]) if labelled.any() else roles.new_zeros(())


def _targets(rows: Sequence[Example], taxonomy: Taxonomy, config: TuneConfig) -> _Targets:
    dimensions = torch.zeros(len(rows), len(taxonomy.codes))
    for row, example in enumerate(rows):
        others = config.secondary_share if example.secondary else 0.0
        dimensions[row, taxonomy.codes.index(str(example.primary))] = 1 - others
        for code in example.secondary:
            dimensions[row, taxonomy.codes.index(code)] += others / len(example.secondary)
    roles = [taxonomy.role_codes.index(example.role) if example.role else -1 for example in rows]
    off_topic = torch.tensor([0.0 if example.domain else 1.0 for example in rows])
    # Rare dimensions count more, within limits, and off-topic texts less: reports are what it will read.
    shares = dimensions[off_topic == 0].sum(dim=0)
    weights = (dimensions * (shares.mean() / shares.clamp(min=1)).clamp(0.5, 2.0)).sum(dim=1)
    weights = torch.where(off_topic == 1, torch.tensor(OFF_TOPIC_WEIGHT), weights)
    return _Targets(dimensions=dimensions, roles=torch.tensor(roles), off_topic=off_topic, weights=weights)


def _batches(lengths: Sequence[int], size: int, rng: np.random.Generator) -> Iterator[np.ndarray[Any, Any]]:
    order = rng.permutation(len(lengths))
    for start in range(0, len(order), size * STRETCH):
        stretch = sorted(order[start : start + size * STRETCH], key=lengths.__getitem__)
        batches = [np.array(stretch[at : at + size]) for at in range(0, len(stretch), size)]
        yield from (batches[place] for place in rng.permutation(len(batches)))


def _encoding(example: Example, tokenizer: Tokenizer, rng: np.random.Generator, config: TuneConfig) -> Encoding:
    if example.context and rng.random() < config.context_share:
        _, joint, inner = example.context.rpartition(HEADINGS_JOINT)
        kept = example.context if joint and rng.random() < config.outer_share else inner
        return tokenizer.encode(canonical(kept), canonical(example.text))
    return tokenizer.encode(canonical(example.text))
