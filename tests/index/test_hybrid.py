from dataclasses import replace

import numpy as np
import pytest

from index.hybrid import Candidates, Weights, fused

COSINE_ALONE = Weights(coverage=0, leaning=0, dimension=0, role=0, passage=0, feedback=0)


def candidates(cosines, *, coverage=None, dimensions=None, roles=None, passages=None, vectors=None, leaning=(0, 0)):
    count = len(cosines)
    return Candidates(
        cosines=np.array(cosines, dtype=np.float32),
        vectors=np.array(vectors or np.eye(count), dtype=np.float32),
        coverage=np.array(coverage or [0] * count, dtype=np.float32),
        dimensions=np.array(dimensions or [[1, 0]] * count, dtype=np.float32),
        roles=roles or ["problem"] * count,
        passages=passages or list(range(count)),
        leaning=np.array(leaning, dtype=np.float32),
    )


def best_first(made, weights):
    return np.argsort(-fused(made, weights=weights), kind="stable").tolist()


def test_nothing_found_fuses_to_nothing():
    assert fused(candidates([])).shape == (0,)


def test_with_no_other_weight_the_cosine_is_the_score():
    assert fused(candidates([0.9, 0.2, 0.5]), weights=COSINE_ALONE) == pytest.approx([0.9, 0.2, 0.5])


def test_holding_more_of_the_query_raises_a_row():
    made = candidates([0.5, 0.6], coverage=[0.4, 0])

    assert best_first(made, replace(COSINE_ALONE, coverage=1)) == [0, 1]
    assert best_first(made, replace(COSINE_ALONE, coverage=0.2)) == [1, 0]


def test_a_row_of_the_dimension_that_the_best_rows_have_passes_one_of_another():
    made = candidates([0.9, 0.5, 0.55], dimensions=[[0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])

    assert best_first(made, COSINE_ALONE) == [0, 2, 1]
    assert best_first(made, replace(COSINE_ALONE, dimension=0.2)) == [0, 1, 2]


def test_a_row_of_the_role_that_the_best_rows_have_passes_one_of_another():
    made = candidates([0.9, 0.5, 0.55], roles=["problem", "problem", "measure"])

    assert best_first(made, replace(COSINE_ALONE, role=0.1)) == [0, 1, 2]


def test_only_as_many_rows_vote_as_there_are_voters():
    made = candidates([0.90, 0.89, 0.5, 0.55], roles=["cause", "measure", "cause", "measure"])

    assert best_first(made, replace(COSINE_ALONE, role=0.15, voters=1)) == [0, 1, 2, 3]
    assert best_first(made, replace(COSINE_ALONE, role=0.15, voters=4)) == [0, 1, 3, 2]


def test_a_row_gains_from_the_best_row_of_its_passage():
    made = candidates([0.9, 0.5, 0.55], passages=["a", "a", "b"])

    assert best_first(made, replace(COSINE_ALONE, passage=0.3)) == [0, 1, 2]


def test_a_row_of_the_dimension_that_the_query_has_passes_one_of_another():
    made = candidates([0.5, 0.55], dimensions=[[0.9, 0.1], [0.1, 0.9]], leaning=[0.8, 0.1])

    assert best_first(made, COSINE_ALONE) == [1, 0]
    assert best_first(made, replace(COSINE_ALONE, leaning=0.2)) == [0, 1]


def test_a_query_of_no_known_dimension_leaves_the_order_to_the_rest():
    made = candidates([0.5, 0.55], dimensions=[[0.9, 0.1], [0.1, 0.9]])

    weights = replace(COSINE_ALONE, leaning=0.2)
    assert fused(made, weights=weights) == pytest.approx(fused(made, weights=COSINE_ALONE) / 1.2)


def test_the_query_moves_towards_the_row_that_votes_and_no_further_than_asked():
    generator = np.random.default_rng(0)
    query, *rows = (vector / np.linalg.norm(vector) for vector in generator.normal(size=(6, 4)))
    cosines = np.array(rows) @ query
    moved = query + 0.4 * rows[int(cosines.argmax())]

    scores = fused(candidates(cosines, vectors=rows), weights=replace(COSINE_ALONE, feedback=0.4, voters=1))

    assert scores == pytest.approx(np.array(rows) @ moved / np.linalg.norm(moved), abs=1e-6)


def test_a_row_that_says_what_the_best_row_says_passes_a_stranger():
    made = candidates([0.9, 0.5, 0.55], vectors=[[1, 0, 0], [0.8, 0.6, 0], [0, 0, 1]])

    assert best_first(made, COSINE_ALONE) == [0, 2, 1]
    assert best_first(made, replace(COSINE_ALONE, feedback=0.4)) == [0, 1, 2]


def test_in_the_second_round_the_rows_vote_by_the_scores_of_the_first():
    cosines, labels = np.array([0.60, 0.58, 0.57]), np.array([[0, 1], [1, 0], [1, 0]])
    scores = cosines
    for _ in range(2):
        votes = np.exp(scores / 0.05) / np.exp(scores / 0.05).sum()
        scores = cosines + 0.2 * labels @ (votes @ labels)

    found = fused(candidates(cosines, dimensions=labels.tolist()), weights=replace(COSINE_ALONE, dimension=0.2))

    assert found * 1.2 == pytest.approx(scores)


def test_no_score_is_above_one_and_a_perfect_row_reaches_it():
    made = candidates([1, 1], coverage=[1, 0.5], dimensions=[[1, 0], [1, 0]], leaning=[1, 0], vectors=[[1, 0], [1, 0]])

    assert fused(made)[0] == pytest.approx(1)
    assert fused(made).max() <= 1
