import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from models.datasets import (
    BUNDLED_EXAMPLES,
    BUNDLED_HOLD_OUT,
    Example,
    batch_folds,
    bundled_example_files,
    example_line,
    load_examples,
)
from models.errors import BadExamples
from models.taxonomy import load_taxonomy

SHARED = Path(__file__).parents[3] / "shared"
LEAK_RUN = 12


def shared_runs(texts, sources):
    """Yield (text, run) for every text that shares `LEAK_RUN` consecutive characters with a source, spaces left out."""
    known = {run for source in sources for run in runs_of(source)}
    for text in texts:
        if run := next((run for run in runs_of(text) if run in known), ""):
            yield text, run


def runs_of(text):
    squeezed = "".join(text.split())
    return [squeezed[at : at + LEAK_RUN] for at in range(len(squeezed) - LEAK_RUN + 1)]


@pytest.fixture(scope="module")
def bundled() -> list[Example]:
    return load_examples([*bundled_example_files(), *sorted(BUNDLED_EXAMPLES.glob("hard/*.jsonl"))], load_taxonomy())


def test_what_is_kept_apart_is_there():
    assert set(BUNDLED_HOLD_OUT) <= {
        example.batch for example in load_examples(bundled_example_files(), load_taxonomy())
    }
    assert not set(BUNDLED_HOLD_OUT) & {path.stem for path in BUNDLED_EXAMPLES.glob("hard/*.jsonl")}


def test_the_bundled_examples_are_many_and_spread(bundled):
    dimensions = Counter(example.primary for example in bundled)
    roles = Counter(example.role for example in bundled)
    posts = Counter(example.post for example in bundled if example.post)

    assert len(bundled) >= 1400
    assert set(load_taxonomy().codes) == set(dimensions)
    assert min(dimensions.values()) >= 150
    assert set(load_taxonomy().role_codes) == set(roles)
    assert len(posts) >= 20
    assert all(example.made for example in bundled)


def test_no_bundled_example_stands_twice(bundled):
    assert [] == [text for text, count in Counter(example.text for example in bundled).items() if count > 1]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real reports are not part of the repository")
def test_no_bundled_example_shares_twelve_characters_with_a_real_report(bundled):
    sources = [path.read_text(encoding="utf-8") for path in (SHARED / "seeds").glob("*.txt")]
    sources += [
        json.loads(line)["text"]
        for path in (SHARED / "gold").glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "text" in json.loads(line)
    ]

    assert [] == list(shared_runs([example.text for example in bundled], sources))


def test_a_shared_run_is_found_across_spaces_and_line_breaks():
    found = list(shared_runs(["他说一二三四五六七八九十甲乙好"], ["x一二三四 五六七\n八九十甲乙y"]))

    assert [("他说一二三四五六七八九十甲乙好", "一二三四五六七八九十甲乙")] == found


def test_eleven_characters_are_no_shared_run():
    assert [] == list(shared_runs(["一二三四五六七八九十甲"], ["一二三四五六七八九十甲"]))


def test_an_example_survives_writing_and_reading(tmp_path):
    example = Example(
        text="调研不深", context="作风", primary="style", secondary=("ability",), role="problem", domain=False
    )
    path = tmp_path / "one.jsonl"
    path.write_text(example_line(example) + "\n", encoding="utf-8")

    assert [example] == load_examples([path], load_taxonomy())


def test_accepted_labels_of_a_measuring_file_count_as_secondary(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text('{"text": "a", "primary": null, "accepted": ["style", "theory"]}\n', encoding="utf-8")

    assert frozenset({"style", "theory"}) == load_examples([path], load_taxonomy())[0].accepted


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "my.jsonl:2 is no JSON"),
        ('{"primary": "style"}', "my.jsonl:2 needs a `text`"),
        ('{"text": " ", "primary": "style"}', "my.jsonl:2 needs a `text`"),
        ('{"text": "a", "primary": "stile"}', "my.jsonl:2: `primary` has 'stile'"),
        ('{"text": "a", "primary": "style", "secondary": ["x"]}', "`secondary` has 'x'"),
        ('{"text": "a", "primary": "style", "role": "x"}', "`role` has 'x'"),
    ],
)
def test_a_bad_row_is_refused_with_file_line_and_field(tmp_path, line, said):
    path = tmp_path / "my.jsonl"
    path.write_text('{"text": "好", "primary": "none"}\n' + line + "\n", encoding="utf-8")

    with pytest.raises(BadExamples) as caught:
        load_examples([path], load_taxonomy())

    assert said in str(caught.value)


def test_folds_keep_a_batch_together_and_repeat_with_their_seed():
    examples = [Example(text=str(i), primary="style", batch=f"b{i % 7}") for i in range(70)]

    folds = batch_folds(examples, folds=3, rng=np.random.default_rng(1))

    assert 7 == len({(example.batch, int(fold)) for example, fold in zip(examples, folds, strict=True)})
    assert {0, 1, 2} == set(folds.tolist())
    assert folds.tolist() == batch_folds(examples, folds=3, rng=np.random.default_rng(1)).tolist()
