import numpy as np
import pytest

from index.corpus import Corpus
from index.rows import Rows
from index.selection import NearCopies, choose, diverse
from tests.doubles import HashEmbedder
from tests.index.reports import add, report

EMBEDDER = HashEmbedder(dim=32)
LINES = [
    "下村调研走马观花，听汇报多，看现场少。",
    "下村调研走马观花，听汇报多，看现场很少。",
    "理论学习不够系统，读原著的时间不多。",
    "遇到难题有畏难情绪，习惯绕着走。",
]


@pytest.fixture
def rows(tmp_path):
    with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
        add(corpus, report("d1", LINES), EMBEDDER)
        yield Rows(corpus._store)


def chosen_rows(chosen):
    return [one.stored.row for one in chosen]


def test_the_best_come_first_and_no_more_than_the_limit(rows):
    assert chosen_rows(choose([3, 1, 4], rows, limit=2, unit="sentence", collapse=False)) == [3, 1]


def test_a_row_that_is_gone_makes_room(rows):
    assert chosen_rows(choose([99, 3, 1], rows, limit=2, unit="sentence", collapse=False)) == [3, 1]


def test_the_best_sentence_stands_for_its_passage(rows):
    assert chosen_rows(choose([2, 1, 4, 3], rows, limit=4, unit="passage", collapse=False)) == [2, 4]


def test_the_best_of_near_copies_stands_for_all_and_names_the_others(rows):
    chosen = choose([2, 1, 3], rows, limit=3, unit="sentence", collapse=True)

    assert chosen_rows(chosen) == [2, 3]
    assert [one.duplicates for one in chosen] == [["d1:0"], []]


def test_copies_below_the_last_hit_shown_are_counted_too(rows):
    chosen = choose([2, 3, 4, 1], rows, limit=1, unit="sentence", collapse=True)

    assert chosen_rows(chosen) == [2]
    assert chosen[0].duplicates == ["d1:0"]


def test_sentences_of_one_passage_are_no_copies_of_each_other(rows):
    chosen = choose([2, 1], rows, limit=2, unit="passage", collapse=True)

    assert [one.duplicates for one in chosen] == [[]]


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("学习不够深入。", "学习不够深入", True),
        ("抓廉政建设会上讲得多、会后查得少", "抓廉政建设，会上讲得多、会后检查得少", True),
        ("责任书一签就锁进柜子，到年底才拿出来对一遍。", "责任书签完就锁进柜子，年底才翻出来对一遍。", True),
        ("抓廉政建设会上讲得多、会后查得少", "抓廉政建设的措施不多，对干部提醒少", False),
        ("三是宗旨意识有所淡化。", "三是勤俭节约意识有所淡化。", False),
        ("学", "学", True),
        ("学", "用", False),
        ("……", "。。", True),
    ],
)
def test_texts_are_near_copies_where_most_pairs_of_characters_are_the_same(first, second, alike):
    copies = NearCopies()
    copies.first(first, "a")

    assert copies.first(second, "b") == ("a" if alike else "b")


def test_without_diversity_the_order_is_that_of_relevance():
    vectors = np.eye(3, dtype=np.float32)

    assert diverse(np.array([0.2, 0.9, 0.5], dtype=np.float32), vectors, top_k=3, diversity=0.0) == [1, 2, 0]


def test_diversity_changes_which_rows_are_picked():
    relevance = np.array([0.9, 0.89, 0.88, 0.5], dtype=np.float32)
    alike, other = [1.0, 0.0], [0.0, 1.0]
    vectors = np.array([alike, alike, alike, other], dtype=np.float32)

    assert diverse(relevance, vectors, top_k=2, diversity=0.0) == [0, 1]
    assert diverse(relevance, vectors, top_k=2, diversity=0.7) == [0, 3]


def test_the_best_comes_first_whatever_the_diversity():
    vectors = np.eye(2, dtype=np.float32)

    assert diverse(np.array([0.1, 0.9], dtype=np.float32), vectors, top_k=1, diversity=1.0) == [1]


def test_no_rows_and_equal_rows_can_be_picked_from():
    assert diverse(np.zeros(0, dtype=np.float32), np.zeros((0, 2), dtype=np.float32), top_k=3, diversity=0.5) == []
    assert diverse(np.ones(2, dtype=np.float32), np.eye(2, dtype=np.float32), top_k=3, diversity=0.5) == [0, 1]
