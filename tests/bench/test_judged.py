from collections import Counter
from pathlib import Path

import pytest

from index.archives import expand
from service.demo import SAMPLE
from tests.bench.judged import Query, bare, interval, load_queries

DATA = Path(__file__).parents[1] / "data"
QUERIES = load_queries(DATA / "queries.jsonl")


def query(gains, *, copies=()):
    return Query(name="k1-01", text="学习", filter={}, gains=gains, copies=frozenset(copies))


def test_there_are_enough_queries_of_every_kind():
    kinds = Counter(one.kind for one in QUERIES)

    assert kinds.total() >= 120
    assert set(kinds) == {"k1", "k2", "k3", "k4", "k5"}
    assert min(kinds.values()) >= 15
    assert len({one.name for one in QUERIES}) == len({one.text for one in QUERIES}) == len(QUERIES)


def test_every_judged_text_stands_in_a_report():
    whole = "".join(bare(source.load().text) for source in expand([SAMPLE / "corpus", DATA / "reports"]))

    for one in QUERIES:
        assert one.gains, one.name
        assert [text for text in one.gains if text not in whole] == [], one.name


def test_an_edited_copy_is_an_edit_and_its_original_is_what_answers_it():
    for one in QUERIES:
        assert (one.kind == "k4") == bool(one.copies)
        assert bare(one.text) not in one.copies
        assert all(one.gains[copy] == 3 for copy in one.copies)


def test_a_perfect_ranking_has_1_an_empty_one_0_and_a_worse_order_less():
    asked = query({"甲甲": 3, "乙乙": 1})

    assert asked.ndcg(["甲甲。", "乙，乙"]) == pytest.approx(1)
    assert asked.ndcg([]) == 0
    assert 0 < asked.ndcg(["丙", "乙乙", "甲甲"]) < 1


def test_a_judged_text_counts_once_and_a_passage_that_holds_it_counts():
    asked = query({"甲甲": 3})

    assert asked.ndcg(["前面的话，甲甲"]) == pytest.approx(1)
    assert asked.ndcg(["丙", "甲甲", "甲甲"]) == asked.ndcg(["丙", "甲甲"])


def test_an_edited_copy_is_first_or_not_and_other_queries_have_none():
    assert query({"甲甲": 3}, copies=["甲甲"]).copy_first(["甲甲。", "乙"]) is True
    assert query({"甲甲": 3}, copies=["甲甲"]).copy_first(["乙", "甲甲"]) is False
    assert query({"甲甲": 3}).copy_first(["甲甲"]) is None


def test_the_interval_lies_around_the_mean():
    low, high = interval([0.0, 1.0] * 50)

    assert 0.35 < low < 0.5 < high < 0.65
    assert interval([0.4] * 5) == (0.4, 0.4)
