import pytest

from index.hybrid import fuse


def test_a_row_gets_the_reciprocal_of_offset_and_rank_from_every_ranking():
    fused = fuse([[7, 8], [8, 9]], offset=60)

    assert fused == {8: 1 / 62 + 1 / 61, 7: 1 / 61, 9: 1 / 62}


def test_the_best_row_comes_first_and_equal_scores_come_by_row():
    assert list(fuse([[5, 4], [4, 5], [3]])) == [4, 5, 3]


def test_a_weight_counts_its_ranking_for_more():
    assert list(fuse([[1], [2]], weights=[0.3, 0.7])) == [2, 1]


def test_nothing_found_fuses_to_nothing():
    assert fuse([]) == {}
    assert fuse([[], []]) == {}


def test_as_many_weights_as_rankings_are_wanted():
    with pytest.raises(ValueError):
        fuse([[1], [2]], weights=[1.0])
