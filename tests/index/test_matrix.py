import numpy as np
import pytest

from index.matrix import Matrix, widened

DIM = 4


def unit(*numbers):
    vector = np.array(numbers, dtype=np.float32)
    return vector / np.linalg.norm(vector)


VECTORS = np.stack([unit(1, 0, 0, at) for at in range(1, 8)])
ROWS = np.array([3, 9, 4, 20, 21, 22, 1])


@pytest.fixture
def filled():
    filled = Matrix(DIM)
    filled.add(ROWS, VECTORS)
    return filled


def rows(*numbers):
    return np.array(numbers, dtype=np.int64)


def test_vectors_come_back_in_the_order_asked_for_and_of_length_one(filled):
    found = filled.vectors(rows(20, 3, 20))

    np.testing.assert_allclose(found, VECTORS[[3, 0, 3]], atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_rows_that_are_gone_or_never_were_are_not_known(filled):
    filled.remove(rows(4, 21))

    assert [3, 9, 20, 22, 1] == filled.rows().tolist()
    assert [9, 3] == filled.known(rows(9, 4, 100_000, 3, -1)).tolist()


def test_saved_vectors_and_added_ones_are_one(filled, tmp_path):
    filled.remove(rows(9))
    filled.save(tmp_path)

    loaded = Matrix.load(tmp_path, dim=DIM)
    loaded.add(rows(30), VECTORS[:1])
    loaded.remove(rows(3))

    assert [4, 20, 21, 22, 1, 30] == loaded.rows().tolist()
    assert [-1, -1, 4, -1] == loaded.rows_at(rows(0, 1, 2, -1)).tolist()
    np.testing.assert_allclose(loaded.vectors(rows(30, 22, 1)), VECTORS[[0, 5, 6]], atol=1e-3)


def test_an_empty_matrix_can_be_saved(tmp_path):
    Matrix(DIM).save(tmp_path)

    assert 0 == len(Matrix.load(tmp_path, dim=DIM).rows())


def test_many_small_additions_are_kept():
    grown = Matrix(DIM)
    for row in range(3000):
        grown.add(rows(row), VECTORS[row % 7][None])

    np.testing.assert_allclose(grown.vectors(rows(2999, 0)), VECTORS[[2999 % 7, 0]], atol=1e-3)


def test_every_finite_half_is_widened_to_the_number_it_is():
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = halves[np.isfinite(halves)].reshape(-1, 2)

    found = widened(finite)

    np.testing.assert_array_equal(found, finite.astype(np.float32), strict=True)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(finite))
