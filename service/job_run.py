"""One job worked on: its inputs one by one, a journal of what is done, and the rows put in place at the end."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from index.archives import expand
from index.errors import UnreadableDocument
from index.readers import document_from_text
from index.records import Document
from models.errors import BadText
from service.heads import OpenHead
from service.jobs import INPUT, JOURNAL, MOST_ERRORS, ROWS, UPLOAD, Counts, Job, JobFolder, Status
from service.runtime import Runtime, TextInput
from service.shapes import Json, tag_json
from service.tagged import SAME_TEXT, tagged_text

TEXTS_AT_ONCE = 64
SAVE_EVERY_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a job's inputs, tagged in one go: a document, or several texts. `size` counts inputs.

    `tag` takes, by their ids, the sources of the documents tagged before, and raises _SameText for one of them.
    """

    size: int
    tag: Callable[[Runtime, OpenHead, Mapping[str, str]], list[Json]]
    name: str


class _SameText(Exception):
    """The document was tagged before, under another source."""


def work(runtime: Runtime, jobs: JobFolder, job: Job, *, stopping: Callable[[], bool]) -> Job:
    """Go on with a job, of which the caller holds the lock, until it ends or `stopping` says so; return it.

    Raises what the runtime raises, and OSError; the job can be gone on with later.
    """
    if ending := _reason_to_end(jobs, job):
        return _ended(jobs, job, ending)
    head = runtime.head
    if job.model != head.name:
        # All rows of a job come from one head: begun under another one, it begins anew.
        jobs.path(job.job_id, JOURNAL).unlink(missing_ok=True)
    job = jobs.save(job.now("in_progress", model=head.name, counts=Counts(), errors=(), notes=()))
    parts = partial(_parts, jobs.path(job.job_id), runtime.settings.max_upload_bytes)
    journal = jobs.path(job.job_id, JOURNAL)
    lines = _read_journal(journal)
    job = _with_done(job, lines, total=sum(part.size for part in parts()))
    sources = _sources(lines)
    done, saved_s = job.counts.completed + job.counts.failed, 0.0
    with journal.open("a", encoding="utf-8") as file:
        for part in _rest(parts(), done):
            if stopping():
                return jobs.save(job)
            if ending := _reason_to_end(jobs, job):
                return _ended(jobs, job, ending)
            line = _tagged(part, runtime, head, sources)
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            job = _with_done(job, [line])
            sources.update(_sources([line]))
            if time.monotonic() - saved_s > SAVE_EVERY_S:
                job, saved_s = jobs.save(job), time.monotonic()
    return _ended(jobs, job, "completed")


def _reason_to_end(jobs: JobFolder, job: Job) -> Status | None:
    if jobs.cancelled(job.job_id):
        return "cancelled"
    return "expired" if time.time() >= job.expires_at else None


def _ended(jobs: JobFolder, job: Job, status: Status) -> Job:
    """Put the rows that there are in place and end the job."""
    job = jobs.save(job.now("finalizing") if status == "completed" else job)
    rows, journal = jobs.path(job.job_id, ROWS), jobs.path(job.job_id, JOURNAL)
    aside = rows.with_suffix(".new")
    with aside.open("w", encoding="utf-8", newline="\n") as file:
        for line in _read_journal(journal):
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in line["rows"])
        file.flush()
        os.fsync(file.fileno())
    aside.replace(rows)
    if status == "cancelled":
        job = replace(job, times={**job.times, "cancelling": jobs.cancel_asked_s(job.job_id)})
    return jobs.save(job.now(status))


def fail(jobs: JobFolder, job: Job, message: str) -> Job:
    """End a job that cannot be gone on with, keeping the rows that there are."""
    return _ended(jobs, Job(**{**_fields(job), "message": message}), "failed")


def _fields(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in job.__slots__}


def _parts(folder: Path, max_bytes: int) -> Iterator[Part]:
    upload = folder / UPLOAD
    if upload.is_dir():
        for source in expand(sorted(upload.iterdir()), max_bytes=max_bytes, within=upload):
            yield Part(size=1, name=source.name, tag=partial(_document_rows, source.load))
        return
    wanted = json.loads((folder / INPUT).read_text(encoding="utf-8"))
    for number, row in enumerate(wanted["documents"]):
        name = f"documents[{number}]"
        load = partial(document_from_text, row["text"], source=name, title=row["title"], metadata=row["metadata"])
        yield Part(size=1, name=name, tag=partial(_document_rows, load))
    texts = [TextInput(**row) for row in wanted["texts"]]
    for at in range(0, len(texts), TEXTS_AT_ONCE):
        some = texts[at : at + TEXTS_AT_ONCE]
        yield Part(size=len(some), name=f"texts[{at}]", tag=partial(_text_rows, at, some))


def _rest(parts: Iterator[Part], done: int) -> Iterator[Part]:
    """Yield the parts after the first `done` inputs."""
    while done > 0 and (passed := next(parts, None)):
        done -= passed.size
    yield from parts


def _tagged(part: Part, runtime: Runtime, head: OpenHead, sources: Mapping[str, str]) -> Json:
    """Return what the journal holds of a part: its rows, why it could not be read, or whose text it has."""
    line: Json = {"size": part.size, "rows": [], "error": None, "note": None}
    try:
        return {**line, "rows": part.tag(runtime, head, sources)}
    except _SameText as same:
        return {**line, "note": {"source": part.name, "message": str(same)}}
    except (UnreadableDocument, BadText) as fault:
        return {**line, "error": {"source": part.name, "message": str(fault)}}


def _sources(lines: Sequence[Json]) -> dict[str, str]:
    return {row["document_id"]: row["source"] for line in lines for row in line["rows"]}


def _document_rows(
    load: Callable[[], Document], runtime: Runtime, head: OpenHead, sources: Mapping[str, str]
) -> list[Json]:
    document = load()
    if first := sources.get(document.document_id):
        raise _SameText(SAME_TEXT.format(first))
    return [tag_json(document, tagged) for tagged in runtime.tag(document, head=head)]


def _text_rows(
    first: int, texts: Sequence[TextInput], runtime: Runtime, head: OpenHead, _: Mapping[str, str]
) -> list[Json]:
    predictions = runtime.classified(texts, head=head).predictions
    return [
        tag_json(
            document_from_text(item.text, source=f"texts[{first + at}]"),
            tagged_text(item.text, item.context, prediction),
        )
        for at, (item, prediction) in enumerate(zip(texts, predictions, strict=True))
    ]


def _with_done(job: Job, lines: Sequence[Mapping[str, Any]], *, total: int | None = None) -> Job:
    """Return the job with these lines of the journal counted."""
    completed = sum(line["size"] for line in lines if not line["error"])
    failed = sum(line["size"] for line in lines if line["error"])
    counts = Counts(
        total=job.counts.total if total is None else total,
        completed=job.counts.completed + completed,
        failed=job.counts.failed + failed,
    )
    errors = islice([*job.errors, *(line["error"] for line in lines if line["error"])], MOST_ERRORS)
    # Journals begun by an earlier version have no notes.
    notes = islice([*job.notes, *(note for line in lines if (note := line.get("note")))], MOST_ERRORS)
    return Job(**{**_fields(job), "counts": counts, "errors": tuple(errors), "notes": tuple(notes)})


def _read_journal(journal: Path) -> list[Json]:
    """Return the whole lines of the journal; a last one that was cut off is removed."""
    if not journal.exists():
        return []
    content = journal.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with journal.open("r+b") as file:
            file.truncate(len(whole))
    return [json.loads(line) for line in whole.splitlines()]
