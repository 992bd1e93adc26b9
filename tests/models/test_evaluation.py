import numpy as np
import pytest

from models.classifier import Prediction, Reason
from models.datasets import Example
from models.evaluation import bootstrap_interval, calibration_error, confusion, evaluate, reliability

CODES = ("a", "b", "none")


def prediction(dimension: str, confidence: float, *, reason: Reason | None = None) -> Prediction:
    return Prediction(
        dimension=dimension,
        label=dimension,
        confidence=confidence,
        scores={dimension: confidence},
        secondary=(),
        role="problem",
        abstained=reason is not None,
        reason=reason,
    )


def test_figures_of_a_small_run_are_those_counted_by_hand():
    examples = [
        Example(text="1", primary="a", role="problem"),
        Example(text="2", primary="a", secondary=("b",), role="cause"),
        Example(text="3", primary="b"),
        Example(text="4", primary=None, secondary=("a", "b")),
        Example(text="5", primary="none", domain=False),
    ]
    predictions = [
        prediction("a", 0.9),
        prediction("b", 0.6),
        prediction("a", 0.5, reason="low_confidence"),
        prediction("b", 0.8),
        prediction("none", 0.7, reason="low_confidence"),
    ]

    figures = evaluate(examples, predictions, codes=CODES, none_code="none")

    assert 2 / 4 == figures.accuracy
    assert 4 / 5 == figures.accepted
    assert 3 / 5 == figures.coverage
    assert 1.0 == figures.covered_accepted
    assert 1.0 == figures.off_topic_refused
    assert 0.5 == figures.role_accuracy
    assert ((1, 1, 0), (1, 0, 0), (0, 0, 1)) == figures.confusion
    assert pytest.approx(0.5) == figures.classes["a"].f1
    assert pytest.approx((0.5 + 0 + 1) / 3) == figures.macro_f1


@pytest.mark.parametrize(
    ("given", "is_refused"),
    [
        (prediction("none", 0.9), True),
        (prediction("a", 0.9, reason="out_of_domain"), True),
        (prediction("a", 0.4, reason="low_confidence"), False),
        (prediction("a", 0.4, reason="small_margin"), False),
        (prediction("a", 0.9, reason="too_short"), False),
        (prediction("a", 0.9), False),
    ],
)
def test_a_text_is_refused_when_it_is_said_to_be_no_report_and_not_when_doubt_was_about_its_dimension(
    given, is_refused
):
    figures = evaluate([Example(text="1", primary="none", domain=False)], [given], codes=CODES, none_code="none")

    assert float(is_refused) == figures.off_topic_refused


def test_what_so_few_examples_cannot_tell_is_none():
    figures = evaluate(
        [Example(text="1", primary="a")] * 29, [prediction("b", 0.9)] * 29, codes=CODES, none_code="none"
    )
    enough = evaluate([Example(text="1", primary="a")] * 30, [prediction("a", 0.9)] * 30, codes=CODES, none_code="none")

    assert figures.accuracy_interval is None
    assert (1.0, 1.0) == enough.accuracy_interval
    found = {code: (one.precision, one.recall, one.f1, one.support) for code, one in figures.classes.items()}
    assert {"a": (None, 0.0, 0.0, 29), "b": (0.0, None, None, 0), "none": (None, None, None, 0)} == found
    assert 0.0 == figures.macro_f1


def test_without_off_topic_texts_there_is_no_share_of_refused_ones():
    figures = evaluate([Example(text="1", primary="a")], [prediction("a", 0.9)], codes=CODES, none_code="none")

    assert figures.off_topic_refused is None


def test_calibration_error_is_zero_when_confidence_equals_accuracy_in_every_bin():
    confidence = np.array([0.75] * 4)

    assert 0.0 == calibration_error(confidence, np.array([True, True, True, False]))


def test_calibration_error_is_the_gap_weighted_by_count():
    confidence = np.array([0.95, 0.95, 0.55, 0.55])

    assert pytest.approx(0.5 * 0.45 + 0.5 * 0.45) == calibration_error(confidence, np.array([True, False, True, True]))


def test_reliability_leaves_out_empty_bins():
    bins = reliability(np.array([0.31, 0.39, 1.0]), np.array([True, False, True]))

    assert [(2, 0.5), (1, 1.0)] == [(bin_.count, bin_.accuracy) for bin_ in bins]


def test_confusion_counts_true_by_row_and_predicted_by_column():
    assert [[1, 1, 0], [0, 0, 0], [0, 0, 0]] == confusion([("a", "a"), ("a", "b")], CODES).tolist()


def test_the_bootstrap_interval_holds_the_mean_and_narrows_with_more_values():
    rng = np.random.default_rng(0)
    few, many = np.array([True, False] * 10), np.array([True, False] * 1000)

    low, high = bootstrap_interval(few, rng=rng)
    low_of_many, high_of_many = bootstrap_interval(many, rng=rng)

    assert low < 0.5 < high
    assert high_of_many - low_of_many < high - low
