import json
from pathlib import Path

import numpy as np

from tests.bench.bench_peers import hand_over, invented_report, judge, run_side, some_queries
from tests.bench.judged import Query
from tests.bench.peer_ours import Ours
from tests.bench.peer_sides import measured

TEXTS = [f"第{number}条问题是学习抓得不紧。" for number in range(20)]
VECTORS = np.linalg.qr(np.random.default_rng(0).standard_normal((64, 64)))[0][:20].astype(np.float32)
QUERY = Query(name="k1-01", text="学习抓得不紧", filter={}, gains={"第3条问题是学习抓得不紧": 3}, copies=frozenset())


def found(*places):
    return {"found": {"dense": [list(places)], "hybrid": [list(places)]}}


def judged(figures):
    judge(figures, [invented_report(0, TEXTS)], VECTORS, [QUERY], VECTORS[3:4] + VECTORS[:10].sum(axis=0), judged=True)
    return figures


def test_recall_is_the_share_of_the_ten_nearest_and_a_place_found_twice_counts_once():
    assert 1.0 == judged(found(*range(10)))["recall"]
    assert 0.5 == judged(found(*range(5), *range(10, 15)))["recall"]
    assert 0.1 == judged(found(*[3] * 10))["recall"]


def test_a_ranking_is_judged_by_where_the_judged_text_stands():
    assert 1.0 == judged(found(3, 1, 2))["ndcg"]
    assert 0.0 == judged(found(4, 1, 2))["ndcg"]


def test_a_side_that_does_not_run_is_named_with_its_reason(tmp_path):
    figures = run_side("txtai", tmp_path, Path("/nowhere/python"))

    assert "/nowhere/python" in figures["left out"]
    assert figures == judged(dict(figures))


def test_this_side_runs_as_a_program_too(tmp_path):
    hand_over(tmp_path / "side", [invented_report(0, TEXTS)], VECTORS, [QUERY], VECTORS[3:4])

    assert 3 == run_side("liuwei", tmp_path / "side", Path("/nowhere/python"))["found"]["hybrid"][0][0]


def test_this_index_is_measured_through_a_corpus_and_places_are_those_of_the_texts(tmp_path):
    folder = tmp_path / "side"
    hand_over(folder, [invented_report(0, TEXTS)], VECTORS, [QUERY], VECTORS[3:4])

    figures = measured(Ours, folder)

    assert TEXTS == json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    assert 3 == figures["found"]["dense"][0][0]
    assert 3 == figures["found"]["hybrid"][0][0]
    assert 0 < figures["disk_mb"]


def test_about_a_hundred_queries_are_of_all_kinds_and_without_a_filter():
    asked = some_queries(100)

    assert 100 == len({query.name for query in asked})
    assert {"k1", "k2", "k3", "k4", "k5"} == {query.kind for query in asked}
    assert not any(query.filter for query in asked)
