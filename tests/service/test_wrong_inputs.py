"""Wrong inputs of the command line that no reader or setting expects: each is told in a line, none in a traceback."""

import hashlib
import json
import os
import pathlib
import shutil

import pytest

from models.artifacts import BUNDLED_HEAD, MANIFEST
from models.embedders import BUNDLED_FOLDER
from models.onnx_embedder import CHECKSUMS, CONFIG, TOKENIZER, WEIGHTS
from service import cli_heads
from tests.service.commands import run

TAXONOMY = """name: x
version: 1
dimensions:
- {code: a, label: 学习}
- {code: b, label: 工作}
"""
HALF = os.fsdecode(b"\xff")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to stand in, with files that are wrong in one way each."""
    monkeypatch.chdir(tmp_path)
    written = {
        "t.yaml": TAXONOMY,
        "deep.jsonl": "[" * 100_000,
        "long-number.jsonl": '{"text": "a", "n": ' + "1" * 5_000 + "}",
        "half.jsonl": '{"text": "\\ud800学习", "primary": "a"}\n{"text": "工作", "primary": "b"}',
        "half-batch.jsonl": '{"text": "学习", "primary": "a", "batch": "\\ud800"}\n{"text": "工作", "primary": "b"}',
        "listed-topic.jsonl": '{"topic": ["a"], "relation": "answers", "text": "x"}',
        "topics.jsonl": '{"topic": "t", "queries": ["q"]}',
        "letters.jsonl": '{"topic": "t", "queries": "abc"}',
    }
    for name, content in written.items():
        (tmp_path / name).write_text(content + "\n", encoding="utf-8")
    (tmp_path / "loop.jsonl").symlink_to("loop.jsonl")
    (tmp_path / "loop").symlink_to("loop")
    return tmp_path


@pytest.mark.usefixtures("folder", "small_models")
@pytest.mark.parametrize(
    ("arguments", "exit_code", "told"),
    [
        (("index", "show", HALF), 1, "holds no document '\\udcff'"),
        (("index", "remove", HALF), 1, "holds no document '\\udcff'"),
        (("evaluate", "--examples", "deep.jsonl"), 1, "deep.jsonl:1 is no JSON"),
        (("evaluate", "--examples", "long-number.jsonl"), 1, "long-number.jsonl:1 is no JSON"),
        (("train", "--taxonomy", "t.yaml", "--examples", "half.jsonl"), 1, "half.jsonl:1: `text` holds half a"),
        (("train", "--taxonomy", "t.yaml", "--examples", "half-batch.jsonl"), 1, "half-batch.jsonl:1: `batch` holds"),
        (
            ("tune-encoder", "--output", "o", "--topics", "topics.jsonl", "--examples", "listed-topic.jsonl"),
            1,
            "listed-topic.jsonl:1 needs a `topic`",
        ),
        (
            ("tune-encoder", "--output", "o", "--topics", "letters.jsonl", "--examples", "topics.jsonl"),
            1,
            "topics.jsonl:1 needs a `topic`",
        ),
        (("tag", "r.txt", "--output", "loop.jsonl"), 2, "loop.jsonl is a link that leads back to itself"),
        (("tag", "r.txt", "--output", "o.jsonl", "--data-dir", "loop"), 0, ""),
        (("classify", "学习", "--encoder", " "), 2, "encoder is empty"),
        (("serve", "--host", "a..b"), 3, "this is no name of a machine"),
    ],
)
def test_it_is_told_in_a_line(liuwei, report, arguments, exit_code, told):
    with pathlib.Path("r.txt").open("w", encoding="utf-8") as file:
        file.write(report)
    liuwei("index", "add", "r.txt")
    liuwei("keys", "create", "--name", "n")

    ran = run(*arguments)

    assert (exit_code, True) == (ran.exit_code, told in ran.stderr), ran.stderr
    assert "program's own" not in ran.stderr


@pytest.mark.usefixtures("folder", "small_models")
def test_a_backup_takes_the_place_of_a_link_to_itself(liuwei, report, folder):
    (folder / "r.txt").write_text(report, encoding="utf-8")
    liuwei("index", "add", folder / "r.txt")

    ran = liuwei("index", "backup", "loop.jsonl")

    assert 0 == ran.exit_code, ran.stderr
    assert not (folder / "loop.jsonl").is_symlink()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (CHECKSUMS, "garbage\n", "SHA256SUMS cannot be read"),
        (CONFIG, "{}", "config.json cannot be read (KeyError: 'hidden_size')"),
        (CONFIG, "[]", "config.json cannot be read"),
        (TOKENIZER, "{}", "tokenizer.json cannot be read"),
        (WEIGHTS, "no weights", "model_int8.onnx cannot be read"),
    ],
)
def test_an_encoder_whose_files_are_as_their_list_says_and_yet_none_is_damaged(
    liuwei, tmp_path, report, name, content, told
):
    encoder = tmp_path / "encoder"
    for file in (CHECKSUMS, CONFIG, TOKENIZER, WEIGHTS):
        (encoder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(BUNDLED_FOLDER / file, encoder / file)
    (encoder / name).write_text(content, encoding="utf-8")
    if name != CHECKSUMS:
        sums = (f"{hashlib.sha256((encoder / f).read_bytes()).hexdigest()}  {f}" for f in (CONFIG, TOKENIZER, WEIGHTS))
        (encoder / CHECKSUMS).write_text("\n".join(sums), encoding="utf-8")

    (tmp_path / "r.txt").write_text(report, encoding="utf-8")
    added = liuwei("index", "add", tmp_path / "r.txt", "--encoder", encoder)
    looked = liuwei("doctor", "--json", "--encoder", encoder)

    assert (3, True) == (added.exit_code, told in added.stderr), added.stderr
    assert 3 == looked.exit_code
    assert {"encoder": False, "base": True} == {
        row["name"]: row["ok"] for row in looked.rows if row["name"] in ("encoder", "base")
    }


@pytest.mark.parametrize("field", ["metrics", "taxonomy", "encoder", "dim", "examples", "trained_at"])
def test_a_head_with_a_manifest_of_another_kind_is_listed_as_damaged(liuwei, tmp_path, field):
    head = tmp_path / "data" / "heads" / "v0001"
    head.mkdir(parents=True)
    manifest = json.loads((BUNDLED_HEAD / MANIFEST).read_text(encoding="utf-8"))
    (head / MANIFEST).write_text(json.dumps({**manifest, field: [5]}), encoding="utf-8")

    ran = liuwei("heads", "list", "--json")

    assert 0 == ran.exit_code
    assert field in ran.rows[1]["error"]


def test_a_fault_that_nobody_expects_is_told_by_kind_and_place_and_never_by_its_text(liuwei, monkeypatch):
    def raise_it(_):
        raise KeyError("一段机密的话")

    monkeypatch.setattr(cli_heads, "head_json", raise_it)

    ran = liuwei("heads", "list")

    assert (3, "") == (ran.exit_code, ran.stdout)
    assert "KeyError" in ran.stderr
    assert f"{__file__}:" in ran.stderr
    assert "机密" not in ran.stderr


def test_the_doctor_goes_on_after_a_fault_that_nobody_expects(liuwei, monkeypatch):
    def raise_it(*_):
        raise KeyError("一段机密的话")

    monkeypatch.setattr("service.doctor._encoder", raise_it)

    ran = liuwei("doctor", "--json")

    found = {row["name"]: row for row in ran.rows}
    assert {"encoder", "base", "classifier", "corpus"} <= set(found)
    assert (False, True) == (found["encoder"]["ok"], "KeyError" in found["encoder"]["detail"])
    assert "机密" not in ran.stdout + ran.stderr
