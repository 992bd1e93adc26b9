"""What happens when nothing more can be written: a disk that is full, a folder that is only read. Needs a real disk."""

import contextlib
import json
import subprocess

import numpy as np
import pytest
from starlette.testclient import TestClient

from index.backup import back_up
from index.errors import CorpusUnwritable, IndexFault
from index.readers import document_from_text
from index.vectors import VectorIndex
from service.app import create_app
from service.labelling import Said, say
from tests.service.conftest import EXAMPLES
from tests.service.crash_world import report, report_text
from tests.service.processes import ask, ended, ids, started

BALLAST = "ballast"


@contextlib.contextmanager
def mounted(folder, options):
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"a small disk can only be made by the administrator: {made.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def disk(tmp_path):
    """A disk of twelve megabytes."""
    with mounted(tmp_path / "disk", "size=12m") as folder:
        yield folder


def fill(disk, *, leaving=0):
    """Fill the disk but for some bytes."""
    with (disk / BALLAST).open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    with (disk / BALLAST).open("r+b") as file:
        file.truncate(max(0, (disk / BALLAST).stat().st_size - leaving))


@pytest.mark.parametrize("room", ["600k", "1200k"])
def test_vectors_or_codes_that_find_no_room_are_an_error_and_not_the_end_of_the_process(tmp_path, room):
    index = VectorIndex(64)
    vectors = np.random.default_rng(0).standard_normal((8_000, 64)).astype(np.float32)
    index.add(range(1, 8_001), vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    with mounted(tmp_path / "small", f"size={room}") as folder, pytest.raises(OSError):
        index.save(folder / "vectors")


def test_a_full_disk_refuses_what_is_new_keeps_what_is_there_and_goes_on_when_it_has_room(make_runtime, disk):
    with make_runtime(data_dir=disk / "data") as runtime:
        for number in range(5):
            runtime.add(report(number))
        runtime.corpus().flush()
        fill(disk, leaving=8192)
        added, refused = 5, []
        for number in range(5, 60):
            try:
                runtime.add(report(number))
                added += 1
            except (IndexFault, OSError) as fault:
                refused.append(fault)
        sentence_id = f"{report(0).document_id}:1"
        with pytest.raises(CorpusUnwritable):
            while True:  # a page that is half empty may still take some
                say(runtime, Said(sentence_id=sentence_id, dimension="style"))

        assert refused
        assert all(isinstance(fault, CorpusUnwritable) for fault in refused)
        assert added == runtime.documents(limit=1).total
        assert runtime.search("走访群众", top_k=3)

        (disk / BALLAST).unlink()
        assert "added" == runtime.add(report(100)).status
    with make_runtime(data_dir=disk / "data") as runtime:
        assert added + 1 == runtime.documents(limit=1).total
        assert [] == [check for check in runtime.corpus().verify() if not check.ok]


def test_over_http_a_full_disk_is_503_and_the_rest_is_answered(make_runtime, disk, report):
    with TestClient(create_app(make_runtime(data_dir=disk / "data"))) as client:
        stored = client.post("/v1/documents", json={"text": report}).json()
        fill(disk)
        large = "".join(f"第{n}句话说的是学习不够。" for n in range(2000))
        answers = [
            client.post("/v1/documents", json={"text": large}),
            client.post("/v1/jobs", json={"texts": ["学习不够"] * 2000}),
        ]
        answers.append(client.post("/v1/documents", json={"text": large}))

        assert [503] * 3 == [answer.status_code for answer in answers]
        assert {"corpus_unwritable"} == {answer.json()["error"]["type"] for answer in answers}
        assert 200 == client.post("/v1/classify", json={"input": ["学习不够"]}).status_code
        assert 200 == client.post("/v1/search", json={"query": "学习"}).status_code
        assert 0 == client.get("/v1/jobs").json()["total"]

        (disk / BALLAST).unlink()
        assert 201 == client.post("/v1/documents", json={"text": large}).status_code
        assert stored["document_id"] in {one["document_id"] for one in client.get("/v1/documents").json()["data"]}


def test_commands_say_that_the_disk_is_full_and_leave_what_is_there(
    liuwei, small_models, monkeypatch, disk, tmp_path, report
):
    monkeypatch.setenv("LIUWEI_DATA_DIR", str(disk / "data"))
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")
    assert 0 == liuwei("index", "add", tmp_path / "甲.txt").exit_code
    assert 0 == liuwei("index", "backup", disk / "saved").exit_code
    before = (disk / "saved").read_bytes()
    fill(disk)

    backup = liuwei("index", "backup", disk / "saved")
    tagged = liuwei("tag", tmp_path / "甲.txt", "--output", disk / "rows.jsonl")

    for ran in (backup, tagged):
        assert 3 == ran.exit_code
        assert "Traceback" not in ran.stderr
        assert "space" in ran.stderr
    assert before == (disk / "saved").read_bytes()
    (disk / BALLAST).unlink()
    assert 0 == liuwei("tag", tmp_path / "甲.txt", "--output", disk / "rows.jsonl").exit_code
    assert (disk / "rows.jsonl").read_text(encoding="utf-8").count("\n") > 3


def test_a_service_killed_on_a_full_disk_starts_there_and_goes_on_when_it_has_room(disk):
    data, told = disk / "data", []
    with started(data) as (process, port):
        while (answer := ask(port, "POST", "/v1/documents", {"text": report_text(len(told))}))[0] == 201:
            told.append(answer[1]["document_id"])
            fill(disk, leaving=50_000 * max(0, 5 - len(told)))
        assert (503, "corpus_unwritable") == (answer[0], answer[1]["error"]["type"])
        process.kill()
    fill(disk)

    with started(data) as (process, port):
        assert 200 == ask(port, "POST", "/v1/classify", {"input": ["学习不够"]})[0]
        assert 503 == ask(port, "POST", "/v1/documents", {"text": report_text(1000)})[0]
        (disk / BALLAST).unlink()
        assert 201 == ask(port, "POST", "/v1/documents", {"text": report_text(1000)})[0]
        assert set(told) < set(ids(port))
        assert ask(port, "POST", "/v1/search", {"query": "群众没有走访"})[1]["data"]


def test_training_on_a_full_disk_says_so_in_a_line_and_leaves_the_head(disk, tmp_path):
    (tmp_path / "few.jsonl").write_text(
        "".join(json.dumps({"text": text, "primary": primary}) + "\n" for primary, _, text in EXAMPLES),
        encoding="utf-8",
    )
    fill(disk)

    ran = ended("train", "--examples", tmp_path / "few.jsonl", data=disk / "data")

    assert (3, 1) == (ran.returncode, ran.stderr.decode().count("\n"))
    assert "No space left on device" in ran.stderr.decode()
    assert [] == list((disk / "data" / "heads").iterdir())


@pytest.fixture
def only_read(make_runtime, tmp_path, report, liuwei):
    """A runtime over a data directory on a disk that is only read by now."""
    with mounted(tmp_path / "disk", "size=20m") as folder:
        with make_runtime(data_dir=folder / "data") as runtime:
            runtime.add(document_from_text(report, source="甲.txt"))
            runtime.corpus().flush()
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        with make_runtime(data_dir=folder / "data") as runtime:
            yield runtime


def test_a_data_directory_that_is_only_read_can_be_searched_and_nothing_else(only_read, tmp_path):
    assert 1 == only_read.documents(limit=1).total
    assert only_read.search("调研不够深入", top_k=3)
    assert [] == [check for check in only_read.corpus().verify() if not check.ok]
    document_id = only_read.documents(limit=1).summaries[0].document_id
    for attempt in (
        lambda: only_read.add(report(1)),
        lambda: only_read.remove(document_id),
        lambda: say(only_read, Said(sentence_id=f"{document_id}:0", dimension="style")),
    ):
        with pytest.raises(CorpusUnwritable, match="cannot be written to"):
            attempt()
    assert 1 == back_up(only_read.settings.data_dir, tmp_path / "saved").documents


def test_a_service_over_a_data_directory_that_is_only_read_answers_and_refuses_to_write(only_read, report):
    with TestClient(create_app(only_read)) as client:
        answers = {
            "/v1/search": client.post("/v1/search", json={"query": "调研"}),
            "/v1/feedback/queue": client.get("/v1/feedback/queue"),
            "/v1/jobs": client.get("/v1/jobs"),
        }
        refused = [
            client.post("/v1/documents", json={"text": report + "再加一句话。"}),
            client.post("/v1/jobs", json={"texts": ["学习"]}),
            client.post("/v1/heads/undo"),
        ]

    assert {200} == {answer.status_code for answer in answers.values()}
    assert [503] * 3 == [answer.status_code for answer in refused], [json.loads(one.text) for one in refused]
