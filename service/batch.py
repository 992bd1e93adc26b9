"""Batch tagging: files in, rows out, resumed where an earlier run was stopped.

A document that was tagged is a line of the journal, a hidden file beside the output. At the end the rows of the output
that is there and those of the journal go into a new file, which takes the place of the old one by one rename; then the
journal is removed. So the output is whole at any moment and never loses a row, of whichever kind it is: a run killed
before the rename leaves the old output and the journal, one killed after it a journal whose documents the output
holds, and both are told by reading the two when the next run begins. What is in neither is tagged. The same text in two
files is one document: its rows bear the name of the file that came first.

All rows of an output come from one head: a second hidden file beside it, which stays, says which. An output without
that file, of an earlier version or a copy, is gone on with under any.
"""

import contextlib
import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import CorpusBusy, UnreadableDocument
from index.folders import resolved
from index.lock import WriteLock
from service.begun import begin_with
from service.errors import BadOutput, OutputBusy
from service.own_files import reports_of
from service.shapes import Json, tag_json
from service.tables import JSON_LINES, WRITERS, foreign, json_lines, read_rows
from service.tagged import SAME_TEXT

if TYPE_CHECKING:
    from index.archives import Source
    from index.records import Document
    from service.runtime import Runtime

KINDS = tuple(WRITERS)
_JOURNAL_FIELDS = ("document_id", "source", "rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An input that could not be read, and why."""

    name: str
    message: str


@dataclass(slots=True, kw_only=True)
class BatchReport:
    """What a run did: documents tagged now, documents found done, rows written now, inputs that failed.

    `notes` say what of an input that was read is not in its text, which input was tagged before with another text, and
    which has the text of another; this one counts as done before.
    """

    tagged: int = 0
    resumed: int = 0
    rows: int = 0
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Key:
    """What tells one document of the output from another: older ones may have the rows of one text for two files."""

    document_id: str
    source: str


def tag_files(
    runtime: "Runtime",
    paths: Sequence[Path],
    output: Path,
    *,
    progress: Callable[[str, int], None] = lambda name, total: None,
) -> BatchReport:
    """Tag every document under the paths into the output file and return what was done.

    `progress` is called with each input's name, once it is done, and the number of all inputs. Inputs that cannot be
    read are in the report; the output itself is no input, in whatever folder it lies. Raises BadOutput for an output
    that cannot be used or was begun with another head, OutputBusy while another run is at it.
    """
    _refuse_impossible(output)
    # A link stays one: what it points to is replaced.
    output = resolved(output)
    if output.is_symlink():
        raise BadOutput(f"{output} is a link that leads back to itself; choose another --output")
    _refuse_impossible(output)
    with _locked(output):
        run = _Run(runtime, output, _beside(output, "partial"))
        total = sum(1 for _ in reports_of(paths, runtime.settings, without={output}))
        for source in reports_of(paths, runtime.settings, without={output}):
            run.take(source)
            progress(source.name, total)
        run.finish()
    return run.report


class _Run:
    """One run: what output and journal held when it began, and what it adds."""

    def __init__(self, runtime: "Runtime", output: Path, journal: Path) -> None:
        self.report = BatchReport()
        self._runtime = runtime
        self._output = output
        self._journal = journal
        self._published: Mapping[_Key, int] = Counter(_key(row) for row in read_rows(output))
        self._published_sources = {key.source for key in self._published}
        self._new = {key for key, rows in _journaled(journal).items() if rows > self._published.get(key, 0)}
        # Lines are easily cut, by other hands than ours: whether the last document is whole, only tagging it tells.
        last = next(reversed(self._published), None) if output.suffix.lower() == JSON_LINES else None
        self._doubtful = None if last in self._new else last
        self._sources = {key.document_id: key.source for key in [*reversed(self._published), *self._new]}
        # One head for the whole run, even where another is put in use meanwhile.
        self._head = runtime.head
        self._begun = _beside(output, "head")
        begin_with(self._begun, self._head, runtime.settings, output=output, anew=not self._sources)

    def take(self, source: "Source") -> None:
        """Write the rows of one input where they are not there yet, or report why it cannot be read."""
        try:
            document = source.load()
        except UnreadableDocument as error:
            self.report.failures.append(Failure(name=source.name, message=str(error)))
            return
        self.report.notes += document.notes
        key = _Key(document.document_id, document.source)
        done = key in self._new or key in self._published
        if done and key != self._doubtful:
            self.report.resumed += 1
            return
        if not done and (first := self._sources.get(key.document_id)):
            self._pass_over(document, source.name, _Key(key.document_id, first))
            return
        if not done and key.source in self._published_sources:
            # It may be a newer version, or a file of that name in another folder: rows are not thrown away on a guess.
            self.report.notes.append(
                f"{source.name}: {self._output.name} has rows of another text of that name, which stay; if it was "
                "changed, remove the output and tag all anew"
            )
        self._tag(document, key)

    def _pass_over(self, document: "Document", name: str, first: _Key) -> None:
        """Say that a text has its rows under another name; where those may be cut off, they are made whole."""
        self.report.notes.append(f"{name}: {SAME_TEXT.format(first.source)}")
        if first == self._doubtful:
            self._tag(replace(document, source=first.source), first)
        else:
            self.report.resumed += 1

    def _tag(self, document: "Document", key: _Key) -> None:
        rows = [tag_json(document, tagged) for tagged in self._runtime.tag(document, head=self._head)]
        if key == self._doubtful:
            self._doubtful = None
            if len(rows) <= self._published[key]:
                self.report.resumed += 1
                return
        entry = {"document_id": key.document_id, "source": key.source, "rows": rows}
        with self._journal.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._new.add(key)
        self._sources[key.document_id] = key.source
        self.report.tagged += 1
        self.report.rows += len(rows) - self._published.get(key, 0)

    def finish(self) -> None:
        """Put the output with all its rows in place, where it lacks any, and remove the journal."""
        # Of reports without a sentence the output is empty; where all inputs failed there is none.
        if self._new or not (_size(self._output) or self.report.failures):
            aside = _beside(self._output, "new")
            WRITERS[self._output.suffix.lower()](_merged(self._output, self._journal, self._new), aside)
            with aside.open("r+b") as file:
                os.fsync(file.fileno())
            aside.replace(self._output)
        if not self._output.exists():
            self._begun.unlink(missing_ok=True)
        self._journal.unlink(missing_ok=True)


def _refuse_impossible(output: Path) -> None:
    if output.suffix.lower() not in KINDS:
        raise BadOutput(f"{output}: the name must end with {', '.join(KINDS)}")
    if not output.parent.is_dir():
        raise BadOutput(f"{output}: there is no folder {output.parent}; make it first")
    if output.is_dir():
        raise BadOutput(f"{output} is a folder; name a file in it")


def _beside(output: Path, what: str) -> Path:
    # Hidden, so that it is no input of a run over its folder.
    return output.with_name(f".{output.name}.{what}")


@contextlib.contextmanager
def _locked(output: Path) -> Iterator[None]:
    """Keep other runs from the output. Raises OutputBusy, BadOutput."""
    path = _beside(output, "lock")
    with contextlib.ExitStack() as stack:
        try:
            path.touch()
            stack.enter_context(WriteLock(path, wait_s=0).held())
        except OSError as error:
            raise BadOutput(f"{output} cannot be written: {error.strerror}; choose another --output") from error
        except CorpusBusy as error:
            raise OutputBusy(f"{output} is being written by another run; wait for its end or name another") from error
        try:
            yield
        finally:
            # Whoever has this file open already sees that it is gone and makes a new one.
            with contextlib.suppress(OSError):
                path.unlink()


def _journaled(journal: Path) -> dict[_Key, int]:
    """Return the documents of the journal and how many rows each has; a line that was cut off is removed."""
    if not _size(journal):
        return {}
    try:
        found = {_key(entry): len(entry["rows"]) for entry in json_lines(journal, _JOURNAL_FIELDS)}
    except ValueError as error:
        raise foreign(journal) from error
    with journal.open("r+b") as file:
        file.truncate(sum(len(line) for line in file if line.endswith(b"\n")))
    return found


def _merged(output: Path, journal: Path, new: Collection[_Key]) -> Iterator[Json]:
    """Yield the rows of the output, and behind them those of the new documents, which take the place of older ones."""
    for row in read_rows(output):
        if _key(row) not in new:
            yield row
    if new:
        for entry in json_lines(journal, _JOURNAL_FIELDS):
            if _key(entry) in new:
                yield from entry["rows"]


def _key(row: Json) -> _Key:
    return _Key(row["document_id"], row["source"])


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
