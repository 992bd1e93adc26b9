import numpy as np
import pytest

from index.corpus import Corpus
from index.errors import CorpusDamaged
from index.sketches import sketches
from tests.doubles import HashEmbedder
from tests.index.reports import add, report

EMBEDDER = HashEmbedder(dim=32)
LINES = ["下村调研走马观花。", "理论学习不够系统。", "遇到难题绕着走。"]


@pytest.fixture
def store(tmp_path):
    with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
        add(corpus, report("d1", LINES, dimension="study"), EMBEDDER)
        add(corpus, report("d2", ["窗口服务态度生硬。"], dimension="conduct", role="cause"), EMBEDDER)
        yield corpus._store


def test_a_sketch_holds_what_ranking_needs_by_row_without_rows_that_are_gone(store):
    known = sketches(store, [4, 3, 99, 1], dim=32)

    assert list(known.rows) == [1, 3, 4]
    assert list(known.texts) == [LINES[0], LINES[2], "窗口服务态度生硬。"]
    assert list(known.passages) == [("d1", 0), ("d1", 1), ("d2", 0)]
    assert list(known.roles) == ["problem", "problem", "cause"]
    assert known.vectors == pytest.approx(EMBEDDER.encode_passages(list(known.texts)), abs=1e-3)


def test_labels_that_only_some_sentences_have_get_a_column_all_the_same(store):
    known = sketches(store, [1, 4], dim=32)

    assert known.codes == ["conduct", "none", "study"]
    assert known.dimensions == pytest.approx(np.array([[0, 0.1, 0.9], [0.9, 0.1, 0]]))


def test_no_rows_have_empty_sketches_of_the_right_width(store):
    for known in (sketches(store, [], dim=32), sketches(store, [99], dim=32)):
        assert (list(known.rows), list(known.texts), known.vectors.shape) == ([], [], (0, 32))


@pytest.mark.parametrize("dim", [16, 33, 64])
def test_vectors_of_another_width_are_refused(store, dim):
    with pytest.raises(CorpusDamaged, match=f"not {dim} wide"):
        sketches(store, [1, 2], dim=dim)
