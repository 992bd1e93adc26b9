from functools import partial

import numpy as np
import pytest

from index.corpus import Corpus
from index.sketches import sketched as read
from index.sketches import sketches
from tests.doubles import HashEmbedder
from tests.index.reports import add, report

EMBEDDER = HashEmbedder(dim=32)
LINES = ["下村调研走马观花。", "理论学习不够系统。", "遇到难题绕着走。"]


@pytest.fixture
def corpus(tmp_path):
    with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
        add(corpus, report("d1", LINES, dimension="study"), EMBEDDER)
        add(corpus, report("d2", ["窗口服务态度生硬。"], dimension="conduct", role="cause"), EMBEDDER)
        yield corpus


@pytest.fixture
def sketched(corpus):
    return partial(sketches, partial(read, corpus._store), corpus._caches.current().vectors)


def test_a_sketch_holds_what_ranking_needs_by_row_without_rows_that_are_gone(sketched):
    known = sketched([4, 3, 99, 1])

    assert list(known.rows) == [1, 3, 4]
    assert list(known.texts) == [LINES[0], LINES[2], "窗口服务态度生硬。"]
    assert list(known.passages) == [("d1", 0), ("d1", 1), ("d2", 0)]
    assert list(known.roles) == ["problem", "problem", "cause"]
    assert known.vectors == pytest.approx(EMBEDDER.encode_passages(list(known.texts)), abs=1e-3)


def test_what_was_removed_since_the_vectors_were_looked_at_is_left_out(corpus, sketched):
    corpus.remove("d1")

    known = sketched([1, 2, 4])

    assert list(known.rows) == [4]
    assert known.vectors == pytest.approx(EMBEDDER.encode_passages(["窗口服务态度生硬。"]), abs=1e-3)


def test_labels_that_only_some_sentences_have_get_a_column_all_the_same(sketched):
    known = sketched([1, 4])

    assert known.codes == ["conduct", "none", "study"]
    assert known.dimensions == pytest.approx(np.array([[0, 0.1, 0.9], [0.9, 0.1, 0]]))


def test_no_rows_have_empty_sketches_of_the_right_width(sketched):
    for known in (sketched([]), sketched([99])):
        assert (list(known.rows), list(known.texts), known.vectors.shape) == ([], [], (0, 32))
