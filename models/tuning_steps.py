"""What every kind of tuning does: tokens as padded tensors, arithmetic in halves where that pays, steps of AdamW."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import AutoModel

from models.onnx_embedder import INPUTS, TOKENIZER


def opened_encoder(base: Path) -> Any:  # noqa: ANN401 - a transformers model
    """Return the encoder of a sentence-transformers folder, its weights in full precision."""
    # On a processor the fused attention is no faster than the plain one, and dropout inside it only costs time: where
    # it was left out no figure fell.
    return AutoModel.from_pretrained(
        base,
        dtype=torch.float32,
        add_pooling_layer=False,
        attn_implementation="eager",
        attention_probs_dropout_prob=0.0,
    )


def opened_tokenizer(base: Path, *, max_tokens: int) -> Tokenizer:
    """Return the tokenizer of a model folder, which cuts what is longer and pads nothing."""
    tokenizer = Tokenizer.from_file(str(base / TOKENIZER))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def padded(encodings: Sequence[Encoding]) -> dict[str, Tensor]:
    """Return the three inputs of a BERT encoder, each (n, longest) int64."""
    length = max(len(encoding.ids) for encoding in encodings)
    inputs = {name: torch.zeros(len(encodings), length, dtype=torch.long) for name in INPUTS}
    for row, encoding in enumerate(encodings):
        for name, values in zip(INPUTS, (encoding.ids, encoding.attention_mask, encoding.type_ids), strict=True):
            inputs[name][row, : len(values)] = torch.tensor(values)
    return inputs


def halves() -> AbstractContextManager[object]:
    """Return a context in which matrices are multiplied as bfloat16 where the processor does that in hardware.

    There it is twice as fast; elsewhere, many times slower, so that nothing changes.
    """
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=supported)


def averaged_copy(network: nn.Module, *, window: float) -> AveragedModel:
    """Return a copy to be told of each step by `update_parameters`: the exponential average of the weights.

    What a step leaves counts e times less `window` steps later. The copy itself is `module`.
    """
    average = get_ema_multi_avg_fn(1 - 1 / max(1.0, window))  # type: ignore[no-untyped-call]
    return AveragedModel(network, multi_avg_fn=average)


class Steps:
    """AdamW with gradients clipped to length 1, linear warm-up over a share of `count` steps, then decay to 2 %."""

    def __init__(self, groups: Sequence[dict[str, Any]], *, count: int, warm_up_share: float) -> None:
        self._parameters = [parameter for group in groups for parameter in group["params"]]
        self._optimizer = torch.optim.AdamW(groups, fused=True)
        warm_up = warm_up_share * count
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: min(1.0, (step + 1) / warm_up) * max(0.02, 1 - step / count)
        )

    def take(self, loss: Tensor) -> float:
        """Take one step against the loss and return it as a number."""
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        self._schedule.step()
        return float(loss.detach())
