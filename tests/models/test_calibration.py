from dataclasses import replace

import numpy as np
import pytest

from models.calibration import (
    Judged,
    best_secondary,
    best_share,
    best_temperature,
    chosen_thresholds,
    lowest_sufficient,
)
from models.classifier import Thresholds
from models.datasets import Example
from models.taxonomy import load_taxonomy

TAXONOMY = load_taxonomy()


def judged(examples: list[Example], scores: list[list[float]]) -> Judged:
    """Return examples with these scores of the first dimensions; the others are next to nothing."""
    logits = np.full((len(examples), len(TAXONOMY.codes)), -20.0, dtype=np.float32)
    logits[:, : len(scores[0])] = np.log(scores)
    return Judged(examples=examples, logits=logits, off_topic=np.full(len(examples), -30.0, dtype=np.float32))


def test_of_the_shares_the_one_is_taken_that_judges_best():
    rng = np.random.default_rng(0)
    columns = rng.integers(0, 3, 3000)
    clear = np.eye(3, dtype=np.float32)[columns]
    first, second = (clear + rng.standard_normal((3000, 3)).astype(np.float32) for _ in range(2))
    shares = (0.0, 0.5, 1.0, 3.0)

    assert 1.0 == best_share(first, second, columns, shares)
    assert 0.0 == best_share(first, rng.standard_normal((3000, 3)).astype(np.float32), columns, shares)


def test_the_temperature_undoes_a_scaling_of_the_logits():
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((4000, 3)).astype(np.float32)
    powers = np.exp(logits)
    chances = powers / powers.sum(axis=1, keepdims=True)
    columns = np.array([rng.choice(3, p=row) for row in chances])

    assert pytest.approx(3.0, rel=0.1) == best_temperature(logits * 3, columns)


def test_the_threshold_is_the_lowest_with_enough_right_above_it():
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], dtype=np.float32)
    right = np.array([True, True, True, True, True, False])

    assert pytest.approx(0.5) == lowest_sufficient(confidence, right, target=0.95)


def test_the_secondary_limit_parts_scores_that_are_right_from_those_that_are_not():
    scores = np.array([[0.60, 0.36, 0.04], [0.60, 0.33, 0.07], [0.70, 0.27, 0.03], [0.74, 0.24, 0.02]], np.float32)
    accepted = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 0, 0]], dtype=bool)

    limit = best_secondary(scores, accepted)

    assert 0.27 < limit <= 0.33


def test_the_right_label_beside_a_wrong_guess_counts_as_a_good_secondary_one():
    scores = np.array([[0.60, 0.36, 0.04], [0.60, 0.04, 0.36]], np.float32)
    accepted = np.array([[0, 1, 0], [0, 0, 1]], dtype=bool)

    assert 0.04 < best_secondary(scores, accepted) <= 0.36


def test_the_secondary_limit_is_chosen_where_examples_have_secondary_labels_and_the_margin_never():
    first, second = TAXONOMY.codes[:2]
    pairs = [Example(text=str(i), primary=first, secondary=(second,)) for i in range(4)]
    plain = [Example(text=str(i), primary=first) for i in range(4)]
    scores = [[0.6, 0.39]] * 4 + [[0.7, 0.29]] * 4

    chosen = chosen_thresholds(judged(pairs + plain, scores), 1.0, TAXONOMY, target_accepted=0.95)
    unchosen = chosen_thresholds(judged(plain, scores[4:]), 1.0, TAXONOMY, target_accepted=0.95)

    assert 0.29 < chosen.secondary <= 0.39
    assert Thresholds().margin == chosen.margin
    assert Thresholds().secondary == unchosen.secondary


def test_off_topic_texts_alone_choose_nothing():
    examples = [Example(text="股市", primary="none", domain=False)]

    assert Thresholds() == chosen_thresholds(judged(examples, [[0.6, 0.4]]), 1.0, TAXONOMY, target_accepted=0.95)


def test_the_domain_limit_is_what_two_in_a_hundred_sentences_of_a_dimension_exceeds_whatever_none_does():
    theory = [Example(text=str(i), primary="theory") for i in range(100)]
    none = [Example(text=str(i), primary="none") for i in range(20)]
    unlikely = judged(theory + none, [[0.6, 0.4]] * 120)
    chances = np.concatenate([np.linspace(0.001, 0.1, 100), np.full(20, 0.9)])
    given = replace(unlikely, off_topic=np.log(chances / (1 - chances)).astype(np.float32))

    assert pytest.approx(0.098, abs=0.001) == chosen_thresholds(given, 1.0, TAXONOMY, target_accepted=0.95).domain
    assert pytest.approx(0.02) == chosen_thresholds(unlikely, 1.0, TAXONOMY, target_accepted=0.95).domain
