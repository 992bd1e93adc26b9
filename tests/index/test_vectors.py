import threading

import numpy as np
import pytest

from index import codes
from index.errors import CorpusDamaged
from index.records import Found
from index.vectors import Method, VectorIndex

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
        assert hits[0].score == pytest.approx(float((vectors_of_length_one(200) @ query).max()), abs=1e-3)


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


@pytest.mark.parametrize("name", ["codes.faiss", "method.json", "rows.npy", "vectors.npy"])
@pytest.mark.parametrize("content", [b"", b"no index", None])
def test_a_damaged_file_is_refused(filled, tmp_path, name, content):
    filled.save(tmp_path / "vectors")
    path = tmp_path / "vectors" / name
    half = path.read_bytes()[: path.stat().st_size // 2]
    path.write_bytes(half if content is None else content)

    with pytest.raises(CorpusDamaged, match="rebuild"):
        VectorIndex.load(tmp_path / "vectors", dim=DIM)


def test_a_file_of_another_width_is_refused(filled, tmp_path):
    filled.save(tmp_path / "vectors")

    with pytest.raises(CorpusDamaged, match="16-d vectors, not 8-d"):
        VectorIndex.load(tmp_path / "vectors", dim=8)


def test_parts_of_two_indexes_are_refused(filled, tmp_path):
    filled.save(tmp_path / "vectors")
    filled.add([7], vectors_of_length_one(1))
    filled.save(tmp_path / "more")
    (tmp_path / "more" / "codes.faiss").replace(tmp_path / "vectors" / "codes.faiss")

    with pytest.raises(CorpusDamaged, match="different indexes"):
        VectorIndex.load(tmp_path / "vectors", dim=DIM)


COUNT = 3000
"""More rows than are searched one by one, in clumps, as sentences of a genre lie."""


@pytest.fixture(scope="module")
def clumps():
    rng = np.random.default_rng(11)
    centres = vectors_of_length_one(60, seed=12)
    moved = centres[rng.integers(60, size=COUNT)] + 0.15 * vectors_of_length_one(COUNT, seed=13)
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@pytest.fixture
def packed(clumps):
    made = VectorIndex(DIM, exact_rows=1000)
    made.add(range(1, COUNT + 1), clumps)
    made.settle()
    return made


def test_few_rows_are_not_packed(clumps):
    made = VectorIndex(DIM, exact_rows=COUNT)
    made.add(range(1, COUNT + 1), clumps)

    made.settle()

    assert (0, 1.0) == (made.method.rows, made.method.recall)
    assert "exact" in str(made.method)


def test_the_ten_nearest_are_found_as_often_as_is_said(packed, clumps):
    queries = clumps[:200] + 0.05 * vectors_of_length_one(200, seed=14)
    nearest = np.argsort(-(queries @ clumps.T), axis=1)[:, :10] + 1

    found = [[hit.row for hit in hits] for hits in packed.search(queries, top_k=10)]

    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, nearest.tolist(), strict=True)])
    assert "packed" in str(packed.method)
    assert packed.method.recall >= 0.99
    assert recall >= 0.98


def test_rows_come_and_go(packed, clumps):
    packed.remove([(1, 50), (60, 60)])
    packed.add([9001], clumps[:1])

    found = packed.search(clumps[:1], top_k=20)[0]

    assert 9001 == found[0].row
    assert not {hit.row for hit in found} & {*range(1, 51), 60}
    assert len(packed) == len(packed.rows()) == COUNT - 50


@pytest.mark.parametrize("share", [0.4, 0.9])
def test_a_filter_is_kept_full(packed, clumps, share):
    allowed = np.flatnonzero(np.random.default_rng(15).random(COUNT) < share) + 1
    nearest = allowed[np.argsort(-(clumps[allowed - 1] @ clumps[7]))[:300]]

    found = [hit.row for hit in packed.search(clumps[7:8], top_k=300, allowed=allowed)[0]]

    assert 300 == len(found)
    assert len(set(found) & set(nearest.tolist())) >= 290


def test_all_rows_can_be_asked_for(packed, clumps):
    assert COUNT == len(packed.search(clumps[:1], top_k=COUNT)[0])


def test_saved_packed_codes_are_loaded(packed, clumps, tmp_path):
    packed.remove([(5, 9)])
    packed.save(tmp_path / "vectors")

    loaded = VectorIndex.load(tmp_path / "vectors", dim=DIM)

    assert loaded.method == packed.method == Method.read(tmp_path / "vectors")
    assert loaded.search(clumps[:3], top_k=9) == packed.search(clumps[:3], top_k=9)
    assert set(loaded.rows()) == set(packed.rows())


def test_a_new_code_book_is_made_when_there_are_twice_the_rows(packed, clumps):
    before = packed.method
    packed.add(range(10_001, 10_001 + COUNT), clumps)
    assert not packed.settle()
    assert before == packed.method

    packed.add([50_000], clumps[:1])

    assert packed.settle()
    assert 2 * COUNT + 1 == packed.method.rows == len(packed)


def test_what_comes_and_goes_while_codes_are_made_is_not_lost(clumps, judging):
    made = VectorIndex(DIM, exact_rows=1000)
    made.add(range(1, COUNT + 1), clumps)
    settler = threading.Thread(target=made.settle)
    settler.start()
    assert judging.begun.wait(timeout=60)
    made.remove([(1, 50)])
    made.add([9001], clumps[:1])
    while_settling = made.search(clumps[:3], top_k=10)
    judging.go_on.set()
    settler.join()

    assert made.method.rows
    assert 9001 == while_settling[0][0].row
    assert while_settling == made.search(clumps[:3], top_k=10)
    assert {*range(51, COUNT + 1), 9001} == set(made.rows())


def test_codes_are_made_by_one_core(clumps, monkeypatch):
    taken, use = [], codes._use_threads
    monkeypatch.setattr(codes, "_use_threads", lambda *, many: taken.append(many) or use(many=many))
    made = VectorIndex(DIM, exact_rows=1000)
    made.add(range(COUNT), clumps)

    assert made.settle()
    assert taken
    assert not any(taken)


def test_codes_of_many_removed_rows_are_cleared_away(packed, clumps, tmp_path):
    packed.remove([(1, 2500)])
    before = packed.search(clumps[:5], top_k=40)

    packed.settle()
    packed.save(tmp_path / "vectors")

    assert before == packed.search(clumps[:5], top_k=40)
    assert 500 == len(np.load(tmp_path / "vectors" / "rows.npy"))
    assert {*range(2501, 3001)} == set(packed.rows())


def test_a_width_that_cannot_be_packed_evenly_is_packed_too():
    made = VectorIndex(5, exact_rows=10)
    vectors = np.random.default_rng(3).standard_normal((300, 5)).astype(np.float32)
    made.add(range(300), vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

    made.settle()

    assert 300 == made.method.rows
    assert 17 == made.search(vectors[17:18], top_k=1)[0][0].row
