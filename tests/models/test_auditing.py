import numpy as np
import pytest

from models.auditing import suspects
from models.datasets import Example
from models.errors import BadExamples
from models.taxonomy import load_taxonomy

TAXONOMY = load_taxonomy()
CODES = ("theory", "style", "integrity")


def made(*, wrong=()):
    """Return 60 examples in ten batches and their vectors; those `wrong` bear the label of another direction."""
    rng = np.random.default_rng(0)
    examples, vectors = [], []
    for place in range(60):
        code = CODES[place % 3]
        label = CODES[(place + 1) % 3] if place in wrong else code
        examples.append(Example(text=f"第{place}句", primary=label, batch=f"b{place // 6}"))
        vectors.append(np.eye(12)[CODES.index(code)] + 0.1 * rng.standard_normal(12))
    vectors = np.array(vectors, dtype=np.float32)
    return examples, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def found(examples, vectors):
    return suspects(examples, vectors, TAXONOMY, inverse_penalty=10.0, rng=np.random.default_rng(1))


def test_wrong_labels_are_found_with_what_is_right_and_no_others():
    suspected = found(*made(wrong=(4, 31, 50)))

    assert {4: "style", 31: "style", 50: "integrity"} == {one.place: one.suggested for one in suspected}
    assert all(one.confidence > one.label_confidence for one in suspected)
    margins = [one.confidence - one.label_confidence for one in suspected]
    assert sorted(margins, reverse=True) == margins


def test_a_secondary_label_is_no_contradiction_and_unlabelled_examples_are_not_judged():
    examples, vectors = made(wrong=(4, 31))
    examples[4] = Example(text="句", primary="integrity", secondary=("style",), batch="b0")
    examples[31] = Example(text="句", primary=None, secondary=("style",), batch="b5")

    assert [] == found(examples, vectors)


def test_examples_of_one_dimension_cannot_contradict_each_other():
    examples, vectors = made()

    with pytest.raises(BadExamples, match="two dimensions"):
        found([Example(text=one.text, primary="theory") for one in examples], vectors)
