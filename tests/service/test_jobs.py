import contextlib
import dataclasses
import io
import json
import threading
import time
import zipfile

import pytest
from starlette.testclient import TestClient

from models.errors import ModelDamaged
from service.app import create_app
from service.batch import tag_files
from service.errors import TooManyJobs
from service.job_run import work
from service.job_runner import JobRunner
from service.jobs import CANCEL, JOURNAL, ROWS, STATE, JobFolder, Upload
from service.shapes import TAG_FIELDS

# Only something that hangs takes so long: on a busy machine a forced write alone may take seconds.
ENDS_WITHIN_S = 120
FIELDS = (
    "id object status model request_counts errors notes created_at expires_at in_progress_at finalizing_at "
    "completed_at failed_at expired_at cancelling_at cancelled_at"
).split()


def ended(client, job_id):
    """Return the record of a job once it has ended."""
    until = time.monotonic() + ENDS_WITHIN_S
    while time.monotonic() < until:
        record = client.get(f"/v1/jobs/{job_id}").json()
        if record["status"] in ("completed", "failed", "expired", "cancelled"):
            return record
        time.sleep(0.01)
    raise AssertionError(record)


def result(client, job_id):
    answer = client.get(f"/v1/jobs/{job_id}/result")
    assert (200, "application/jsonl") == (answer.status_code, answer.headers["content-type"])
    return [json.loads(line) for line in answer.text.splitlines()]


def wanted(*texts, documents=()):
    """Return what a job keeps of a request."""
    return {
        "documents": [{"text": text, "title": "", "metadata": {}} for text in documents],
        "texts": [{"text": text, "context": ""} for text in texts],
    }


@pytest.fixture
def folder(runtime):
    return JobFolder(runtime.settings.data_dir)


@pytest.fixture
def new_job(folder):
    """Return what makes a job that no service works on yet."""

    def make(given, expires_s=3600):
        return folder.create(given, expires_s=expires_s, most=100)

    return make


def worked(runtime, folder, job, stopping=lambda: False):
    return work(runtime, folder, folder.one(job.job_id), stopping=stopping)


def test_a_job_is_taken_done_and_fetched(client, report, other_report, runtime, tmp_path):
    body = {"documents": [{"text": report}, {"text": other_report, "title": "第二份"}]}

    taken = client.post("/v1/jobs", json=body)
    record = ended(client, taken.json()["id"])

    assert (202, "validating", FIELDS) == (taken.status_code, taken.json()["status"], list(taken.json()))
    assert ("completed", {"total": 2, "completed": 2, "failed": 0}) == (record["status"], record["request_counts"])
    assert (runtime.model_name, []) == (record["model"], record["errors"])
    assert record["created_at"] <= record["in_progress_at"] <= record["finalizing_at"] <= record["completed_at"]
    rows = result(client, record["id"])
    for number, text in enumerate((report, other_report)):
        (tmp_path / f"documents[{number}]").write_text(text, encoding="utf-8")
    assert {"documents[0]", "documents[1]"} == {row["source"] for row in rows}
    assert without_source(rows) == without_source(tagged_by_the_batch(runtime, tmp_path, report, other_report))
    assert {"data": [record], "total": 1} == client.get("/v1/jobs").json()


def tagged_by_the_batch(runtime, tmp_path, *texts):
    """Return the rows that `liuwei tag` writes of these texts."""
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.txt").write_text(text, encoding="utf-8")
    files = [tmp_path / f"{number}.txt" for number in range(len(texts))]
    tag_files(runtime, files, tmp_path / "rows.jsonl")
    return [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()]


def without_source(rows):
    return [{name: row[name] for name in TAG_FIELDS if name != "source"} for row in rows]


def test_texts_are_tagged_as_they_are_in_their_order(client):
    texts = [f"第{number}次调研走马观花。下村坐在车上看。" for number in range(150)]
    body = {"texts": [*texts, {"text": "读原著不多", "context": "（一）理论学习方面"}]}

    record = ended(client, client.post("/v1/jobs", json=body).json()["id"])

    rows = result(client, record["id"])
    assert 151 == record["request_counts"]["completed"]
    assert [*texts, "读原著不多"] == [row["text"] for row in rows]
    assert [f"texts[{number}]" for number in range(151)] == [row["source"] for row in rows]
    assert ([], ["（一）理论学习方面"]) == (rows[0]["path"], rows[150]["path"])
    assert set(TAG_FIELDS) == set(rows[0])
    classified = client.post("/v1/classify", json={"input": body["texts"][-2:]}).json()["data"]
    assert [one["dimension"] for one in classified] == [row["dimension"] for row in rows[-2:]]


def zipped(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def test_a_zip_is_tagged_and_what_cannot_be_read_is_named(client, report, other_report):
    data = zipped(**{"甲.txt": report, "乙.docx": b"no docx", "丙.txt": other_report})

    taken = client.post("/v1/jobs/files", files={"file": ("reports.zip", data)})
    record = ended(client, taken.json()["id"])

    assert (202, "completed") == (taken.status_code, record["status"])
    assert {"total": 3, "completed": 2, "failed": 1} == record["request_counts"]
    assert ["reports.zip/乙.docx"] == [error["source"] for error in record["errors"]]
    assert {"reports.zip/甲.txt", "reports.zip/丙.txt"} == {row["source"] for row in result(client, record["id"])}


@pytest.mark.parametrize(("name", "value"), [("metadata", '{"year": 2023}'), ("title", "某局材料")])
def test_what_the_rows_of_a_file_to_tag_would_not_show_is_refused(client, report, name, value):
    file = {"file": ("甲.txt", report.encode())}

    refused = client.post("/v1/jobs/files", files=file, data={name: value})

    assert (422, name) == (refused.status_code, refused.json()["error"]["param"])


@pytest.mark.parametrize("name", ["甲.docx", "甲.zip", "甲.jsonl", "甲.pdf", "甲.exe"])
def test_errors_of_a_job_name_the_file_as_it_was_sent_and_no_folder_of_the_server(client, tmp_path, name):
    taken = client.post("/v1/jobs/files", files={"file": (name, b"{PK\x03\x04")})

    record = ended(client, taken.json()["id"])

    (error,) = record["errors"]
    assert error["source"].startswith(name)
    assert error["message"].startswith(name)
    assert str(tmp_path) not in json.dumps(record)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "documents"),
        ({"documents": [], "texts": []}, "documents"),
        ({"texts": []}, "texts"),
        ({"texts": ["好的", " "]}, "texts[1]"),
        ({"texts": ["长" * 20_001]}, "texts[0]"),
        ({"texts": [{"text": "学习", "context": "长" * 20_001}]}, "texts[0].context"),
        ({"texts": [5]}, "texts[0]"),
        ({"documents": [{"text": "\ud800"}]}, "documents[0].text"),
        ({"documents": [{"title": "无"}]}, "documents[0].text"),
        ({"texts": ["学习"], "expires_after_s": 0}, "expires_after_s"),
        ({"texts": ["学习"], "priority": 1}, "priority"),
    ],
)
def test_a_wrong_job_is_refused_by_name_and_nothing_is_kept(client, body, param):
    answer = client.post("/v1/jobs", content=json.dumps(body), headers={"Content-Type": "application/json"})

    assert (422, param) == (answer.status_code, answer.json()["error"]["param"])
    assert 0 == client.get("/v1/jobs").json()["total"]


@pytest.mark.parametrize("name", ["..", ".", "长" * 100 + ".txt"])
def test_a_file_whose_name_is_none_is_refused(client, name):
    answer = client.post("/v1/jobs/files", files={"file": (name, b"x")})

    assert (422, "file") == (answer.status_code, answer.json()["error"]["param"])


def test_a_name_with_a_way_in_it_stays_in_the_folder_of_the_job(client, runtime):
    taken = client.post("/v1/jobs/files", files={"file": ("../../../甲.txt", "一、存在的问题\n学习不够。".encode())})

    assert "completed" == ended(client, taken.json()["id"])["status"]
    assert ["甲.txt"] == sorted({row["source"] for row in result(client, taken.json()["id"])})
    assert not list(runtime.settings.data_dir.parent.glob("甲*"))


@pytest.mark.parametrize("job_id", ["job-none", "..", "job-..%2F..", "x", "job-" + "0" * 19])
def test_an_unknown_job_is_404(client, job_id):
    for answer in (client.get(f"/v1/jobs/{job_id}"), client.delete(f"/v1/jobs/{job_id}")):
        assert answer.status_code in (404, 405)
    assert 404 == client.get("/v1/jobs/job-none/result").status_code
    assert "unknown_job" == client.get("/v1/jobs/job-none").json()["error"]["type"]


def test_the_result_of_a_job_that_has_not_ended_is_409(runtime, new_job):
    job = new_job(wanted("学习"))
    app = create_app(runtime)

    answer = TestClient(app).get(f"/v1/jobs/{job.job_id}/result")

    assert (409, "job_not_done") == (answer.status_code, answer.json()["error"]["type"])


def test_a_job_that_waits_is_cancelled(runtime, folder, new_job):
    job = new_job(wanted("学习"))

    asked = folder.cancel(job.job_id)
    done = worked(runtime, folder, job)

    assert ("cancelling", "cancelled") == (asked.status, done.status)
    assert "" == folder.path(job.job_id, ROWS).read_text(encoding="utf-8")
    assert folder.one(job.job_id) == folder.cancel(job.job_id)


def test_a_job_that_runs_is_cancelled_and_keeps_the_rows_so_far(runtime, folder, new_job, monkeypatch):
    job = new_job(wanted(documents=["一、问题\n学习不够。", "一、问题\n调研不够。", "一、问题\n担当不够。"]))
    tag = runtime.tag

    def tag_and_cancel(document, *, head):
        if document.source == "documents[1]":
            folder.cancel(job.job_id)
            assert "cancelling" == folder.one(job.job_id).status
        return tag(document, head=head)

    monkeypatch.setattr(runtime, "tag", tag_and_cancel)
    done = worked(runtime, folder, job)

    assert ("cancelled", 3, 2) == (done.status, done.counts.total, done.counts.completed)
    assert {"documents[0]", "documents[1]"} == {row["source"] for row in rows_of(folder, job)}
    assert folder.one(job.job_id).times["cancelling"] == int(folder.path(job.job_id, CANCEL).stat().st_mtime)


def rows_of(folder, job):
    lines = folder.path(job.job_id, ROWS).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def sources_of(folder, job):
    """Return the sources of the rows, each once, in their order."""
    return list(dict.fromkeys(row["source"] for row in rows_of(folder, job)))


def test_cancelling_over_http_ends_the_job(client, report):
    taken = client.post("/v1/jobs", json={"documents": [{"text": f"{report}\n第{n}份。"} for n in range(60)]}).json()

    asked = client.delete(f"/v1/jobs/{taken['id']}")
    record = ended(client, taken["id"])

    assert (200, True) == (asked.status_code, asked.json()["status"] in ("cancelling", "cancelled"))
    assert "cancelled" == record["status"]
    assert record["request_counts"]["completed"] < 60
    assert record == client.delete(f"/v1/jobs/{taken['id']}").json()


def test_a_job_that_takes_too_long_expires_with_the_rows_so_far(runtime, folder, new_job, monkeypatch):
    job = new_job(wanted(*("学习不够" for _ in range(130))))
    moments = iter([0, 0, 0, 0, job.expires_at + 1, job.expires_at + 1])
    monkeypatch.setattr("service.job_run.time.time", lambda: next(moments, job.expires_at + 1))

    done = worked(runtime, folder, job)

    assert "expired" == done.status
    assert 0 < done.counts.completed < 130
    assert done.counts.completed == len(rows_of(folder, job))


def test_an_own_limit_may_be_shorter_than_that_of_the_settings_and_not_longer(make_runtime):
    with TestClient(create_app(make_runtime(job_expires_s=500))) as client:
        limits = []
        for seconds in (100, 9_000, None):
            record = client.post("/v1/jobs", json={"texts": ["学习"], "expires_after_s": seconds}).json()
            limits.append(record["expires_at"] - record["created_at"])

    assert [100, 500, 500] == limits


def test_a_stopped_job_goes_on_where_it_was(runtime, folder, new_job, monkeypatch):
    job = new_job(wanted("担当不够", documents=["一、问题\n学习不够。", "一、问题\n调研不够。", " "]))
    calls = []
    tag = runtime.tag
    monkeypatch.setattr(
        runtime, "tag", lambda document, *, head: calls.append(document.source) or tag(document, head=head)
    )

    for stops in (1, 1, 1, 99):
        left = iter([False] * stops)
        last = worked(runtime, folder, job, stopping=lambda left=left: next(left, True))
        if not last.ended:
            assert "in_progress" == folder.one(job.job_id).status

    assert ("completed", 3, 1) == (last.status, last.counts.completed, last.counts.failed)
    assert ["documents[0]", "documents[1]"] == calls
    assert ["documents[0]", "documents[1]", "texts[0]"] == list(
        dict.fromkeys(row["source"] for row in rows_of(folder, job))
    )
    assert ["documents[2]"] == [error["source"] for error in last.errors]


def test_the_same_text_in_two_files_has_its_rows_once_and_the_second_is_named(client, report, other_report):
    data = zipped(**{"甲.txt": report, "乙.txt": other_report, "丙.txt": report})

    record = ended(client, client.post("/v1/jobs/files", files={"file": ("reports.zip", data)}).json()["id"])

    assert ({"total": 3, "completed": 3, "failed": 0}, []) == (record["request_counts"], record["errors"])
    # A zip is read in the order of its names.
    note = {"source": "reports.zip/甲.txt", "message": "the same text as reports.zip/丙.txt, whose rows stand for both"}
    assert [note] == record["notes"]
    sources = list(dict.fromkeys(row["source"] for row in result(client, record["id"])))
    assert ["reports.zip/丙.txt", "reports.zip/乙.txt"] == sources


def test_a_job_that_goes_on_tags_no_copy_of_what_it_tagged_before_and_texts_each(runtime, folder, new_job):
    text = "调研不够。"
    job = new_job(wanted(text, text, documents=[text, "学习不够。", text]))
    stops = iter([False, False])
    worked(runtime, folder, job, stopping=lambda: next(stops, True))

    done = worked(runtime, folder, job)

    assert ("completed", 5, 0) == (done.status, done.counts.completed, done.counts.failed)
    assert ["documents[2]"] == [note["source"] for note in done.notes]
    assert ["documents[0]", "documents[1]", "texts[0]", "texts[1]"] == sources_of(folder, job)


def test_a_line_of_the_journal_that_was_cut_off_is_tagged_again(runtime, folder, new_job):
    job = new_job(wanted(documents=["一、问题\n学习不够。", "一、问题\n调研不够。"]))
    stops = iter([False, False])
    worked(runtime, folder, job, stopping=lambda: next(stops, True))
    journal = folder.path(job.job_id, JOURNAL)
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-7])

    done = worked(runtime, folder, job)

    assert whole == journal.read_bytes()
    assert ("completed", 2) == (done.status, done.counts.completed)


def test_under_another_head_a_job_begins_anew(runtime, folder, new_job):
    job = new_job(wanted(documents=["一、问题\n学习不够。", "一、问题\n调研不够。"]))
    stops = iter([False])
    worked(runtime, folder, job, stopping=lambda: next(stops, True))
    runtime.__dict__["head"] = dataclasses.replace(runtime.head, name="another-head")

    done = worked(runtime, folder, job)

    assert ("another-head", 2) == (done.model, done.counts.completed)
    assert ["documents[0]", "documents[1]"] == sources_of(folder, job)


def test_a_service_goes_on_with_the_jobs_that_it_finds(runtime, new_job, report):
    jobs = [new_job(wanted(documents=[report])), new_job(Upload(name="甲.txt", data=report.encode()))]

    with TestClient(create_app(runtime)) as client:
        records = [ended(client, job.job_id) for job in jobs]

    assert ["completed", "completed"] == [record["status"] for record in records]


def test_of_two_services_on_one_folder_none_does_a_job_twice(make_runtime, report):
    runtimes, tagged = [make_runtime(), make_runtime()], []
    for runtime in runtimes:
        counted(runtime, tagged)
    folder = JobFolder(runtimes[0].settings.data_dir)
    jobs = [folder.create(wanted(documents=[report]), expires_s=3600, most=100) for _ in range(8)]

    runners = [JobRunner(runtime) for runtime in runtimes]
    for runner in runners:
        runner.start()
    until = time.monotonic() + ENDS_WITHIN_S
    while not all(folder.one(job.job_id).ended for job in jobs) and time.monotonic() < until:
        time.sleep(0.01)
    for runner in runners:
        runner.stop()

    assert ["completed"] * 8 == [folder.one(job.job_id).status for job in jobs]
    assert 8 == len(tagged)


def counted(runtime, tagged):
    tag = runtime.tag
    runtime.tag = lambda document, *, head: tagged.append(1) or tag(document, head=head)


def test_a_job_that_another_process_holds_is_left_to_it(runtime, folder, new_job):
    job = new_job(wanted("学习"))
    runner = JobRunner(runtime)

    with folder.held(job.job_id) as held:
        runner._attempt(job.job_id)
        assert (True, "validating") == (held, folder.one(job.job_id).status)
    runner._attempt(job.job_id)

    assert "completed" == folder.one(job.job_id).status


def test_a_fault_of_the_model_fails_the_job_with_its_message(runtime, folder, new_job, monkeypatch):
    def damaged(*_, **__):
        raise ModelDamaged("head.npz is altered; train again")

    monkeypatch.setattr(runtime, "classified", damaged)
    job = new_job(wanted("学习"))
    JobRunner(runtime)._attempt(job.job_id)

    found = folder.one(job.job_id)
    assert ("failed", "head.npz is altered; train again") == (found.status, found.message)


def test_a_stranger_fails_the_job_without_its_text_and_the_next_goes_on(runtime, folder, new_job, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("某同志收受礼品三次")

    jobs = [new_job(wanted("学习")), new_job(wanted(documents=["一、问题\n学习不够。"]))]
    monkeypatch.setattr(runtime, "classified", broken)
    runner = JobRunner(runtime)
    for job in jobs:
        runner._attempt(job.job_id)

    first, second = (folder.one(job.job_id) for job in jobs)
    assert ("failed", "completed") == (first.status, second.status)
    assert "收受" not in folder.path(first.job_id, STATE).read_text(encoding="utf-8")


def test_a_disk_that_is_full_puts_a_job_off(runtime, folder, new_job, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    job = new_job(wanted("学习"))
    with monkeypatch.context() as patched:
        patched.setattr(JobFolder, "save", full)
        JobRunner(runtime)._attempt(job.job_id)
    assert not folder.one(job.job_id).ended
    JobRunner(runtime)._attempt(job.job_id)

    assert "completed" == folder.one(job.job_id).status


def test_jobs_that_cannot_be_seen_for_a_moment_are_done_when_they_can(runtime, folder, new_job, monkeypatch):
    job, seen, refused = new_job(wanted("学习")), JobFolder.all, []

    def once_refused(self):
        if not refused:
            refused.append(1)
            raise PermissionError(13, "Permission denied")
        return seen(self)

    monkeypatch.setattr(JobFolder, "all", once_refused)
    monkeypatch.setattr("service.job_runner.POLL_S", 0.01)
    with TestClient(create_app(runtime)) as client:
        record = ended(client, job.job_id)

    assert ("completed", [1]) == (record["status"], refused)


def test_a_job_that_goes_while_it_is_looked_at_hides_no_other(folder, new_job, monkeypatch):
    gone, other = new_job(wanted("学习")), new_job(wanted("调研"))

    # What says that it is cancelled was there just now and is not any more.
    monkeypatch.setattr(JobFolder, "cancelled", lambda self, job_id: job_id == gone.job_id)

    assert [other.job_id] == [job.job_id for job in folder.all()]


def test_more_jobs_than_may_wait_are_refused(make_runtime):
    runtime = make_runtime(max_jobs=2)
    folder = JobFolder(runtime.settings.data_dir)
    for _ in range(2):
        folder.create(wanted("学习"), expires_s=60, most=9)

    answer = TestClient(create_app(runtime)).post("/v1/jobs", json={"texts": ["学习"]})

    assert (429, "too_many_jobs", "60") == (
        answer.status_code,
        answer.json()["error"]["type"],
        answer.headers["Retry-After"],
    )


def test_jobs_are_removed_when_their_time_is_over_and_not_before(runtime, folder, new_job):
    done, waiting = new_job(wanted("学习")), new_job(wanted("学习"))
    worked(runtime, folder, done)

    assert [] == folder.sweep(keep_s=60)
    assert [done.job_id] == folder.sweep(keep_s=-1)
    assert [waiting.job_id] == [job.job_id for job in folder.all()]
    assert [waiting.job_id] == [path.name for path in (runtime.settings.data_dir / "jobs").iterdir()]


def test_where_the_data_directory_is_a_file_there_are_no_jobs(tmp_path):
    (tmp_path / "file").touch()

    assert [] == JobFolder(tmp_path / "file").all()


@pytest.mark.parametrize("written", ["{", "3", '"text"', "[]", "null", '{"format": 1}'])
def test_what_is_no_job_is_passed_over(runtime, folder, new_job, written):
    job = new_job(wanted("学习"))
    strange = runtime.settings.data_dir / "jobs/job-strange"
    strange.mkdir()
    (strange / STATE).write_text(written, encoding="utf-8")

    assert [job.job_id] == [one.job_id for one in folder.all()]


def test_a_cancelled_job_shows_when_that_was_asked(folder, new_job):
    job = new_job(wanted("学习"))
    folder.cancel(job.job_id)

    assert folder.path(job.job_id, CANCEL).exists()
    assert folder.one(job.job_id).times["cancelling"] >= job.times["validating"]


def test_stopping_ends_within_the_part_that_is_tagged(make_runtime, report):
    runtime = make_runtime()
    entered, tag = threading.Event(), runtime.tag
    runtime.tag = lambda document, *, head: entered.set() or tag(document, head=head)
    folder = JobFolder(runtime.settings.data_dir)
    job = folder.create(wanted(documents=[f"{report}{n}。" for n in range(300)]), expires_s=3600, most=9)

    with TestClient(create_app(runtime)):
        assert entered.wait(ENDS_WITHIN_S)

    assert "in_progress" == folder.one(job.job_id).status
    assert 0 < folder.one(job.job_id).counts.completed < 300


@pytest.mark.parametrize("written", [b"", b"{", b"\xff", b'{"format": 1}', "status", "times"])
def test_a_job_whose_state_is_damaged_has_failed_and_is_swept_as_others_are(folder, new_job, client, written):
    job = new_job(wanted("学习"))
    state = folder.path(job.job_id, STATE)
    if isinstance(written, str):
        written = json.dumps({**json.loads(state.read_bytes()), written: {"validating": "x"}}).encode()
    state.write_bytes(written)

    shown = client.get(f"/v1/jobs/{job.job_id}").json()

    assert ("failed", "job.json of this job is damaged; send it again") == (
        shown["status"],
        shown["errors"][0]["message"],
    )
    assert 404 == client.get(f"/v1/jobs/{job.job_id}/result").status_code
    assert [job.job_id] == folder.sweep(keep_s=-1)
    assert [] == folder.all()


def test_a_job_that_was_swept_cannot_be_held_and_does_not_come_back(folder, runtime):
    with folder.held("job-gone") as held:
        assert not held

    assert not (runtime.settings.data_dir / "jobs" / "job-gone").exists()


def test_jobs_that_come_at_one_moment_do_not_pass_the_limit_together(folder):
    start, made = threading.Barrier(8), []

    def make():
        start.wait()
        with contextlib.suppress(TooManyJobs):
            made.append(folder.create(wanted("学习不够"), expires_s=3600, most=3))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (3, 3) == (len(made), len(folder.all()))
    assert [] == list(folder.path("").glob(".new-*"))
