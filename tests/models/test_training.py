from dataclasses import replace

import numpy as np
import pytest

from models.classifier import NO_ROLE, Classifier
from models.datasets import DEFINITION, Example
from models.errors import BadExamples
from models.layers import TrainConfig
from models.taxonomy import load_taxonomy
from models.training import EVIDENCE_LIMIT, fit_head, with_evidence

TAXONOMY = load_taxonomy()
DIM = 16


def made_up(count: int, *, noise: float, seed: int = 0) -> tuple[list[Example], np.ndarray]:
    """Return examples whose vectors lie around one direction a dimension, in ten batches."""
    rng = np.random.default_rng(seed)
    codes = [TAXONOMY.codes[i % 7] for i in range(count)]
    examples = [
        Example(text=f"句子{i}", primary=code, role=TAXONOMY.role_codes[i % 5], batch=f"b{i % 10}", domain=i % 14 != 6)
        for i, code in enumerate(codes)
    ]
    directions = np.eye(7, DIM)[[i % 7 for i in range(count)]]
    vectors = directions + noise * rng.standard_normal((count, DIM))
    return examples, (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_a_head_learns_what_can_be_learned():
    examples, vectors = made_up(210, noise=0.05)

    trained = fit_head(examples, vectors, TAXONOMY)

    assert trained.held_out is not None
    assert trained.held_out.accuracy > 0.95
    predictions = Classifier(TAXONOMY, trained.head).predict([e.text for e in examples], vectors)
    assert np.mean([p.dimension == e.primary for p, e in zip(predictions, examples, strict=True)]) > 0.95


def test_held_out_figures_do_not_come_from_the_examples_that_were_fitted():
    examples, vectors = made_up(210, noise=5.0)

    trained = fit_head(examples, vectors, TAXONOMY, TrainConfig(inverse_penalty=1e6))

    assert trained.held_out is not None
    assert trained.held_out.accuracy < 0.5


def test_batches_to_hold_out_are_measured_on_and_not_fitted():
    examples, vectors = made_up(210, noise=0.05)
    turned = [e if e.batch != "b3" else Example(text=e.text, primary="none", batch="b3") for e in examples]

    trained = fit_head(turned, vectors, TAXONOMY, TrainConfig(hold_out=("b3",)))

    assert trained.held_out is not None
    assert 21 == trained.held_out.count
    assert trained.held_out.accuracy < 0.3


def test_the_same_seed_gives_the_same_head():
    examples, vectors = made_up(140, noise=0.5)

    first, second = (fit_head(examples, vectors, TAXONOMY, TrainConfig(seed=3)) for _ in range(2))

    assert np.array_equal(first.head.dimensions.weight, second.head.dimensions.weight)
    assert first.head.thresholds == second.head.thresholds


def test_a_dimension_without_examples_never_wins():
    examples, vectors = made_up(70, noise=0.05)
    kept = [row for row, example in enumerate(examples) if example.primary != "style"]

    trained = fit_head([examples[row] for row in kept], vectors[kept], TAXONOMY)

    predictions = Classifier(TAXONOMY, trained.head).predict(["x"] * 70, vectors)
    assert "style" not in {prediction.dimension for prediction in predictions}


def test_two_dimensions_are_enough_and_one_is_refused():
    pair = [Example(text="甲", primary="theory"), Example(text="乙", primary="style")]
    vectors = np.eye(2, DIM, dtype=np.float32)

    trained = fit_head(pair, vectors, TAXONOMY)

    predictions = Classifier(TAXONOMY, trained.head).predict(["甲", "乙"], vectors)
    assert ["theory", "style"] == [prediction.dimension for prediction in predictions]
    assert trained.held_out is None
    with pytest.raises(BadExamples, match="two dimensions"):
        fit_head(pair[:1], vectors[:1], TAXONOMY)


def test_the_figures_are_those_of_the_first_reading_and_both_are_fitted():
    examples, vectors = made_up(210, noise=0.05)
    other = np.zeros_like(vectors)
    other[:, -1] = 1

    for config in (TrainConfig(), TrainConfig(hold_out=("b3",))):
        trained = fit_head(examples, vectors, TAXONOMY, config, alone=other)
        alone = fit_head(examples, vectors, TAXONOMY, config)

        assert trained.held_out is not None and alone.held_out is not None
        assert alone.held_out.count == trained.held_out.count
        assert trained.held_out.accuracy > 0.95
        assert np.abs(trained.head.dimensions.weight - alone.head.dimensions.weight).max() > 1e-3


def test_the_limit_of_secondary_labels_is_chosen_where_there_are_some_and_the_margin_is_fixed():
    examples, vectors = made_up(210, noise=0.5)
    both = [replace(e, secondary=("integrity",)) if e.primary == "style" else e for e in examples]

    trained = fit_head(both, vectors, TAXONOMY)

    assert 0.05 == trained.head.thresholds.margin
    assert 0.2 != trained.head.thresholds.secondary
    assert 0.2 == fit_head(examples, vectors, TAXONOMY).head.thresholds.secondary


def test_evidence_can_be_other_examples_than_the_fitted_ones_and_keeps_what_it_shows():
    examples, vectors = made_up(70, noise=0.05)
    trained = fit_head(examples, vectors, TAXONOMY)

    changed = with_evidence(trained.head, [*examples[:2], Example(text="无", primary=None)], vectors[:3], TAXONOMY)

    assert [replace(example, batch="") for example in examples[:2]] == list(changed.examples)
    assert (2, DIM) == changed.example_vectors.shape


def test_a_taxonomy_without_roles_is_learnt_calibrated_and_predicts_none(tmp_path):
    path = tmp_path / "three.yaml"
    entries = "".join(f"  - {{code: c{number}, label: 第{number}类}}\n" for number in range(3))
    path.write_text(f"format: 1\nname: three\nversion: 1\ndimensions:\n{entries}", encoding="utf-8")
    taxonomy = load_taxonomy(path)
    rng = np.random.default_rng(0)
    examples = [Example(text=f"句子{i}", primary=f"c{i % 3}", batch=f"b{i % 10}") for i in range(150)]
    vectors = (np.eye(3, DIM)[np.arange(150) % 3] + 0.05 * rng.standard_normal((150, DIM))).astype(np.float32)

    trained = fit_head(examples, vectors, taxonomy)

    assert trained.held_out is not None
    assert trained.held_out.accuracy > 0.95
    predicted = Classifier(taxonomy, trained.head).predict(["句子1"], vectors[1:2])[0]
    assert ("c1", NO_ROLE) == (predicted.dimension, predicted.role)


def test_definitions_teach_a_label_that_has_no_example_and_are_never_measured_on():
    examples, vectors = made_up(210, noise=0.05)
    seen = [row for row, example in enumerate(examples) if example.primary != "theory"]
    directions = np.eye(7, DIM, dtype=np.float32)
    told = [Example(text=code, primary=code, made=DEFINITION) for code in TAXONOMY.codes]

    trained = fit_head([*(examples[row] for row in seen), *told], np.vstack([vectors[seen], directions]), TAXONOMY)

    assert trained.held_out is not None
    assert trained.held_out.count == len(seen)
    row = TAXONOMY.codes.index("theory")
    assert Classifier(TAXONOMY, trained.head).predict(["理论"], directions[[row]])[0].dimension == "theory"


def test_a_definition_counts_as_much_as_it_is_told_to():
    examples = [Example(text=f"{i}", primary=("style", "theory")[i % 2]) for i in range(8)]
    vectors = np.eye(8, DIM, dtype=np.float32)
    disputed = Example(text="定义", primary="style", made=DEFINITION)

    def style(weight: float) -> float:
        """Return the score of style for a text that an example calls theory and a definition style."""
        config = TrainConfig(definition_weight=weight)
        head = fit_head([*examples, disputed], np.vstack([vectors, vectors[1]]), TAXONOMY, config).head
        return Classifier(TAXONOMY, head).predict(["文"], vectors[[1]])[0].scores["style"]

    assert style(0.1) < 0.5 < style(9.0)


def test_a_label_of_many_words_counts_no_more_than_one_of_some():
    examples = [Example(text=f"{i}", primary=("style", "theory")[i % 2]) for i in range(8)]
    vectors = np.eye(8, DIM, dtype=np.float32)

    def style(pieces: int, config: TrainConfig) -> float:
        """Return the score of style for a text that an example calls theory, pieces of a definition style."""
        disputed = [Example(text=f"别名{i}", primary="style", made=DEFINITION) for i in range(pieces)]
        rows = np.vstack([vectors, *[vectors[1]] * pieces])
        head = fit_head([*examples, *disputed], rows, TAXONOMY, config).head
        return Classifier(TAXONOMY, head).predict(["文"], vectors[[1]])[0].scores["style"]

    limited, free = TrainConfig(definition_pieces=2.0), TrainConfig(definition_pieces=100.0)

    assert style(1, limited) < style(2, limited) == pytest.approx(style(40, limited), abs=0.01)
    assert style(2, free) < style(40, free) - 0.1


def worded(count: int, *, in_context: bool = False, seed: int = 1) -> list[Example]:
    """Return examples of which words in the text, or in the context, tell the dimension; ten batches."""
    words = dict(zip(TAXONOMY.codes, ("书报", "旗帜", "锤子", "肩膀", "脚步", "清泉", "钟表"), strict=True))
    rng = np.random.default_rng(seed)
    codes = [TAXONOMY.codes[i % 7] for i in range(count)]
    noise = ["".join(chr(0x4E00 + x) for x in rng.integers(0, 4000, 8)) for _ in codes]
    return [
        Example(
            text=rest if in_context else words[code] + rest,
            context=words[code] if in_context else "条目",
            primary=code,
            role=TAXONOMY.role_codes[i % 5],
            batch=f"b{i % 10}",
        )
        for i, (code, rest) in enumerate(zip(codes, noise, strict=True))
    ]


ALIKE = np.full((210, DIM), DIM**-0.5, dtype=np.float32)


@pytest.mark.parametrize("hold_out", [(), ("b3", "b4")])
@pytest.mark.parametrize("in_context", [False, True])
def test_ngrams_count_where_they_tell_what_vectors_do_not(hold_out, in_context):
    config = TrainConfig(ngram_examples=9, hold_out=hold_out)
    examples = worded(210, in_context=in_context)

    trained = fit_head(examples, ALIKE, TAXONOMY, config, alone=ALIKE)

    assert trained.held_out is not None and trained.head.ngrams is not None
    assert trained.held_out.accuracy > 0.9
    others = worded(210, in_context=in_context, seed=2)
    texts, contexts = [e.text for e in others], [e.context for e in others]

    def right(contexts, encoder):
        classifier = Classifier(TAXONOMY, trained.head, encoder=encoder)
        predictions = classifier.predict(texts, ALIKE, contexts=contexts)
        return np.mean([p.dimension == e.primary for p, e in zip(predictions, others, strict=True)])

    assert right(contexts, object()) > 0.9
    # The vectors of a shared encoder were read without headings; then the n-grams of headings do not count either.
    assert right(contexts, None) == right(None, object())
    assert bool(right(None, object()) < 0.9) is in_context


def test_where_vectors_know_of_no_context_ngrams_do_not_either():
    config = TrainConfig(ngram_examples=9)

    found = [fit_head(worded(210, in_context=where), ALIKE, TAXONOMY, config).held_out for where in (True, False)]

    assert found[0] is not None and found[1] is not None
    assert found[0].accuracy < 0.5
    assert found[1].accuracy > 0.9


@pytest.mark.parametrize(("limit", "kept"), [(210, True), (211, False)])
def test_how_many_examples_ngrams_need_is_settled_once_for_all_folds(limit, kept):
    one_big_batch = [replace(e, batch="b0" if i < 90 else e.batch) for i, e in enumerate(worded(210))]

    trained = fit_head(one_big_batch, ALIKE, TAXONOMY, TrainConfig(ngram_examples=limit), alone=ALIKE)

    assert trained.held_out is not None
    assert (trained.head.ngrams is not None) is kept
    assert (trained.held_out.accuracy > 0.9) is kept


def test_ngrams_are_left_out_where_they_tell_nothing():
    examples, vectors = made_up(210, noise=0.05)
    texts = ["".join(chr(0x4E00 + x) for x in np.random.default_rng(n).integers(0, 4000, 8)) for n in range(210)]
    random = [replace(example, text=text) for example, text in zip(examples, texts, strict=True)]

    assert fit_head(random, vectors, TAXONOMY, TrainConfig(ngram_examples=9)).head.ngrams is None


def test_of_very_many_examples_a_choice_of_all_kinds_is_kept_as_evidence():
    examples, vectors = made_up(210, noise=0.05)
    head = fit_head(examples, vectors, TAXONOMY).head
    many = [examples[row % 210] for row in range(EVIDENCE_LIMIT + 500)]

    kept = with_evidence(head, many, vectors[[row % 210 for row in range(len(many))]], TAXONOMY)

    assert len(kept.examples) == len(kept.example_vectors) == len(kept.example_columns) == EVIDENCE_LIMIT
    assert {example.primary for example in kept.examples} == set(TAXONOMY.codes)
    codes = [TAXONOMY.codes[column] for column in kept.example_columns]
    assert codes == [example.primary for example in kept.examples]
