import numpy as np
import pytest

from index.errors import CorpusDamaged
from index.records import Found
from index.vectors import VectorIndex

DIM = 16


def vectors_of_length_one(count, *, seed=7):
    vectors = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def rows():
    return [3 * at + 5 for at in range(200)]


@pytest.fixture
def filled(rows):
    filled = VectorIndex(DIM)
    filled.add(rows, vectors_of_length_one(200))
    return filled


def expected(query, rows, vectors, *, top_k):
    scores = vectors @ query
    return [rows[at] for at in np.argsort(-scores)[:top_k]]


def test_a_search_finds_what_a_full_sort_finds(filled, rows):
    queries = vectors_of_length_one(5, seed=8)

    found = filled.search(queries, top_k=10)

    for query, hits in zip(queries, found, strict=True):
        assert [hit.row for hit in hits] == expected(query, rows, vectors_of_length_one(200), top_k=10)
        assert hits[0].score == pytest.approx(float((vectors_of_length_one(200) @ query).max()), abs=1e-6)


@pytest.mark.parametrize("share", [0.02, 0.5])
def test_a_search_among_allowed_rows_stays_full(filled, rows, share):
    query = vectors_of_length_one(1, seed=9)
    allowed = np.sort(np.random.default_rng(1).choice(rows, int(share * 200), replace=False))
    kept = np.isin(rows, allowed)

    found = filled.search(query, top_k=4, allowed=allowed)[0]

    wanted = expected(query[0], np.asarray(rows)[kept].tolist(), vectors_of_length_one(200)[kept], top_k=4)
    assert [hit.row for hit in found] == wanted


def test_no_allowed_row_finds_nothing(filled):
    assert filled.search(vectors_of_length_one(1), top_k=3, allowed=np.zeros(0, dtype=np.int64)) == [[]]


def test_more_than_there_are_gives_all_and_no_padding(filled, rows):
    assert {hit.row for hit in filled.search(vectors_of_length_one(1), top_k=5_000)[0]} == set(rows)


def test_an_empty_index_finds_nothing():
    assert VectorIndex(DIM).search(vectors_of_length_one(2), top_k=3) == [[], []]


def test_removed_spans_are_not_found_again(filled, rows):
    filled.remove([(rows[0], rows[9]), (rows[20], rows[20]), (100_000, 100_010)])

    assert len(filled) == 189
    assert set(filled.rows()) == set(rows) - set(rows[:10]) - {rows[20]}


def test_equal_scores_come_by_row():
    filled = VectorIndex(2)
    filled.add([9, 4, 6], np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32))

    assert filled.search(np.array([[1, 0]], dtype=np.float32), top_k=2) == [
        [Found(row=4, score=1.0), Found(row=9, score=1.0)]
    ]


def test_another_width_is_refused_with_both_widths(filled):
    with pytest.raises(ValueError, match=r"\(1, 3\).*\(n, 16\)"):
        filled.search(np.zeros((1, 3), dtype=np.float32), top_k=1)


def test_rows_and_vectors_must_be_as_many(filled):
    with pytest.raises(ValueError, match="1 rows for 2 vectors"):
        filled.add([1], vectors_of_length_one(2))


def test_what_was_saved_is_loaded(filled, tmp_path):
    filled.save(tmp_path / "vectors")
    query = vectors_of_length_one(1, seed=3)

    loaded = VectorIndex.load(tmp_path / "vectors", dim=DIM)

    assert loaded.search(query, top_k=5) == filled.search(query, top_k=5)
    loaded.add([1], query)
    assert loaded.search(query, top_k=1)[0][0].row == 1


@pytest.mark.parametrize("content", [b"", b"no index", None])
def test_a_damaged_file_is_refused(filled, tmp_path, content):
    filled.save(tmp_path / "vectors")
    half = (tmp_path / "vectors").read_bytes()[:3000]
    (tmp_path / "vectors").write_bytes(half if content is None else content)

    with pytest.raises(CorpusDamaged, match="rebuild"):
        VectorIndex.load(tmp_path / "vectors", dim=DIM)


def test_a_file_of_another_width_is_refused(filled, tmp_path):
    filled.save(tmp_path / "vectors")

    with pytest.raises(CorpusDamaged, match="16-d vectors, not 8-d"):
        VectorIndex.load(tmp_path / "vectors", dim=8)
