import numpy as np
import pytest
from tokenizers import Tokenizer

from models.datasets import Example
from models.embedders import BASE_FOLDER
from models.onnx_embedder import TOKENIZER, OnnxEmbedder
from models.onnx_export import export_int8, export_onnx
from models.taxonomy import load_taxonomy
from models.text import canonical
from models.tuning import TuneConfig, tune_encoder
from models.tuning_steps import averaged_copy

# The exporter that suits dynamic quantisation is one that torch has replaced; its tracing warns of branches in Python.
pytestmark = [
    pytest.mark.filterwarnings("ignore:You are using the legacy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
]
TEXTS = ("理论学习不够深入，满足于念念稿子", "下乡调研走马观花", "收受节日礼品")


@pytest.fixture(scope="module")
def torch_encoder():
    """The bundled weights as transformers runs them."""
    import torch
    from transformers import AutoModel

    return AutoModel.from_pretrained(BASE_FOLDER, dtype=torch.float32, add_pooling_layer=False).eval()


def first_tokens(encoder, texts):
    """Return the first token's vector of each text, of length 1, from transformers itself."""
    import torch

    tokenizer = Tokenizer.from_file(str(BASE_FOLDER / TOKENIZER))
    vectors = []
    for text in texts:
        ids = torch.tensor([tokenizer.encode(canonical(text)).ids])
        with torch.no_grad():
            vectors.append(encoder(input_ids=ids).last_hidden_state[0, 0].numpy())
    return np.array([vector / np.linalg.norm(vector) for vector in vectors])


def test_the_exported_encoder_gives_what_transformers_gives_but_for_the_eight_bits(torch_encoder, tmp_path):
    export_int8(torch_encoder, base=BASE_FOLDER, output=tmp_path)

    exported = OnnxEmbedder(tmp_path, threads=1).encode_passages(TEXTS)

    assert np.sum(exported * first_tokens(torch_encoder, TEXTS), axis=1).min() > 0.98


def test_the_graph_before_it_is_reduced_agrees_with_transformers_to_the_fourth_digit(torch_encoder, tmp_path):
    import onnxruntime

    export_onnx(torch_encoder, tmp_path / "full.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "full.onnx"), providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(BASE_FOLDER / TOKENIZER))

    def first_token(text):
        ids = np.array([tokenizer.encode(canonical(text)).ids])
        return session.run(None, {"input_ids": ids, "token_type_ids": np.zeros_like(ids)})[0][0, 0]

    hidden = np.array([first_token(text) for text in TEXTS])

    vectors = hidden / np.linalg.norm(hidden, axis=1, keepdims=True)
    assert np.abs(vectors - first_tokens(torch_encoder, TEXTS)).max() < 1e-4


def test_tuning_writes_a_whole_encoder_and_says_how_far_it_is(tmp_path):
    taxonomy = load_taxonomy()
    examples = [
        Example(text=text, context="一、存在的问题；（一）", primary=code, role="problem", batch="b1")
        for text, code in zip(TEXTS, ("theory", "style", "integrity"), strict=True)
    ]
    told = []

    tune_encoder(
        examples,
        taxonomy,
        base=BASE_FOLDER,
        output=tmp_path,
        config=TuneConfig(epochs=1, batch_size=2),
        progress=told.append,
    )

    vectors = OnnxEmbedder(tmp_path, threads=1).encode_in_context(TEXTS, ("", "问题", ""))
    assert vectors.shape == (3, 512)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert [line.split(":")[0] for line in told] == ["epoch 1 of 1"]


def test_what_a_step_leaves_in_the_average_counts_e_times_less_a_window_later():
    from torch import nn

    layer = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(layer.weight)
    averaged = averaged_copy(layer, window=100)
    averaged.update_parameters(layer)

    nn.init.ones_(layer.weight)
    for _ in range(100):
        averaged.update_parameters(layer)

    assert averaged.module.weight.item() == pytest.approx(1 - 0.99**100)
