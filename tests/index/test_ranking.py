from functools import partial

import pytest

from index.corpus import Corpus
from index.lexical import LexicalIndex
from index.ranking import Ranked, best_first, candidates, found_rows, fused_scores, ranked
from index.records import Found
from index.sketches import sketched as read
from index.sketches import sketches
from tests.doubles import HashEmbedder
from tests.index.reports import add, report

EMBEDDER = HashEmbedder(dim=128)
LINES = ["下村调研走马观花。", "理论学习不够系统。", "遇到难题绕着走。", "窗口服务态度生硬。"]


@pytest.fixture
def sketched(tmp_path):
    with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
        add(corpus, report("d1", LINES), EMBEDDER)
        yield partial(sketches, partial(read, corpus._store), corpus._caches.current().vectors)


@pytest.fixture
def lexical():
    filled = LexicalIndex()
    filled.update([([1, 2, 3, 4], LINES)], removed=[], after=0)
    return filled


def test_every_candidate_has_its_cosine_and_what_it_holds_whichever_leg_found_it(sketched, lexical):
    vector = EMBEDDER.encode_queries(["调研"])

    known = candidates("调研", vector, sketched([1, 2, 3, 4]), lexical)

    assert known.cosines == pytest.approx(EMBEDDER.encode_passages(LINES) @ vector[0], abs=1e-3)
    assert known.coverage.tolist() == [1, 0, 0, 0]
    assert list(known.roles) == ["problem"] * 4


def test_the_best_score_is_that_of_the_row_that_says_it(sketched, lexical):
    scores = fused_scores("理论学习", EMBEDDER.encode_queries(["理论学习"]), sketched([2, 3, 99]), lexical)

    assert set(scores) == {2, 3}
    assert scores[2] > scores[3]


def test_the_dimensions_of_a_query_are_known_by_their_codes(sketched, lexical):
    found = sketched([1, 2])

    known = candidates(
        "调研", EMBEDDER.encode_queries(["调研"]), found, lexical, {found.codes[1]: 0.7, "unheard of": 0.3}
    )

    assert known.leaning == pytest.approx([0, 0.7, *[0] * (len(found.codes) - 2)])


def test_nothing_found_has_no_scores(sketched, lexical):
    assert fused_scores("学习", EMBEDDER.encode_queries(["学习"]), sketched([]), lexical) == {}


def test_rows_that_both_legs_found_are_found_once():
    legs = {"dense": [Found(row=7, score=0.9), Found(row=5, score=0.8)], "lexical": [Found(row=5, score=3.0)]}

    assert found_rows(legs) == [5, 7]


def test_the_best_score_comes_first_and_equal_ones_by_row():
    assert best_first({9: 0.6, 5: 0.6, 7: 0.7}) == [7, 5, 9]


def test_a_row_says_what_each_leg_gave_it_and_where():
    legs = {"dense": [Found(row=7, score=0.9), Found(row=5, score=0.8)], "lexical": [Found(row=5, score=3.0)]}

    assert ranked([7, 5, 9], legs, {5: 0.6, 7: 0.7, 8: 0.1, 9: 0.6}) == [
        Ranked(row=7, score=0.7, dense=0.9, dense_rank=1),
        Ranked(row=5, score=0.6, dense=0.8, dense_rank=2, lexical=3.0, lexical_rank=1),
        Ranked(row=9, score=0.6),
    ]
