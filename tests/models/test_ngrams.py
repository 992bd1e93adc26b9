import numpy as np
import pytest

from models.ngrams import BUCKETS, CONTEXT_LENGTH, Ngrams, hashed

TEXT = "调研走马观花，走马观花"


def test_a_text_gives_each_character_and_pair_once_and_is_of_length_one():
    buckets, values = hashed(TEXT, "")

    # 调研走马观花， and 调研 研走 走马 马观 观花 花， ，走
    assert len(buckets) == len(set(buckets.tolist())) == 14
    assert buckets.min() >= 0 and buckets.max() < BUCKETS
    assert np.linalg.norm(values) == pytest.approx(1)


def test_a_context_is_told_from_the_text_and_counts_for_less():
    of_text, _ = hashed("作风", "")
    both, values = hashed("作风", "作风")

    assert len(set(both.tolist())) == 2 * len(of_text)
    assert np.linalg.norm(values[len(of_text) :]) == pytest.approx(CONTEXT_LENGTH)


def test_order_counts_and_what_canonical_writing_makes_alike_is_alike():
    assert hashed("学习", "")[0].tolist() != hashed("习学", "")[0].tolist()
    assert hashed("好,但ＡB", "")[0].tolist() != hashed("好，但AB", "")[0].tolist()
    assert hashed("好,但ab", "")[0].tolist() == hashed("好，但AB", "")[0].tolist()


def test_the_places_of_buckets_are_part_of_a_saved_head():
    # Another hash would make nonsense of every head that was trained before.
    assert hashed("学习", "")[0].tolist() == [6982, 45107, 52526]


@pytest.mark.parametrize("text", ["", "字", "😀", "\ud800"])
def test_texts_of_hardly_anything_have_outputs_too(text):
    layers = Ngrams(dimensions=np.ones((BUCKETS, 3), np.float16), roles=np.ones((BUCKETS, 2), np.float16))

    dimensions, roles = layers([text], [""])

    assert (1, 3) == dimensions.shape and (1, 2) == roles.shape
    assert np.isfinite(dimensions).all()


def test_outputs_are_the_sum_of_values_times_weights_and_grow_with_the_share():
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((BUCKETS, 3)).astype(np.float16)
    layers = Ngrams(dimensions=weight, roles=weight[:, :2])
    buckets, values = hashed(TEXT, "作风")

    dimensions, roles = layers([TEXT, "学"], ["作风", ""])

    assert dimensions[0] == pytest.approx(values @ weight[buckets].astype(np.float32))
    assert roles[0] == pytest.approx(dimensions[0, :2])
    assert layers.times(0.5)([TEXT], ["作风"])[0][0] == pytest.approx(dimensions[0] / 2, abs=1e-3)
    assert layers([], [])[0].shape == (0, 3)
