import numpy as np
import pytest

from index.corpus import Corpus
from index.rows import Rows
from tests.doubles import HashEmbedder
from tests.index.reports import add, report

EMBEDDER = HashEmbedder(dim=16)
LINES = ["下村调研走马观花。", "理论学习不够系统。"]


@pytest.fixture
def store(tmp_path):
    with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
        add(corpus, report("d1", LINES), EMBEDDER)
        yield corpus._store


def test_rows_come_in_the_order_asked_for_without_those_that_are_gone(store):
    assert [stored.row for stored in Rows(store).stored([2, 99, 1])] == [2, 1]


def test_vectors_are_those_that_were_added_and_zeros_for_a_row_that_is_gone(store):
    vectors = Rows(store).vectors([2, 99, 1])

    wanted = EMBEDDER.encode_passages(LINES)
    assert vectors == pytest.approx(np.array([wanted[1], np.zeros(16), wanted[0]]), abs=1e-3)
    assert Rows(store).vectors([]).shape == (0, 16)


def test_a_row_is_read_once(store):
    rows = Rows(store)
    before = rows.stored([1, 2]), rows.vectors([1, 2])

    store.remove("d1")

    assert rows.stored([1, 2]) == before[0]
    assert (rows.vectors([1, 2]) == before[1]).all()
    assert Rows(store).stored([1, 2]) == []
