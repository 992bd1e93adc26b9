"""Tuning an encoder to a taxonomy: all weights learn to tell the dimensions, roles and off-topic text apart.

Needs torch and transformers (`pip install '.[torch]' --constraint constraints.txt` in the project's folder). What comes
out is an ONNX folder like the bundled one, for `OnnxEmbedder.encode_in_context`; the linear layers used while tuning
are thrown away, since `fit_head` fits and calibrates better ones to the finished, quantised vectors.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from models.datasets import Example
from models.onnx_embedder import CHECKSUMS, CONFIG, TOKENIZER, WEIGHTS
from models.taxonomy import Taxonomy
from models.text import canonical

# Batches are cut from shuffled stretches of this many batches sorted by length: little padding, still random.
STRETCH = 20
ROLE_SHARE = 0.2
DOMAIN_SHARE = 0.2
OFF_TOPIC_WEIGHT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneConfig:
    """How an encoder is tuned: AdamW, linear warm-up over 6 % of the steps, then linear decay to 2 %.

    `context_share` is the chance that an example is read after its heading, so that the encoder learns both with and
    without. `secondary_share` is the part of the target that goes to secondary labels.
    """

    epochs: int = 3
    batch_size: int = 16
    learning_rate: float = 5e-5
    layer_learning_rate: float = 1e-3
    context_share: float = 0.8
    secondary_share: float = 0.2
    max_tokens: int = 192
    seed: int = 0


class _Network(nn.Module):
    """The encoder with three linear layers on the vector of its first token."""

    def __init__(self, folder: Path, dimensions: int, roles: int) -> None:
        super().__init__()
        # The exporter below writes plain attention; the fused kind has no ONNX form in every torch release.
        self.encoder = AutoModel.from_pretrained(
            folder, dtype=torch.float32, add_pooling_layer=False, attn_implementation="eager"
        )
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
    _learn(network, rows, _targets(rows, taxonomy, config), _open_tokenizer(base, config), config, progress)
    export_int8(network.encoder, base=base, output=output)


def export_int8(encoder: Any, *, base: Path, output: Path) -> None:  # noqa: ANN401 - a transformers model
    """Write the encoder as int8 ONNX (dynamic, per channel, reduced range) with tokenizer, configuration, checksums."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    (output / WEIGHTS).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.onnx"
        _export_onnx(encoder.eval(), full)
        # Without the reduced range, sums saturate on processors without VNNI and the vectors are ruined.
        quantize_dynamic(full, output / WEIGHTS, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
    for name in (TOKENIZER, CONFIG, "LICENSE"):
        shutil.copyfile(base / name, output / name)
    names = (WEIGHTS, TOKENIZER, CONFIG, "LICENSE")
    lines = (f"{hashlib.sha256((output / name).read_bytes()).hexdigest()}  ./{name}\n" for name in names)
    (output / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def _learn(
    network: _Network,
    rows: Sequence[Example],
    targets: _Targets,
    tokenizer: Tokenizer,
    config: TuneConfig,
    progress: Callable[[str], None],
) -> None:
    rng = np.random.default_rng(config.seed)
    steps = config.epochs * -(-len(rows) // config.batch_size)
    optimizer, schedule = _optimizer(network, config, steps)
    network.train()
    for epoch in range(config.epochs):
        losses = []
        for batch in _batches(rows, config.batch_size, rng):
            encodings = [_encoding(rows[row], tokenizer, rng, config) for row in batch]
            loss = _loss(network(_padded(encodings)), targets, torch.from_numpy(batch))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
        progress(f"epoch {epoch + 1} of {config.epochs}: mean loss {np.mean(losses):.3f}")


def _optimizer(
    network: _Network, config: TuneConfig, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    layers = [*network.dimensions.parameters(), *network.roles.parameters(), *network.domain.parameters()]
    groups = [
        {"params": list(network.encoder.parameters()), "lr": config.learning_rate, "weight_decay": 0.01},
        {"params": layers, "lr": config.layer_learning_rate},
    ]
    optimizer = torch.optim.AdamW(groups)
    warm_up = 0.06 * steps
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / warm_up) * max(0.02, 1 - step / steps)
    )
    return optimizer, schedule


def _loss(outputs: tuple[Tensor, Tensor, Tensor], targets: _Targets, batch: Tensor) -> Tensor:
    dimensions, roles, off_topic = outputs
    entropy = -(targets.dimensions[batch] * functional.log_softmax(dimensions, dim=1)).sum(dim=1)
    return (
        (entropy * targets.weights[batch]).mean()
        + ROLE_SHARE * functional.cross_entropy(roles, targets.roles[batch], ignore_index=-1)
        + DOMAIN_SHARE * functional.binary_cross_entropy_with_logits(off_topic, targets.off_topic[batch])
    )


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


def _batches(rows: Sequence[Example], size: int, rng: np.random.Generator) -> Iterator[np.ndarray[Any, Any]]:
    order = rng.permutation(len(rows))
    for start in range(0, len(order), size * STRETCH):
        stretch = sorted(order[start : start + size * STRETCH], key=lambda row: len(rows[row].text))
        batches = [np.array(stretch[at : at + size]) for at in range(0, len(stretch), size)]
        yield from (batches[place] for place in rng.permutation(len(batches)))


def _encoding(example: Example, tokenizer: Tokenizer, rng: np.random.Generator, config: TuneConfig) -> Encoding:
    if example.context and rng.random() < config.context_share:
        return tokenizer.encode(canonical(example.context), canonical(example.text))
    return tokenizer.encode(canonical(example.text))


def _padded(encodings: Sequence[Encoding]) -> dict[str, Tensor]:
    length = max(len(encoding.ids) for encoding in encodings)
    inputs = {name: torch.zeros(len(encodings), length, dtype=torch.long) for name in _INPUTS}
    for row, encoding in enumerate(encodings):
        for name, values in zip(_INPUTS, (encoding.ids, encoding.attention_mask, encoding.type_ids), strict=True):
            inputs[name][row, : len(values)] = torch.tensor(values)
    return inputs


_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def _open_tokenizer(base: Path, config: TuneConfig) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(base / TOKENIZER))
    tokenizer.enable_truncation(config.max_tokens)
    return tokenizer


class _HiddenStates(nn.Module):
    """The encoder with its inputs by position and one output, as the exporter wants it."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        inputs = dict(zip(_INPUTS, (input_ids, attention_mask, token_type_ids), strict=True))
        hidden: Tensor = self.encoder(**inputs).last_hidden_state
        return hidden


def _export_onnx(encoder: nn.Module, path: Path) -> None:
    sample = torch.ones(2, 7, dtype=torch.long)
    axes = {0: "batch", 1: "length"}
    torch.onnx.export(
        _HiddenStates(encoder),
        (sample, sample, torch.zeros_like(sample)),
        str(path),
        input_names=list(_INPUTS),
        output_names=["last_hidden_state"],
        dynamic_axes=dict.fromkeys((*_INPUTS, "last_hidden_state"), axes),
        opset_version=17,
        # The newer exporter needs another package and writes graphs that dynamic quantisation does not reduce.
        dynamo=False,
    )
