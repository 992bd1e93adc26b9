import numpy as np
import pytest

from index.asking import asked_next, doubt


def unit(*rows):
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("scores", "expected"), [((1.0, 0.0), 0.0), ((0.4, 0.2, 0.4), 1.0), ((0.2, 0.5, 0.3), 0.8), ((1.0,), 0)]
)
def test_doubt_is_one_less_the_margin(scores, expected):
    assert expected == pytest.approx(doubt(scores))


def test_the_most_doubtful_comes_first_and_the_next_is_unlike_it():
    scores = [(0.5, 0.5), (0.51, 0.49), (0.8, 0.2)]
    vectors = unit((1, 0), (1, 0.3), (0, 1))

    assert [0, 2, 1] == asked_next(scores, vectors, count=3)


def test_a_near_copy_of_one_that_is_asked_is_not_asked():
    scores = [(0.5, 0.5), (0.5, 0.5), (0.9, 0.1)]

    assert [0, 2] == asked_next(scores, unit((1, 0), (1, 0.01), (0, 1)), count=3)


def test_no_more_than_there_are_and_none_of_none():
    assert [0] == asked_next([(0.5, 0.5)], unit((1, 0)), count=9)
    assert [] == asked_next([], np.zeros((0, 2), dtype=np.float32), count=3)
