import shutil
from pathlib import Path

import numpy as np
import pytest

from models.embedders import BUNDLED_FOLDER, load_embedder
from models.errors import ModelDamaged, ModelUnavailable
from models.onnx_embedder import OnnxEmbedder

TEXTS = ["理论学习不够深入，学用脱节", "好", "下乡调研走马观花，蜻蜓点水，没有和群众坐在一条板凳上说话" * 30]


@pytest.fixture(scope="module")
def embedder() -> OnnxEmbedder:
    return OnnxEmbedder(BUNDLED_FOLDER)


def test_vectors_come_in_input_order_with_length_one(embedder):
    vectors = embedder.encode_passages(TEXTS)

    assert (3, 512) == vectors.shape
    assert np.float32 == vectors.dtype
    assert np.allclose(1, np.linalg.norm(vectors, axis=1), atol=1e-5)
    for row, text in enumerate(TEXTS):
        # Dynamic quantisation takes its scale from the whole batch, so that neighbours move a vector a little.
        assert vectors[row] @ embedder.encode_passages([text])[0] > 0.95


def test_no_texts_give_no_rows(embedder):
    assert (0, 512) == embedder.encode_passages([]).shape


def test_texts_of_like_meaning_lie_closer_than_others(embedder):
    study, near, far = embedder.encode_passages(["学习理论不深不透", "理论学得浅，没有学深悟透", "锅里倒油，放入葱姜"])

    assert study @ near > study @ far + 0.2


def test_half_width_marks_and_line_breaks_change_nothing(embedder):
    full, half = embedder.encode_passages(["学得不深，用得不够", "学得不深,用得\n不够"])

    assert full @ half > 0.9999


def test_a_context_changes_the_vector_and_an_empty_one_does_not(embedder):
    alone = embedder.encode_passages(["没有做到位"])
    with_heading, without = embedder.encode_in_context(["没有做到位"] * 2, ["廉洁自律方面", ""])

    assert alone[0] @ without > alone[0] @ with_heading + 0.05
    assert alone[0] @ without > 0.95


def test_the_query_instruction_changes_queries_but_neither_passages_nor_fingerprint():
    plain, instructed = load_embedder(), load_embedder(query_instruction="检索：")

    assert plain.fingerprint == instructed.fingerprint
    assert np.allclose(plain.encode_passages(["作风"]), instructed.encode_passages(["作风"]), atol=1e-6)
    assert np.allclose(instructed.encode_queries(["作风"]), plain.encode_passages(["检索：作风"]), atol=1e-6)


def test_an_altered_file_is_refused_by_name(tmp_path: Path):
    folder = tmp_path / "encoder"
    shutil.copytree(BUNDLED_FOLDER, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    with (folder / "tokenizer.json").open("ab") as file:
        file.write(b" ")

    with pytest.raises(ModelDamaged, match=r"tokenizer\.json"):
        OnnxEmbedder(folder)


def test_a_missing_file_is_refused_by_name(tmp_path: Path):
    folder = tmp_path / "encoder"
    shutil.copytree(BUNDLED_FOLDER, folder, ignore=shutil.ignore_patterns("*.safetensors", "*.onnx"))

    with pytest.raises(ModelUnavailable, match=r"model_int8\.onnx"):
        OnnxEmbedder(folder)


def test_a_text_has_the_same_vector_alone_and_among_others(embedder):
    texts = ["理论学习不够", "下乡调研走马观花，问题看不见，底数摸不准，办法也就不对路。" * 6, "", "好"]
    contexts = ["", "一、存在的问题", "", "二、整改措施"]

    together = embedder.encode_in_context(texts, contexts)

    alone = [embedder.encode_in_context([text], [context])[0] for text, context in zip(texts, contexts, strict=True)]
    assert np.array_equal(np.array(alone), together)
