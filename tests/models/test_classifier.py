from dataclasses import replace

import numpy as np
import pytest

from models.classifier import Classifier, Head, Linear, Thresholds, softmax
from models.datasets import Example
from models.taxonomy import LabelEntry, Taxonomy


def entry(code: str) -> LabelEntry:
    return LabelEntry(code=code, label=code.upper(), definition="", aliases=())


TAXONOMY = Taxonomy(
    name="small",
    version="1",
    none_code="none",
    dimensions=(entry("a"), entry("b"), entry("none")),
    roles=(entry("problem"), entry("measure")),
)
EXAMPLES = tuple(Example(text=f"例{code}", primary=code) for code in ("a", "b", "none"))


def head(*, temperature: float = 1.0, **thresholds: float) -> Head:
    """Return a head that reads its logits off the vector: a, b, none, role problem, role measure, off-topic."""
    eye = np.eye(6, dtype=np.float32)
    zeros = np.zeros(3, dtype=np.float32)
    return Head(
        dimensions=Linear(weight=eye[:, :3], bias=zeros),
        roles=Linear(weight=eye[:, 3:5], bias=zeros[:2]),
        domain=Linear(weight=eye[:, 5:], bias=zeros[:1]),
        temperature=temperature,
        thresholds=Thresholds(**thresholds),
        examples=EXAMPLES,
        example_columns=np.arange(3),
        example_vectors=eye[:3],
    )


def predict(vector: list[float], text: str = "一句够长的话", *, evidence: int = 0, model: Head | None = None):
    vectors = np.array([vector], dtype=np.float32)
    return Classifier(TAXONOMY, model or head()).predict([text], vectors, evidence=evidence)[0]


def test_the_best_score_is_the_dimension_and_all_scores_sum_to_one():
    prediction = predict([0, 3, 0, 0, 1, -9])

    assert ("b", "B", "measure") == (prediction.dimension, prediction.label, prediction.role)
    assert pytest.approx(1) == sum(prediction.scores.values())
    assert pytest.approx(prediction.scores["b"]) == prediction.confidence
    assert (False, None) == (prediction.abstained, prediction.reason)


def test_temperature_flattens_scores_and_keeps_the_order():
    hot = predict([0, 3, 1, 0, 0, -9], model=head(temperature=3.0))
    cold = predict([0, 3, 1, 0, 0, -9])

    assert hot.dimension == cold.dimension == "b"
    assert hot.confidence < cold.confidence


def test_close_runners_up_are_secondary_and_distant_ones_are_not():
    assert ("b",) == predict([2, 1.5, -3, 0, 0, -9]).secondary


@pytest.mark.parametrize(
    ("vector", "text", "reason"),
    [
        ([3, 0, 0, 0, 0, -9], "好的", "too_short"),
        ([3, 0, 0, 0, 0, 9], "今天的股市涨了两个点", "out_of_domain"),
        ([0.3, 0, 0, 0, 0, -9], "一句够长的话", "low_confidence"),
        ([2, 1.95, -5, 0, 0, -9], "一句够长的话", "small_margin"),
    ],
)
def test_it_abstains_with_the_reason_and_still_gives_a_best_guess(vector, text, reason):
    prediction = predict(vector, text, model=head(confidence=0.45))

    assert (True, reason) == (prediction.abstained, prediction.reason)
    assert prediction.dimension in TAXONOMY.codes


def test_text_that_is_no_report_is_none_whatever_its_words_suggest():
    prediction = predict([3, 0, 0, 0, 0, 4])

    assert "none" == prediction.dimension
    assert pytest.approx(1) == sum(prediction.scores.values())


def test_evidence_is_the_nearest_example_and_counter_evidence_one_of_the_runner_up():
    prediction = predict([2, 1, 0, 0, 0, -9], evidence=2)

    assert ["例a", "例b"] == [evidence.text for evidence in prediction.evidence]
    assert prediction.counter_evidence is not None
    assert ("例b", "b") == (prediction.counter_evidence.text, prediction.counter_evidence.dimension)


def test_examples_of_the_same_wording_are_shown_once():
    twice = (EXAMPLES[0], *EXAMPLES)
    vectors = np.eye(6, dtype=np.float32)[[0, 0, 1, 2]]
    model = replace(head(), examples=twice, example_columns=np.array([0, 0, 1, 2]), example_vectors=vectors)

    prediction = predict([2, 1, 0, 0, 0, -9], evidence=2, model=model)
    more = predict([2, 1, 0, 0, 0, -9], evidence=9, model=model)

    assert ["例a", "例b"] == [evidence.text for evidence in prediction.evidence]
    assert ["例a", "例b", "例none"] == [evidence.text for evidence in more.evidence]


def test_other_wordings_are_found_behind_many_of_the_same():
    count = 60
    examples = (*(EXAMPLES[0] for _ in range(count)), *EXAMPLES[1:])
    columns = np.array([0] * count + [1, 2])
    vectors = np.eye(6, dtype=np.float32)[columns]
    model = replace(head(), examples=examples, example_columns=columns, example_vectors=vectors)

    prediction = predict([2, 1, 0, 0, 0, -9], evidence=2, model=model)

    assert ["例a", "例b"] == [evidence.text for evidence in prediction.evidence]


def test_no_evidence_is_given_unless_asked_for():
    prediction = predict([2, 1, 0, 0, 0, -9])

    assert ((), None) == (prediction.evidence, prediction.counter_evidence)


def test_no_texts_give_no_predictions():
    assert [] == Classifier(TAXONOMY, head()).predict([], np.zeros((0, 6), dtype=np.float32))


def test_softmax_takes_large_logits():
    assert np.allclose([[1.0, 0.0]], softmax(np.array([[1000.0, -1000.0]], dtype=np.float32)))
