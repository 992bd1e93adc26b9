from dataclasses import replace

import numpy as np
import pytest

from models.classifier import Classifier
from models.datasets import Example
from models.ngrams import BUCKETS, Ngrams, hashed
from models.refitting import FEEDBACK, Taught, refit, without_feedback
from models.taxonomy import load_taxonomy
from models.training import fit_head

TAXONOMY = load_taxonomy()
CODES = ("theory", "style", "integrity")
DIM = 24


def cloud(rng, code, count):
    """Return vectors around a direction of their own."""
    centre = np.zeros(DIM)
    centre[CODES.index(code)] = 1
    vectors = centre + 0.25 * rng.standard_normal((count, DIM))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def fitted():
    rng = np.random.default_rng(1)
    examples = [Example(text=f"{code}{n}", primary=code, role="problem") for code in CODES for n in range(30)]
    examples += [Example(text=f"none{n}", primary="none", role="other", domain=False) for n in range(10)]
    outside = -np.ones((10, DIM), dtype=np.float32) / np.sqrt(DIM)
    vectors = np.vstack([*(cloud(rng, code, 30) for code in CODES), outside])
    return fit_head(examples, vectors.astype(np.float32), TAXONOMY).head


def label(primary, role=None):
    return Example(text="某句", primary=primary, role=role, made=FEEDBACK)


def taught(labels, readings):
    return Taught(labels=labels, read=labels, readings=readings)


def best(head, vectors):
    return [TAXONOMY.codes[column] for column in head.dimensions(vectors).argmax(axis=1)]


def test_without_labels_the_head_stays_as_it_is(fitted):
    assert fitted is refit(fitted, taught([], []), TAXONOMY)


def test_labels_are_followed_and_what_they_do_not_touch_stays(fitted):
    rng = np.random.default_rng(2)
    near_style = cloud(rng, "style", 4)
    apart = np.zeros((4, DIM), dtype=np.float32)
    apart[:, 20] = 1
    vectors = ((near_style + apart) / np.sqrt(2)).astype(np.float32)

    moved = refit(fitted, taught([label("integrity")] * 4, [vectors]), TAXONOMY)

    assert ["style"] * 4 == best(fitted, vectors)
    assert ["integrity"] * 4 == best(moved, vectors)
    old = fitted.example_vectors
    assert np.mean(np.array(best(fitted, old)) != np.array(best(moved, old))) < 0.05


def test_a_label_that_says_what_the_head_says_moves_it_less_than_one_that_contradicts(fitted):
    vectors = cloud(np.random.default_rng(3), "theory", 1)

    agreeing, contradicting = (
        refit(fitted, taught([label(code)], [vectors]), TAXONOMY) for code in ("theory", "style")
    )

    moves = [np.abs(head.dimensions.weight - fitted.dimensions.weight).sum() for head in (agreeing, contradicting)]
    assert moves[0] < moves[1] / 3


def test_roles_follow_where_one_is_given_and_stay_where_none_is(fitted):
    vectors = np.roll(cloud(np.random.default_rng(4), "theory", 6), 10, axis=1)

    unsaid = refit(fitted, taught([label("theory")] * 6, [vectors]), TAXONOMY)
    said = refit(fitted, taught([label("theory", "cause")] * 6, [vectors]), TAXONOMY)

    assert unsaid.roles is fitted.roles
    assert not fitted.roles.weight[:, TAXONOMY.role_codes.index("cause")].any()
    assert {"cause"} == {TAXONOMY.role_codes[column] for column in said.roles(vectors).argmax(axis=1)}


def test_what_people_give_a_real_dimension_is_less_off_topic_afterwards(fitted):
    outside = -np.ones((1, DIM), dtype=np.float32) / np.sqrt(DIM)

    moved = refit(fitted, taught([label("theory")], [outside]), TAXONOMY)
    other = refit(fitted, taught([label("none")], [outside]), TAXONOMY)

    assert moved.domain(outside)[0, 0] < fitted.domain(outside)[0, 0] - 1
    assert other.domain is fitted.domain


def test_labels_become_evidence_and_the_next_refitting_starts_without_them(fitted):
    vectors = cloud(np.random.default_rng(5), "theory", 1)

    moved = refit(fitted, taught([label("style")], [vectors, -vectors]), TAXONOMY)

    shown = Classifier(TAXONOMY, moved).predict(["某句"], vectors, evidence=1)[0].evidence[0]
    assert ("某句", "style") == (shown.text, shown.dimension)
    assert len(fitted.examples) + 1 == len(moved.examples) == len(moved.example_vectors) == len(moved.example_columns)
    cleared = without_feedback(moved)
    assert list(fitted.examples) == list(cleared.examples)
    np.testing.assert_array_equal(fitted.example_vectors, cleared.example_vectors)
    assert fitted is without_feedback(fitted)


def test_it_ends_at_the_least_of_its_sum(fitted):
    """Check against plain gradient descent, many times as long."""
    vectors = cloud(np.random.default_rng(6), "theory", 3)
    bare = replace(fitted, roles=fitted.roles, domain=None)

    moved = refit(bare, taught([label("style")] * 3, [vectors]), TAXONOMY).dimensions
    slow = descended(bare, vectors, TAXONOMY.codes.index("style"))

    np.testing.assert_allclose(slow, np.vstack([moved.weight, moved.bias[None]]), atol=0.02)


def descended(head, new, column, *, weight=8.0, penalty=1.0):
    stacked = np.vstack([head.example_vectors, new]).astype(np.float64)
    rows = np.column_stack([stacked, np.ones(len(stacked))])
    start = np.vstack([head.dimensions.weight, head.dimensions.bias[None]]).astype(np.float64)
    weights = np.array([1.0] * len(head.example_vectors) + [weight] * len(new))[:, None]

    def chances(at):
        powers = np.exp(rows @ at)
        return powers / powers.sum(axis=1, keepdims=True)

    wanted = chances(start)
    wanted[-len(new) :] = np.eye(start.shape[1])[column]
    at = start.copy()
    for _ in range(4000):
        at -= 0.01 * (rows.T @ (weights * (chances(at) - wanted)) + penalty * (at - start))
    return at


def test_labels_are_followed_against_what_ngrams_say(fitted):
    """Everything looks like style by its characters; the layers over vectors learn to outweigh it."""
    weight = np.zeros((BUCKETS, len(TAXONOMY.codes)), dtype=np.float16)
    weight[:, TAXONOMY.codes.index("style")] = 3
    roles = np.zeros((BUCKETS, len(TAXONOMY.role_codes)), dtype=np.float16)
    head = replace(fitted, ngrams=Ngrams(dimensions=weight, roles=roles))
    vectors = cloud(np.random.default_rng(2), "theory", 4)

    moved = refit(head, taught([label("integrity")] * 4, [vectors]), TAXONOMY)

    texts = ["某句子"] * 4
    assert {p.dimension for p in Classifier(TAXONOMY, head).predict(texts, vectors)} == {"style"}
    assert {p.dimension for p in Classifier(TAXONOMY, moved).predict(texts, vectors)} == {"integrity"}
    assert moved.ngrams is head.ngrams


def test_ngrams_are_asked_of_each_reading_with_its_context(fitted):
    """By its heading a text is style, by itself it is nothing: both readings of a label are followed."""
    buckets, _ = hashed("某句", "作风问题")
    heading = np.setdiff1d(buckets, hashed("某句", "")[0])
    weight = np.zeros((BUCKETS, len(TAXONOMY.codes)), dtype=np.float16)
    weight[heading, TAXONOMY.codes.index("style")] = 3
    roles = np.zeros((BUCKETS, len(TAXONOMY.role_codes)), dtype=np.float16)
    head = replace(fitted, ngrams=Ngrams(dimensions=weight, roles=roles))
    rng = np.random.default_rng(2)
    readings = [cloud(rng, "theory", 4), cloud(rng, "theory", 4)]
    labels = [replace(label("integrity"), context="作风问题")] * 4

    moved = refit(head, taught(labels, readings), TAXONOMY)

    classifier = Classifier(TAXONOMY, moved, encoder=object())
    for vectors, context in zip(readings, ("作风问题", ""), strict=True):
        said = classifier.predict(["某句"] * 4, vectors, contexts=[context] * 4)
        assert {one.dimension for one in said} == {"integrity"}
    # The first reading was moved against the heading, the second was not: without it the layer goes far beyond.
    alone = refit(fitted, taught(labels, readings), TAXONOMY)
    column = TAXONOMY.codes.index("integrity")
    gain = [head.dimensions(readings[0])[:, column].mean() for head in (alone, moved)]
    assert gain[1] > gain[0] + 0.5
