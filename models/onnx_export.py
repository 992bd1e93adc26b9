"""Writing a tuned encoder as the int8 ONNX folder that `OnnxEmbedder` opens. Needs torch and onnx."""

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.onnx_embedder import CHECKSUMS, CONFIG, TOKENIZER, WEIGHTS


def export_int8(encoder: Any, *, base: Path, output: Path) -> None:  # noqa: ANN401 - a transformers model
    """Write the encoder as int8 ONNX (dynamic, per channel, reduced range) with tokenizer, configuration, checksums."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    (output / WEIGHTS).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.onnx"
        export_onnx(encoder.eval(), full)
        # Without the reduced range, sums saturate on processors without VNNI and the vectors are ruined.
        quantize_dynamic(full, output / WEIGHTS, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
    for name in (TOKENIZER, CONFIG, "LICENSE"):
        shutil.copyfile(base / name, output / name)
    names = (WEIGHTS, TOKENIZER, CONFIG, "LICENSE")
    lines = (f"{hashlib.sha256((output / name).read_bytes()).hexdigest()}  ./{name}\n" for name in names)
    (output / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def export_onnx(encoder: Any, path: Path) -> None:  # noqa: ANN401 - a transformers model
    """Write the encoder in full precision as an ONNX file that gives the first token's vector of one text."""
    sample = torch.ones(1, 7, dtype=torch.long)
    torch.onnx.export(
        _FirstToken(encoder).eval(),
        (sample, torch.zeros_like(sample)),
        str(path),
        input_names=["input_ids", "token_type_ids"],
        output_names=["last_hidden_state"],
        dynamic_axes=dict.fromkeys(("input_ids", "token_type_ids"), {1: "length"}),
        opset_version=17,
        # The newer exporter needs another package and writes graphs that dynamic quantisation does not reduce.
        dynamo=False,
    )


class _FirstToken(nn.Module):
    """A BERT encoder that reads one text, (1, length), of which only the first token's vector comes out, (1, 1, width).

    Nothing else is pooled, so the last layer need not be computed for the other tokens: a third of all the work. One
    text has no padding, so there is no mask; what attention asks of the same tokens is one product, with the scale of
    the scores in its weights: half the nodes, a twentieth of the time. Inputs are taken by position, as the exporter
    wants them.
    """

    def __init__(self, encoder: Any) -> None:  # noqa: ANN401 - a transformers model
        super().__init__()
        self.embeddings = encoder.embeddings
        self.layers = encoder.encoder.layer
        self.heads = int(encoder.config.num_attention_heads)
        *layers, last = (layer.attention.self for layer in self.layers)
        scale = (encoder.config.hidden_size // self.heads) ** -0.5
        self.all = nn.ModuleList(_joined((layer.query, scale), (layer.key, 1), (layer.value, 1)) for layer in layers)
        self.last_query = _joined((last.query, scale))
        self.last_rest = _joined((last.key, 1), (last.value, 1))

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        words, kinds = (
            self.embeddings.word_embeddings(input_ids[0]),
            self.embeddings.token_type_embeddings(token_type_ids[0]),
        )
        places = self.embeddings.position_embeddings.weight[: input_ids.shape[1]]
        hidden = self.embeddings.LayerNorm(words + places + kinds)
        for layer, linear in zip(self.layers, self.all, strict=False):
            hidden = self._through(layer, hidden, *self._by_head(linear(hidden), 3))
        (query,) = self._by_head(self.last_query(hidden[:1]), 1)
        return self._through(self.layers[-1], hidden[:1], query, *self._by_head(self.last_rest(hidden), 2))[None]

    def _through(self, layer: Any, asking: Tensor, query: Tensor, key: Tensor, value: Tensor) -> Tensor:  # noqa: ANN401
        """Return what a layer makes of the tokens `asking`, whose queries attend to all keys."""
        shares = functional.softmax(query @ key.transpose(-1, -2), dim=-1)
        mixed = (shares @ value).transpose(0, 1).reshape(-1, asking.shape[-1])
        attended = layer.attention.output(mixed, asking)
        result: Tensor = layer.output(layer.intermediate(attended), attended)
        return result

    def _by_head(self, tokens: Tensor, parts: int) -> tuple[Tensor, ...]:
        """Return each part of (length, parts * width) as (heads, length, width of a head)."""
        width = tokens.shape[1] // parts // self.heads
        by_head = tokens.view(-1, parts * self.heads, width).transpose(0, 1)
        return torch.split(by_head, self.heads)


def _joined(*linears: tuple[nn.Linear, float]) -> nn.Linear:
    """Return one layer that gives what these give, each times its factor, side by side."""
    joined = nn.Linear(linears[0][0].in_features, sum(linear.out_features for linear, _ in linears))
    with torch.no_grad():
        joined.weight.copy_(torch.cat([linear.weight * factor for linear, factor in linears]))
        joined.bias.copy_(torch.cat([linear.bias * factor for linear, factor in linears]))
    return joined
