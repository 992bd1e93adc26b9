"""Whatever makes the data directory first makes it its owner's alone."""

import json

import pytest

from service.heads import use_head
from service.jobs import JobFolder
from service.keys import KeyFile
from service.settings import Settings
from tests.doubles import HashEmbedder
from tests.file_modes import ON_UNIX, mode
from tests.service.conftest import EXAMPLES

pytestmark = ON_UNIX


@pytest.mark.parametrize(
    "first",
    [
        lambda folder: KeyFile(folder).create(name="审阅组", role="read"),
        lambda folder: JobFolder(folder).create({"texts": ["学习"]}, expires_s=60, most=1),
        lambda folder: use_head(Settings(data_dir=folder), "bundled"),
    ],
)
def test_it_is_so_whatever_is_made_in_it_first(tmp_path, first):
    first(tmp_path / "data")

    assert 0o700 == mode(tmp_path / "data")


def test_it_is_so_where_a_head_is_trained_first(liuwei, tmp_path, monkeypatch):
    monkeypatch.setattr("service.runtime.load_embedder", lambda name, **_: HashEmbedder(salt=name))
    rows = [{"text": text, "primary": primary, "role": role} for primary, role, text in EXAMPLES]
    path = tmp_path / "examples.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    assert 0 == liuwei("train", "--examples", path, "--encoder", "small").exit_code
    assert 0o700 == mode(tmp_path / "data")


def test_the_doctor_says_where_every_user_of_the_machine_may_read(liuwei, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir(mode=0o755)

    monkeypatch.setattr("service.doctor.open_to_others", lambda folder: True)
    told = next(row["detail"] for row in liuwei("doctor", "--json").rows if row["name"] == "disk")
    monkeypatch.undo()
    (tmp_path / "data").chmod(0o700)
    monkeypatch.setenv("LIUWEI_DATA_DIR", str(tmp_path / "data"))
    kept = next(row["detail"] for row in liuwei("doctor", "--json").rows if row["name"] == "disk")

    assert f"chmod go= {tmp_path / 'data'}" in told
    assert "chmod" not in kept
