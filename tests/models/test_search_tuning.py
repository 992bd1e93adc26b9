import random

import numpy as np
import pytest

from models.embedders import BASE_FOLDER
from models.judged_queries import JudgedQuery
from models.onnx_embedder import OnnxEmbedder
from models.onnx_export import export_int8
from models.search_tuning import SearchTuneConfig, _batches, edited, tune_search_encoder
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


def test_what_also_belongs_to_a_query_is_no_wrong_answer_where_it_was_drawn_for_another():
    queries = [
        JudgedQuery(text="甲", collection="c", answers=("一", "二"), touches=("三",), near_misses=("四",)),
        JudgedQuery(text="乙", collection="c", answers=("三",), near_misses=("一",)),
        JudgedQuery(text="丙", collection="d", answers=("五",)),
    ]
    many = JudgedQuery(text="丁", collection="e", answers=tuple("子丑寅卯辰巳"))
    other = JudgedQuery(text="戊", collection="e", answers=("子", "午"), near_misses=tuple("丑寅卯辰巳")[:3])

    batches = _batches([], [*queries, many, other], SearchTuneConfig(touch_weight=0.5), random.Random(0))

    found = {tuple(sorted(batch.queries)): batch for batch in batches}
    assert {("丙",), ("丁", "戊"), ("乙", "甲")} == set(found)
    both = found["乙", "甲"]
    assert sorted("一二三四") == sorted(both.sentences)
    weighed = {
        query: {both.sentences[place]: weight for place, weight in weights.items()}
        for query, weights in zip(both.queries, both.weights, strict=True)
    }
    assert {"甲": {"一": 1.0, "二": 1.0, "三": 0.5}, "乙": {"三": 1.0}} == weighed
    crowded = found["丁", "戊"]
    row = crowded.queries.index("丁")
    drawn = {crowded.sentences[place] for place in crowded.weights[row]}
    assert 4 == len(drawn)
    ignored = {crowded.sentences[place] for place in crowded.ignored[row]}
    assert (set(many.answers) & set(crowded.sentences)) - drawn == ignored


@pytest.mark.parametrize("taught", ["topics", "judged queries"])
def test_tuning_brings_answers_closer_to_their_query(tmp_path, taught):
    judged = [
        JudgedQuery(text=topic.queries[0], collection="c", answers=topic.answers, near_misses=topic.near_misses)
        for topic in TOPICS
    ]
    topics, queries = (TOPICS, []) if taught == "topics" else ([], judged)
    told = []

    tune_search_encoder(
        topics, queries, base=BASE_FOLDER, output=tmp_path, config=SearchTuneConfig(epochs=6), progress=told.append
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
