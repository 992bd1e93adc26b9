import random

import numpy as np
import pytest

from models.embedders import BASE_FOLDER
from models.onnx_embedder import OnnxEmbedder
from models.onnx_export import export_int8
from models.search_tuning import SearchTuneConfig, edited, tune_search_encoder
from models.topics import Topic

pytestmark = [
    pytest.mark.filterwarnings("ignore:You are using the legacy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
]
TOPICS = [
    Topic(
        name="调研走过场",
        queries=("走马观花 调研",),
        answers=("下去只是转一圈，看不到真情况", "车轮子跑了不少，底数没有摸清", "座谈听的都是安排好的话"),
        touches=("调研报告写得多，转成办法的少",),
        near_misses=("读书走马观花，翻过就放下",),
    ),
    Topic(
        name="收受礼品",
        queries=("谁过节收过东西？",),
        answers=("年节时收过服务对象的两盒茶叶", "亲友托人送来的土特产没有退", "人情面前守不住底线，收了购物卡"),
    ),
]


def test_an_edited_copy_keeps_most_of_the_text_and_is_never_empty():
    rng = random.Random(0)
    text = "下乡调研走马观花，问题看不见；底数摸不准，办法也就不对路。"

    copies = [edited(text, rng) for _ in range(50)]

    assert all(0.5 * len(text) < len(copy) < len(text) for copy in copies)
    assert all(set(copy) <= set(text) for copy in copies)
    assert len(set(copies)) > 40
    assert edited("好", rng) == "好"


def test_tuning_brings_the_answers_of_a_topic_closer_to_its_query(tmp_path):
    told = []

    tune_search_encoder(
        TOPICS, base=BASE_FOLDER, output=tmp_path, config=SearchTuneConfig(epochs=6), progress=told.append
    )

    assert len(told) == 6
    tuned, before = OnnxEmbedder(tmp_path, threads=1), closeness_of_the_base(tmp_path)
    assert closeness(tuned) > before
    assert np.allclose(np.linalg.norm(tuned.encode_passages(["学习"]), axis=1), 1)


def closeness(embedder):
    """Return how much nearer the answers of the first topic are to its query than those of the second."""
    query = embedder.encode_queries(TOPICS[0].queries)[0]
    own, other = (embedder.encode_passages(topic.answers) @ query for topic in TOPICS)
    return own.mean() - other.mean()


def closeness_of_the_base(tmp_path):
    import torch
    from transformers import AutoModel

    untouched = AutoModel.from_pretrained(BASE_FOLDER, dtype=torch.float32, add_pooling_layer=False)
    export_int8(untouched, base=BASE_FOLDER, output=tmp_path / "untouched")
    return closeness(OnnxEmbedder(tmp_path / "untouched", threads=1))
