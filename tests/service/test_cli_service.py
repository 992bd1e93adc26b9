import json
import shutil
import socket

import pytest

from models.artifacts import BUNDLED_HEAD
from models.embedders import BASE_FOLDER, BUNDLED_FOLDER
from models.onnx_embedder import OnnxEmbedder
from service import demo, doctor

CHECKED = ["name", "ok", "detail"]


@pytest.fixture
def encoder(tmp_path):
    """A copy of the bundled encoder."""
    return shutil.copytree(BUNDLED_FOLDER, tmp_path / "encoder")


def change_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def failed(ran):
    return {row["name"]: row["detail"] for row in ran.rows if not row["ok"]}


def test_on_a_fresh_machine_the_doctor_finds_nothing_wrong_and_makes_nothing(liuwei, tmp_path):
    ran = liuwei("doctor", "--json")

    assert (0, {}, "") == (ran.exit_code, failed(ran), ran.stderr)
    assert [CHECKED] * len(ran.rows) == [list(row) for row in ran.rows]
    assert ["versions", "disk", "encoder", "base", "classifier", "corpus"] == [row["name"] for row in ran.rows]
    assert "holds no corpus" in ran.rows[-1]["detail"]
    assert not (tmp_path / "data").exists()


def test_the_doctor_tells_people_a_line_a_check(liuwei):
    ran = liuwei("doctor")

    assert 0 == ran.exit_code
    assert {"ok "} == {line[:3] for line in ran.stdout.splitlines()}


@pytest.mark.usefixtures("small_models")
def test_the_doctor_checks_the_corpus_too(liuwei, tmp_path, report):
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")
    liuwei("index", "add", tmp_path / "甲.txt")

    sound = liuwei("doctor", "--json")
    change_a_byte(next((tmp_path / "data").rglob("*.faiss")))
    damaged = liuwei("doctor", "--json")

    assert (0, 3) == (sound.exit_code, damaged.exit_code)
    names = [row["name"] for row in sound.rows]
    assert {"store", "spans", "vectors", "lexical"} <= set(names)
    assert len(names) == len(set(names))
    assert "'liuwei index rebuild'" in " ".join(failed(damaged).values())


@pytest.mark.parametrize("name", ["onnx/model_int8.onnx", "tokenizer.json", "config.json"])
def test_the_doctor_finds_a_changed_byte_in_the_encoder(liuwei, encoder, name):
    sound = liuwei("doctor", "--encoder", encoder, "--json")
    change_a_byte(encoder / name)

    ran = liuwei("doctor", "--encoder", encoder, "--json")

    assert "encoder" not in failed(sound)
    assert 3 == ran.exit_code
    assert name in failed(ran)["encoder"]
    assert "install it again" in failed(ran)["encoder"]


def test_the_doctor_finds_a_missing_file_of_the_encoder(liuwei, encoder):
    (encoder / "tokenizer.json").unlink()

    ran = liuwei("doctor", "--encoder", encoder, "--json")

    assert 3 == ran.exit_code
    assert "tokenizer.json" in failed(ran)["encoder"]


def test_the_doctor_names_every_file_that_is_not_as_the_list_says(liuwei, encoder):
    change_a_byte(encoder / "LICENSE")
    (encoder / "config.json").unlink()

    ran = liuwei("doctor", "--encoder", encoder, "--json")

    assert 3 == ran.exit_code
    assert "LICENSE" in failed(ran)["encoder"]
    assert "config.json" in failed(ran)["encoder"]


def test_the_doctor_checks_the_weights_for_tuning_and_says_what_they_are_needed_for(liuwei, tmp_path, monkeypatch):
    base = shutil.copytree(BASE_FOLDER, tmp_path / "base")
    monkeypatch.setattr(doctor, "BASE_FOLDER", base)
    sound = {row["name"]: row for row in liuwei("doctor", "--json").rows}["base"]
    change_a_byte(base / "vocab.txt")
    damaged = failed(liuwei("doctor", "--json"))
    (base / "model.safetensors").unlink()

    slim = {row["name"]: row for row in liuwei("doctor", "--json").rows}["base"]

    assert (True, "weights to tune from, 11 files as SHA256SUMS says") == (sound["ok"], sound["detail"])
    assert "vocab.txt" in damaged["base"]
    assert (True, "model.safetensors is missing, which only tuning needs") == (slim["ok"], slim["detail"])


def test_the_doctor_checks_the_encoder_that_a_head_has_of_its_own(liuwei, encoder, tmp_path):
    head = shutil.copytree(BUNDLED_HEAD, tmp_path / "head", ignore=shutil.ignore_patterns("encoder"))
    shutil.copytree(encoder, head / "encoder")
    manifest = json.loads((head / "manifest.json").read_text(encoding="utf-8"))
    fingerprint = OnnxEmbedder(encoder).fingerprint
    (head / "manifest.json").write_text(json.dumps({**manifest, "encoder": fingerprint}), encoding="utf-8")
    sound = {row["name"]: row for row in liuwei("doctor", "--head", head, "--json").rows}["classifier"]
    change_a_byte(head / "encoder" / "LICENSE")

    ran = liuwei("doctor", "--head", head, "--json")

    assert sound["ok"]
    assert "with an encoder of its own, 4 files as SHA256SUMS says" in sound["detail"]
    assert "LICENSE" in failed(ran)["classifier"]


@pytest.mark.parametrize("name", ["head.npz", "examples.jsonl"])
def test_the_doctor_finds_a_changed_byte_in_the_head(liuwei, tmp_path, name):
    head = shutil.copytree(BUNDLED_HEAD, tmp_path / "head")
    change_a_byte(head / name)

    ran = liuwei("doctor", "--head", head, "--json")

    assert 3 == ran.exit_code
    assert {"classifier"} == set(failed(ran))
    assert name in failed(ran)["classifier"]


def test_the_doctor_tells_a_data_directory_that_is_a_file(liuwei, tmp_path):
    (tmp_path / "file").touch()

    ran = liuwei("--data-dir", tmp_path / "file", "doctor", "--json")

    assert 3 == ran.exit_code
    assert f"{tmp_path / 'file'} is a file; name a folder with --data-dir" == failed(ran)["disk"]
    assert "encoder" not in failed(ran)


def test_a_damaged_encoder_is_refused_by_every_command_with_what_to_do(liuwei, encoder, tmp_path):
    (tmp_path / "甲.txt").write_text("一、问题\n学习不够。\n", encoding="utf-8")
    liuwei("index", "add", tmp_path / "甲.txt", "--encoder", encoder)
    change_a_byte(encoder / "onnx/model_int8.onnx")

    for command in (["search", "学习"], ["index", "add", tmp_path / "甲.txt"], ["index", "rebuild"]):
        ran = liuwei(*command, "--encoder", encoder)

        assert (3, "") == (ran.exit_code, ran.stdout)
        assert "install it again" in ran.stderr


def test_a_damaged_encoder_makes_no_data_directory(liuwei, encoder, tmp_path):
    change_a_byte(encoder / "onnx/model_int8.onnx")
    (tmp_path / "甲.txt").write_text("一、问题\n学习不够。\n", encoding="utf-8")

    assert 3 == liuwei("index", "add", tmp_path / "甲.txt", "--encoder", encoder).exit_code
    assert not (tmp_path / "data").exists()


def test_a_taken_port_is_told_with_what_to_do(liuwei):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        ran = liuwei("serve", "--port", port)

    assert (3, "") == (ran.exit_code, ran.stdout)
    assert f"cannot listen on 127.0.0.1:{port}" in ran.stderr
    assert "choose another --port" in ran.stderr


def test_an_address_of_another_machine_is_told(liuwei):
    liuwei("keys", "create", "--name", "office")

    ran = liuwei("serve", "--host", "192.0.2.1", "--port", 0)

    assert (3, "") == (ran.exit_code, ran.stdout)
    assert "cannot listen on 192.0.2.1" in ran.stderr


@pytest.mark.usefixtures("small_models")
def test_the_demo_shows_the_main_job_and_leaves_nothing_behind(liuwei, tmp_path, monkeypatch, make_runtime):
    monkeypatch.setattr(demo, "Runtime", lambda settings: make_runtime(data_dir=settings.data_dir))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))

    ran = liuwei("demo")

    assert (0, "") == (ran.exit_code, ran.stderr)
    assert [f"{number}. " for number in range(1, 5) if f"{number}. " in ran.stdout] == ["1. ", "2. ", "3. ", "4. "]
    assert "06-court-judge.pdf" in ran.stdout
    assert "04-bank-branch-manager.docx" in ran.stdout
    assert [] == list((tmp_path / "tmp").iterdir())
    assert not (tmp_path / "data").exists()


def test_the_version_is_printed_without_anything_else(liuwei, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda package: "1.2.3")

    assert (0, "liuwei 1.2.3\n") == (liuwei("--version").exit_code, liuwei("--version").stdout)


def test_help_shows_the_variable_and_the_default_of_a_setting(liuwei):
    shown = " ".join(liuwei("classify", "--help").stdout.replace("│", " ").split())

    assert "(default: 20000; variable: LIUWEI_MAX_TEXT_CHARS)" in shown


def test_help_is_there_for_every_command_and_without_a_command(liuwei):
    commands = ("classify", "search", "tag", "train", "evaluate", "serve", "demo", "doctor", "index")

    ran = liuwei("--help")

    assert 0 == ran.exit_code
    assert all(f" {command} " in ran.stdout for command in commands)
    assert all(0 == liuwei(command, "--help").exit_code for command in commands)
    assert 2 == liuwei().exit_code
