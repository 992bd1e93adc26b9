"""Batch tagging: files in, rows out, resumed where an earlier run was stopped.

Rows go to JSON Lines first, a document at a time: into the output itself, or beside it for the other kinds of file,
which are made from them at the end and put in place by one rename. A later run writes the rows that the last document
found there lacks, and goes on behind it.
"""

import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from index.archives import expand
from index.errors import UnreadableDocument
from service.errors import BadOutput
from service.shapes import TAG_FIELDS, Json, tag_json
from service.tables import TABLE_WRITERS, holds_tags

if TYPE_CHECKING:
    from index.archives import Source
    from index.records import Document
    from service.runtime import Runtime

JOURNAL_KIND = ".jsonl"
KINDS = (JOURNAL_KIND, *TABLE_WRITERS)
_ROW_START = b'{"document_id": "'
_LINE_NUMBER = re.compile(":[0-9]+$")


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
    inputs that cannot be read are in the report. The output itself is no input, in whatever folder it lies.
    """
    journal = _journal(output)
    report = BatchReport()
    own = {path.resolve() for path in (output, journal, _aside(output))}
    with _opened(journal) as file:
        run = _Run(runtime, file, _rows_found(journal), report)
        for source in expand(paths, max_bytes=runtime.settings.max_upload_bytes):
            if not _is_one_of(source.name, own):
                run.take(source)
                progress(source.name)
        os.fsync(file.fileno())
    if journal != output:
        _convert(journal, output)
    return report


class _Run:
    """One run: what the journal held when it began, and what is written behind that."""

    def __init__(self, runtime: "Runtime", file: TextIO, rows_found: dict[_Key, int], report: BatchReport) -> None:
        self._runtime = runtime
        self._file = file
        self._rows = rows_found
        self._report = report
        # Every document is written in one piece: only the last can lack rows.
        self._doubtful = next(reversed(rows_found), None)

    def take(self, source: "Source") -> None:
        """Write the rows of one input that the journal lacks, or report why it cannot be read."""
        try:
            document = source.load()
        except UnreadableDocument as error:
            self._report.failures.append(Failure(name=source.name, message=str(error)))
            return
        key = _Key(document.document_id, document.source)
        if key in self._rows and key != self._doubtful:
            self._report.resumed += 1
        else:
            self._tag(document, key)

    def _tag(self, document: "Document", key: _Key) -> None:
        every = [tag_json(document, tagged) for tagged in self._runtime.tag(document)]
        lacking = every[self._rows.get(key, 0) :]
        if key == self._doubtful:
            self._doubtful = None
        if key in self._rows and not lacking:
            self._report.resumed += 1
            return
        # One write a document: a process killed here leaves at most this document half written.
        self._file.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lacking))
        self._file.flush()
        self._rows[key] = len(every)
        self._report.tagged += 1
        self._report.rows += len(lacking)


def _journal(output: Path) -> Path:
    if output.suffix.lower() not in KINDS:
        raise BadOutput(f"{output}: the name must end with {', '.join(KINDS)}")
    if not output.parent.is_dir():
        raise BadOutput(f"{output}: there is no folder {output.parent}; make it first")
    if output.is_dir():
        raise BadOutput(f"{output} is a folder; name a file in it")
    if output.suffix.lower() == JOURNAL_KIND:
        return output
    if output.exists() and not holds_tags(output):
        raise _foreign(output)
    return output.with_name(output.name + ".partial" + JOURNAL_KIND)


def _aside(output: Path) -> Path:
    return output.with_name(output.name + ".tmp")


def _opened(journal: Path) -> TextIO:
    try:
        return journal.open("a", encoding="utf-8", newline="\n")
    except OSError as error:
        raise BadOutput(f"{journal} cannot be written: {error.strerror}; choose another --output") from error


def _is_one_of(name: str, own: Collection[Path]) -> bool:
    """Return whether an input, a line of a .jsonl among them, lies in one of our own files."""
    return Path(name).resolve() in own or Path(_LINE_NUMBER.sub("", name)).resolve() in own


def _rows_found(journal: Path) -> dict[_Key, int]:
    """Return how many rows of each document the journal holds, last the one written last; half a line is cut off."""
    found: dict[_Key, int] = {}
    whole = 0
    with journal.open("r+b") as file:
        for line in file:
            key = _key(line, journal)
            if key is None:
                break
            found[key] = found.pop(key, 0) + 1
            whole += len(line)
        file.truncate(whole)
    return found


def _key(line: bytes, journal: Path) -> _Key | None:
    """Return the document of a row, None for a row that was cut off. Raises BadOutput for any other file's content."""
    if not line.endswith(b"\n") and (line.startswith(_ROW_START) or _ROW_START.startswith(line)):
        return None
    try:
        row = json.loads(line)
    except ValueError as error:
        raise _foreign(journal) from error
    if not isinstance(row, dict) or tuple(row) != TAG_FIELDS or not line.endswith(b"\n"):
        raise _foreign(journal)
    return _Key(row["document_id"], row["source"])


def _foreign(path: Path) -> BadOutput:
    return BadOutput(f"{path} holds something else than tagged rows; choose another name or remove it")


def _convert(journal: Path, output: Path) -> None:
    TABLE_WRITERS[output.suffix.lower()](_rows(journal), _aside(output))
    _aside(output).replace(output)
    journal.unlink()


def _rows(journal: Path) -> Iterator[Json]:
    with journal.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)
