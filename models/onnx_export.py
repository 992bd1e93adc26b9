"""Writing a tuned encoder as the int8 ONNX folder that `OnnxEmbedder` opens. Needs torch and onnx."""

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.onnx_embedder import CHECKSUMS, CONFIG, INPUTS, TOKENIZER, WEIGHTS

# Added to the attention scores of padding: e to that power is 0, and it is no infinity that int8 would have to hold.
MASKED = -1e4


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
    """Write the encoder in full precision as an ONNX file that gives the first token's vector."""
    sample = torch.ones(2, 7, dtype=torch.long)
    axes = {0: "batch", 1: "length"}
    torch.onnx.export(
        _FirstToken(encoder).eval(),
        (sample, sample, torch.zeros_like(sample)),
        str(path),
        input_names=list(INPUTS),
        output_names=["last_hidden_state"],
        dynamic_axes={**dict.fromkeys(INPUTS, axes), "last_hidden_state": {0: "batch"}},
        opset_version=17,
        # The newer exporter needs another package and writes graphs that dynamic quantisation does not reduce.
        dynamo=False,
    )


class _FirstToken(nn.Module):
    """A BERT encoder of which only the first token's vector comes out, (batch, 1, width).

    Nothing else is pooled, so the last layer need not be computed for the other tokens: a third of all the work. Inputs
    are taken by position, as the exporter wants them.
    """

    def __init__(self, encoder: Any) -> None:  # noqa: ANN401 - a transformers model
        super().__init__()
        self.encoder = encoder
        self.heads = int(encoder.config.num_attention_heads)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        hidden = self.encoder.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)
        masked = (1.0 - attention_mask[:, None, None, :].float()) * MASKED
        *layers, last = self.encoder.encoder.layer
        for layer in layers:
            hidden = self._through(layer, hidden, hidden, masked)
        return self._through(last, hidden[:, :1], hidden, masked)

    def _through(self, layer: Any, asking: Tensor, hidden: Tensor, masked: Tensor) -> Tensor:  # noqa: ANN401
        """Return what a layer makes of the tokens `asking`, which attend to all of `hidden`."""
        attention = layer.attention.self
        query, key, value = (
            self._by_head(linear(tokens))
            for linear, tokens in ((attention.query, asking), (attention.key, hidden), (attention.value, hidden))
        )
        shares = functional.softmax(query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5 + masked, dim=-1)
        mixed = (shares @ value).transpose(1, 2).flatten(2)
        attended = layer.attention.output(mixed, asking)
        result: Tensor = layer.output(layer.intermediate(attended), attended)
        return result

    def _by_head(self, tokens: Tensor) -> Tensor:
        batch, length, width = tokens.shape
        return tokens.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
