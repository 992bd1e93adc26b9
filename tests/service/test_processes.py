"""Two services and several commands on one data directory at once: real processes, the bundled models, loopback."""

import contextlib
import http.client
import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.bench.served import HOST, served
from tests.service.crash_world import report, report_text
from tests.service.processes import ask, ids, liuwei, started, wait_until

OF_JOB = range(12)
BY_FIRST, BY_SECOND, BY_COMMAND, BY_BOTH = range(0, 5), range(5, 10), range(10, 16), range(16, 19)
ALL = sorted(report(number).document_id for number in (*BY_FIRST, *BY_SECOND, *BY_COMMAND, *BY_BOTH))


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def inbox(tmp_path):
    """A folder with the reports that the commands take in."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    for number in (*BY_COMMAND, *BY_BOTH):
        (folder / f"{number}.txt").write_text(report_text(number), encoding="utf-8")
    return folder


def test_two_services_and_commands_write_at_once_and_all_see_it_all(data, inbox, tmp_path):
    def post(port, numbers):
        return [ask(port, "POST", "/v1/documents", {"text": report_text(number)})[0] for number in numbers]

    with served(data) as first, served(data) as second, ThreadPoolExecutor() as threads:
        posted = [
            threads.submit(post, first, (*BY_FIRST, *BY_BOTH)),
            threads.submit(post, second, (*BY_SECOND, *BY_BOTH)),
        ]
        added = threads.submit(liuwei, data, "index", "add", inbox)
        tagged = threads.submit(liuwei, data, "tag", inbox, "--output", tmp_path / "rows.jsonl")
        saved = threads.submit(_saved_while_writing, data, tmp_path / "saved")
        statuses = [status for one in posted for status in one.result()]
        outcomes = [row["status"] for row in added.result()]

        assert {200, 201} >= set(statuses)
        # Each report was new to one of those who brought it, and only to one.
        assert len(ALL) == statuses.count(201) + outcomes.count("added")
        assert ALL == ids(first) == ids(second)
        assert 6 + 3 == tagged.result()[-1]["tagged"]
        for port in (first, second):
            found = ask(port, "POST", "/v1/search", {"query": "第12组群众没有走访", "top_k": 100, "mode": "lexical"})[1]
            assert ALL == sorted({hit["document_id"] for hit in found["data"]})
        _followed(first, second)
        assert [] == [check for check in liuwei(data, "index", "verify") if not check["ok"]]
    backup = saved.result()
    assert [] == [check for check in liuwei(tmp_path / "fresh", "index", "verify") if not check["ok"]]
    assert backup["documents"] == len(liuwei(tmp_path / "fresh", "index", "list"))


def _saved_while_writing(data, file):
    """Make a backup as soon as there is something to save, and put it into a directory that is new."""
    wait_until((data / "corpus.sqlite").exists)
    liuwei(data, "index", "backup", file)
    return liuwei(file.parent / "fresh", "index", "restore", file)[0]


def _followed(first, second):
    """Check that what one service is told of a stored sentence, the other knows at once; and so when it is removed."""
    document_id = report(0).document_id
    body = {"sentence_id": f"{document_id}:1", "dimension": "integrity", "author": "某人"}
    assert 201 == ask(first, "POST", "/v1/feedback", body)[0]
    items = ask(second, "GET", f"/v1/documents/{document_id}")[1]["items"]
    assert "integrity" == items[1]["dimension"]

    assert 200 == ask(second, "DELETE", f"/v1/documents/{document_id}")[0]
    assert 404 == ask(first, "GET", f"/v1/documents/{document_id}")[0]
    assert document_id not in ids(first)


def test_two_services_share_the_jobs_and_none_is_done_twice(data):
    documents = [[{"text": report_text(number)} for number in range(start, start + 3)] for start in range(0, 18, 3)]

    with served(data) as first, served(data) as second:
        made = [
            ask(port, "POST", "/v1/jobs", {"documents": some})[1]["id"]
            for some, port in zip(documents, (first, second) * 3, strict=True)
        ]
        for job in made:
            wait_until(lambda job=job: "completed" == ask(first, "GET", f"/v1/jobs/{job}")[1]["status"])
        results = [_rows(second, job) for job in made]

    for some, rows in zip(documents, results, strict=True):
        keys = [(row["source"], row["ordinal"]) for row in rows]
        assert len(keys) == len(set(keys))
        assert {f"documents[{place}]" for place in range(len(some))} == {source for source, _ in keys}


def _rows(port, job):
    with urllib.request.urlopen(f"http://{HOST}:{port}/v1/jobs/{job}/result", timeout=60) as got:
        return [json.loads(line) for line in got.read().splitlines()]


def test_a_service_that_is_killed_under_load_has_all_that_it_acknowledged_when_it_is_back(data):
    acknowledged = set()

    def write(port, numbers):
        with contextlib.suppress(OSError, http.client.HTTPException):  # the end of the service
            for number in numbers:
                status, record = ask(port, "POST", "/v1/documents", {"text": report_text(number)})
                assert 201 == status
                acknowledged.add(record["document_id"])

    with started(data) as (process, port), ThreadPoolExecutor() as threads:
        job = ask(port, "POST", "/v1/jobs", {"documents": [{"text": report_text(n)} for n in OF_JOB]})[1]["id"]
        writers = [threads.submit(write, port, range(first, first + 50)) for first in (100, 200)]
        wait_until(lambda: len(acknowledged) >= 6)
        process.kill()
        for writer in writers:
            writer.result()

    with served(data) as port:
        there = ids(port)
        assert len(there) == len(set(there))
        assert acknowledged <= set(there)
        assert len(set(there) - acknowledged) <= 2  # stored, and not told any more
        wait_until(lambda: "completed" == ask(port, "GET", f"/v1/jobs/{job}")[1]["status"])
        keys = [(row["source"], row["ordinal"]) for row in _rows(port, job)]
        assert len(keys) == len(set(keys))
        assert {f"documents[{place}]" for place in range(len(OF_JOB))} == {source for source, _ in keys}
    assert [] == [check for check in liuwei(data, "index", "verify") if not check["ok"]]
