"""Batch tagging: files in, rows out, resumed where an earlier run was stopped.

Rows go to JSON Lines first, a document at a time: into the output itself, or beside it for the other kinds of file,
which are made from them at the end and put in place by one rename. A later run drops the last document found there,
which may be half written, and goes on behind the others.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from index.archives import expand
from index.errors import UnreadableDocument
from service.errors import BadOutput
from service.shapes import TAG_FIELDS, Json, tag_json
from service.tables import TABLE_WRITERS

if TYPE_CHECKING:
    from index.records import Document
    from service.runtime import Runtime

JOURNAL_KIND = ".jsonl"
KINDS = (JOURNAL_KIND, *TABLE_WRITERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An input that could not be read, and why."""

    name: str
    message: str


@dataclass(slots=True, kw_only=True)
class BatchReport:
    """What a run did: documents tagged now, documents found done, rows written now, inputs that failed."""

    tagged: int = 0
    resumed: int = 0
    rows: int = 0
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Key:
    """What tells one document of the output from another: the same text may stand in two files."""

    document_id: str
    source: str


def tag_files(
    runtime: "Runtime", paths: Sequence[Path], output: Path, *, progress: Callable[[str], None] = lambda name: None
) -> BatchReport:
    """Tag every document under the paths into the output file and return what was done.

    `progress` is called with each input's name once it is done. Raises BadOutput for an output that cannot be used;
    inputs that cannot be read are in the report.
    """
    journal = _journal(output)
    report = BatchReport()
    done = _finished(journal)
    with journal.open("a", encoding="utf-8", newline="\n") as file:
        for source in expand(paths, max_bytes=runtime.settings.max_upload_bytes):
            try:
                document = source.load()
            except UnreadableDocument as error:
                report.failures.append(Failure(name=source.name, message=str(error)))
            else:
                _tag_once(runtime, document, done, file.write, report)
                file.flush()
            progress(source.name)
        os.fsync(file.fileno())
    if journal != output:
        _convert(journal, output)
    return report


def _tag_once(
    runtime: "Runtime", document: "Document", done: set[_Key], write: Callable[[str], object], report: BatchReport
) -> None:
    key = _Key(document.document_id, document.source)
    if key in done:
        report.resumed += 1
        return
    rows = [tag_json(document, tagged) for tagged in runtime.tag(document)]
    # One write a document: a process killed here leaves at most this document half written.
    write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    done.add(key)
    report.tagged += 1
    report.rows += len(rows)


def _journal(output: Path) -> Path:
    if output.suffix.lower() not in KINDS:
        raise BadOutput(f"{output}: the name must end with {', '.join(KINDS)}")
    if not output.parent.is_dir():
        raise BadOutput(f"{output}: there is no folder {output.parent}; make it first")
    if output.is_dir():
        raise BadOutput(f"{output} is a folder; name a file in it")
    if output.suffix.lower() == JOURNAL_KIND:
        return output
    return output.with_name(output.name + ".partial" + JOURNAL_KIND)


def _finished(journal: Path) -> set[_Key]:
    """Return the documents that the journal holds whole, after cutting off the last one, which may not be."""
    if not journal.exists():
        return set()
    keys: list[_Key] = []
    start_of_last = 0
    with journal.open("r+b") as file:
        position = 0
        for line in file:
            key = _key(line, journal)
            if key is None:
                break
            if not keys or key != keys[-1]:
                keys.append(key)
                start_of_last = position
            position += len(line)
        file.truncate(start_of_last)
    return set(keys[:-1])


def _key(line: bytes, journal: Path) -> _Key | None:
    """Return the document of a row, None for a row that was cut off. Raises BadOutput for any other file's content."""
    if not line.endswith(b"\n"):
        return None
    try:
        row = json.loads(line)
        if set(row) != set(TAG_FIELDS):
            raise ValueError("other fields")
    except (ValueError, TypeError) as error:
        raise BadOutput(f"{journal} holds something else than tagged rows; choose another name or remove it") from error
    return _Key(row["document_id"], row["source"])


def _convert(journal: Path, output: Path) -> None:
    aside = output.with_name(output.name + ".tmp")
    TABLE_WRITERS[output.suffix.lower()](_rows(journal), aside)
    aside.replace(output)
    journal.unlink()


def _rows(journal: Path) -> Iterator[Json]:
    with journal.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
