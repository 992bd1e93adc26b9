import numpy as np
import pytest

from index.hybrid import Candidates, Weights, fused

COSINE_ALONE = Weights(coverage=0, dimension=0, role=0, passage=0)


def candidates(cosines, *, coverage=None, dimensions=None, roles=None, passages=None):
    count = len(cosines)
    return Candidates(
        cosines=np.array(cosines, dtype=np.float32),
        coverage=np.array(coverage or [0] * count, dtype=np.float32),
        dimensions=np.array(dimensions or [[1, 0]] * count, dtype=np.float32),
        roles=roles or ["problem"] * count,
        passages=passages or list(range(count)),
    )


def best_first(made, weights):
    return np.argsort(-fused(made, weights=weights), kind="stable").tolist()


def test_nothing_found_fuses_to_nothing():
    assert fused(candidates([])).shape == (0,)


def test_with_no_other_weight_the_cosine_is_the_score():
    assert fused(candidates([0.9, 0.2, 0.5]), weights=COSINE_ALONE) == pytest.approx([0.9, 0.2, 0.5])


def test_holding_more_of_the_query_raises_a_row():
    made = candidates([0.5, 0.6], coverage=[0.4, 0])

    assert best_first(made, Weights(coverage=1, dimension=0, role=0, passage=0)) == [0, 1]
    assert best_first(made, Weights(coverage=0.2, dimension=0, role=0, passage=0)) == [1, 0]


def test_a_row_of_the_dimension_that_the_best_rows_have_passes_one_of_another():
    made = candidates([0.9, 0.5, 0.55], dimensions=[[0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])

    assert best_first(made, COSINE_ALONE) == [0, 2, 1]
    assert best_first(made, Weights(coverage=0, dimension=0.2, role=0, passage=0)) == [0, 1, 2]


def test_a_row_of_the_role_that_the_best_rows_have_passes_one_of_another():
    made = candidates([0.9, 0.5, 0.55], roles=["problem", "problem", "measure"])

    assert best_first(made, Weights(coverage=0, dimension=0, role=0.1, passage=0)) == [0, 1, 2]


def test_only_as_many_rows_vote_as_there_are_voters():
    made = candidates([0.90, 0.89, 0.5, 0.55], roles=["cause", "measure", "cause", "measure"])

    assert best_first(made, Weights(coverage=0, dimension=0, role=0.2, passage=0, voters=1)) == [0, 1, 2, 3]
    assert best_first(made, Weights(coverage=0, dimension=0, role=0.2, passage=0, voters=4)) == [0, 1, 3, 2]


def test_a_row_gains_from_the_best_row_of_its_passage():
    made = candidates([0.9, 0.5, 0.55], passages=["a", "a", "b"])

    assert best_first(made, Weights(coverage=0, dimension=0, role=0, passage=0.3)) == [0, 1, 2]


def test_no_score_is_above_one_and_a_perfect_row_reaches_it():
    made = candidates([1, 1], coverage=[1, 0.5], dimensions=[[1, 0], [1, 0]])

    assert fused(made)[0] == pytest.approx(1)
    assert fused(made).max() <= 1
