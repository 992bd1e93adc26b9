import json
import os
import threading
from datetime import UTC, datetime

import pytest

from service.heads import HEADS_FOLDER, list_heads
from service.runtime import Runtime, TextInput
from service.settings import load_settings
from tests.service.conftest import EXAMPLES

STYLE = "下村调研走马观花，与群众谈心不多"


pytestmark = pytest.mark.usefixtures("small_encoder")


@pytest.fixture
def train(liuwei, tmp_path):
    """Return what trains a head whose labels are those of the examples `shift` places further."""

    def run(shift=0):
        labels = EXAMPLES[shift:] + EXAMPLES[:shift]
        rows = [
            {"text": text, "primary": primary, "role": role}
            for (_, _, text), (primary, role, _) in zip(EXAMPLES, labels, strict=True)
        ]
        path = tmp_path / "examples.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        assert 0 == liuwei("train", "--examples", path).exit_code

    return run


@pytest.fixture
def runtime():
    with Runtime(load_settings({})) as runtime:
        yield runtime


def dimension(runtime):
    return runtime.classify([TextInput(text=STYLE)])[0].dimension


def test_an_open_runtime_follows_to_the_head_that_is_put_in_use(train, runtime, liuwei):
    train()
    first = (dimension(runtime), runtime.model_name)
    train(shift=2)
    second = (dimension(runtime), runtime.model_name)
    liuwei("heads", "undo")
    third = (dimension(runtime), runtime.model_name)
    liuwei("heads", "use", "v0002")

    assert first[0] != second[0]
    assert first == third
    assert second == (dimension(runtime), runtime.model_name)


def test_undoing_goes_back_step_by_step_and_ends_at_the_bundled_head(train, liuwei):
    train()
    train(shift=2)
    liuwei("heads", "use", "v0001")

    undone = [liuwei("heads", "undo", "--json") for _ in range(4)]

    assert [0, 0, 0, 2] == [ran.exit_code for ran in undone]
    assert ["v0002", "v0001", "bundled"] == [ran.rows[0]["name"] for ran in undone[:3]]
    assert "nothing to go back to" in undone[3].stderr


def test_a_head_that_is_gone_is_passed_over_when_going_back(train, liuwei, tmp_path):
    for _ in range(3):
        train()
    (tmp_path / "data/heads/v0002").rename(tmp_path / "elsewhere")

    assert "v0001" == liuwei("heads", "undo", "--json").rows[0]["name"]


def test_heads_are_listed_with_what_they_are(train, liuwei, tmp_path):
    train()
    train(shift=2)
    (tmp_path / "data/heads/v0001/manifest.json").write_text("{", encoding="utf-8")

    rows = liuwei("heads", "list", "--json").rows

    assert ["bundled", "v0001", "v0002"] == [row["name"] for row in rows]
    assert [False, False, True] == [row["in_use"] for row in rows]
    assert ("six-dimensions@2026.2", 14) == (rows[2]["taxonomy"], rows[2]["examples"])
    assert "is not a manifest" in rows[1]["error"]
    shown = liuwei("heads", "list")
    assert (0, True) == (shown.exit_code, "v0002" in shown.stdout)


def test_when_a_head_was_trained_is_told_by_itself_and_not_by_the_time_of_its_files(train, liuwei, tmp_path):
    before = datetime.now(UTC).replace(microsecond=0)
    train()
    after = datetime.now(UTC)
    manifest = tmp_path / "data/heads/v0001/manifest.json"
    os.utime(manifest, (0, 0))

    told = liuwei("heads", "list", "--json").rows[1]["trained_at"]
    content = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**content, "trained_at": ""}), encoding="utf-8")
    untold = liuwei("heads", "list", "--json").rows[1]["trained_at"]

    assert before <= datetime.fromisoformat(told) <= after
    assert untold is None


@pytest.mark.parametrize("name", ["v0009", "", "../elsewhere", "CURRENT"])
def test_an_unknown_head_is_wrong_usage_and_changes_nothing(train, liuwei, name):
    train()

    ran = liuwei("heads", "use", name)

    assert (2, "") == (ran.exit_code, ran.stdout)
    assert "known are bundled, v0001" in ran.stderr
    assert ["v0001"] == [entry.name for entry in list_heads(load_settings({})) if entry.in_use]


def test_a_damaged_head_is_not_put_in_use(train, liuwei, tmp_path):
    train()
    train()
    (tmp_path / "data/heads/v0001/manifest.json").write_text("{", encoding="utf-8")

    assert 3 == liuwei("heads", "use", "v0001").exit_code
    assert ["v0002"] == [entry.name for entry in list_heads(load_settings({})) if entry.in_use]


def test_a_damaged_list_of_heads_leaves_an_open_runtime_its_head_and_is_mended_by_a_choice(
    train, runtime, liuwei, tmp_path
):
    train()
    name = runtime.head.name
    (tmp_path / "data/heads/CURRENT").write_bytes(b"")

    told = liuwei("classify", "学习不够")

    assert name == runtime.head.name
    assert 3 == told.exit_code
    assert "heads use NAME" in told.stderr
    assert [False, False] == [row["in_use"] for row in liuwei("heads", "list", "--json").rows]
    assert 0 == liuwei("heads", "use", "v0001").exit_code
    assert 0 == liuwei("classify", "学习不够").exit_code


def test_a_head_that_cannot_be_opened_leaves_the_one_before_in_use(train, runtime, tmp_path):
    train()
    before = (dimension(runtime), runtime.model_name)
    train(shift=2)
    (tmp_path / "data" / HEADS_FOLDER / "v0002/head.npz").write_bytes(b"damaged")

    assert before == (dimension(runtime), runtime.model_name)


def test_where_a_head_is_named_by_a_setting_that_is_told(train, liuwei, tmp_path):
    train()

    ran = liuwei("heads", "list", "--head", tmp_path / "data/heads/v0001")

    assert "the setting head" in ran.stderr


def test_no_answer_is_made_by_two_heads_while_they_are_switched(train, runtime, liuwei):
    train()
    train(shift=2)
    expected, answers, stop = {}, [], threading.Event()
    for _ in range(2):
        liuwei("heads", "use", "v0001" if expected else "v0002")
        expected[runtime.model_name] = [one.dimension for one in runtime.classify(INPUTS)]

    def ask():
        while not stop.is_set():
            answers.append(runtime.classified(INPUTS))

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    for step in range(6):
        liuwei("heads", "use", f"v000{1 + step % 2}")
    stop.set()
    for thread in asking:
        thread.join()

    assert 2 == len(expected)
    assert set(expected) == {answer.head.name for answer in answers}
    for answer in answers:
        assert expected[answer.head.name] == [one.dimension for one in answer.predictions]


INPUTS = [TextInput(text=text) for _, _, text in EXAMPLES]
