"""Jobs on disk: a folder each, which is all there is of them, so that any process can go on where another was killed.

jobs/ID/job.json        what it is and how far it got; replaced whole, and only by who holds the lock
jobs/ID/input.json      the documents or texts to tag; or upload/NAME, a file to read them from
jobs/ID/journal.jsonl   what is tagged, a line for each part; the last one may be cut off
jobs/ID/rows.jsonl      the result, written aside and put here when the job ends
jobs/ID/cancel          is there once somebody wants it stopped
"""

import contextlib
import json
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from index.errors import CorpusBusy, CorpusUnwritable
from index.folders import make_lasting, make_private
from index.lock import WriteLock
from service.errors import TooManyJobs, UnknownJob
from service.staging import write_whole

JOBS_FOLDER = "jobs"
LOCK_NAME = "jobs.lock"
STATE, INPUT, UPLOAD, JOURNAL, ROWS, CANCEL, LOCK = (
    *("job.json", "input.json", "upload", "journal.jsonl", "rows.jsonl", "cancel", "lock"),
)
FORMAT = 1
Status = Literal["validating", "in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled"]
ENDED: frozenset[Status] = frozenset({"completed", "failed", "expired", "cancelled"})
MOST_ERRORS = 100
_SEALED = ".new-"
_OWN_ID = re.compile(r"job-[0-9a-f]{19,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Inputs of a job: all there are (0 until they are counted), tagged, and those that could not be read."""

    total: int = 0
    completed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job. `times` holds, in whole seconds of the epoch, when it came to each status; `expires_at` is a limit.

    `errors` names at most 100 of the inputs that could not be read, `notes` at most 100 that have the text of another,
    whose rows stand for both; `message` says why the job as a whole failed. `model` is the head that tags it, "" before
    the start.
    """

    job_id: str
    status: Status
    expires_at: int
    times: Mapping[str, int] = field(default_factory=dict)
    counts: Counts = Counts()
    errors: Sequence[Mapping[str, str]] = ()
    notes: Sequence[Mapping[str, str]] = ()
    message: str = ""
    model: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ENDED

    def now(self, status: Status, **changes: Any) -> "Job":  # noqa: ANN401 - fields of its own
        """Return the job as it is from now on."""
        return replace(self, status=status, times={**self.times, status: int(time.time())}, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came to be tagged, with its name."""

    name: str
    data: bytes


class JobFolder:
    """All jobs of a data directory. Safe between threads and processes."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / JOBS_FOLDER

    def create(self, wanted: Mapping[str, Any] | Upload, *, expires_s: int, most: int) -> Job:
        """Return a new job, on disk whole when this returns. Raises TooManyJobs, CorpusBusy, CorpusUnwritable."""
        self._refuse_more(most)
        now_s = time.time()
        job_id = f"job-{int(now_s * 1000):011x}{secrets.token_hex(4)}"
        job = Job(job_id=job_id, status="validating", expires_at=int(now_s) + expires_s).now("validating")
        aside = self._root / f"{_SEALED}{job_id}"
        try:
            make_private(self._root.parent)
            aside.mkdir(parents=True)
            _write_input(aside, wanted)
            write_whole(aside / STATE, _state(job))
            # Counted again: others may have come while this one was written.
            with WriteLock(self._root.with_name(LOCK_NAME)).held():
                self._refuse_more(most)
                aside.rename(self._root / job_id)
            make_lasting(self._root)
        except (TooManyJobs, CorpusBusy, CorpusUnwritable):
            shutil.rmtree(aside, ignore_errors=True)
            raise
        except OSError as error:
            shutil.rmtree(aside, ignore_errors=True)
            reason = error.strerror or error
            raise CorpusUnwritable(
                f"{self._root} cannot be written to ({reason}); check the space on its disk"
            ) from error
        return job

    def _refuse_more(self, most: int) -> None:
        waiting = sum(not job.ended for job in self.all())
        if waiting >= most:
            raise TooManyJobs(f"{waiting} jobs wait or run, the limit is {most}; wait until some are done")

    def path(self, job_id: str, name: str = "") -> Path:
        """Return the folder of a job, or a file in it."""
        return self._root / job_id / name

    def all(self) -> list[Job]:
        """Return all jobs, oldest first."""
        # Where the data directory is none, /readyz says so; there are no jobs either.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            names = sorted(path.name for path in self._root.iterdir() if path.name.startswith("job-"))
            return [job for name in names if (job := self._read(name)) is not None]
        return []

    def one(self, job_id: str) -> Job:
        """Return a job. Raises UnknownJob."""
        known = job_id.startswith("job-") and job_id[4:].isascii() and job_id[4:].isalnum()
        job = self._read(job_id) if known else None
        if job is None:
            raise UnknownJob(f"there is no job {job_id!r}")
        return job

    def save(self, job: Job) -> Job:
        """Put the state of a job on disk and return it; only for who holds the job."""
        write_whole(self.path(job.job_id, STATE), _state(job))
        return job

    def cancel(self, job_id: str) -> Job:
        """Ask for a job to be stopped, and return it; one that has ended stays as it is. Raises UnknownJob."""
        if not self.one(job_id).ended:
            with contextlib.suppress(FileNotFoundError):
                self.path(job_id, CANCEL).touch()
        return self.one(job_id)

    def cancelled(self, job_id: str) -> bool:
        """Return whether somebody wants the job stopped."""
        return self.path(job_id, CANCEL).exists()

    def cancel_asked_s(self, job_id: str) -> int:
        """Return when a cancelled job was asked to stop, in whole seconds of the epoch. Raises FileNotFoundError."""
        return int(self.path(job_id, CANCEL).stat().st_mtime)

    @contextlib.contextmanager
    def held(self, job_id: str) -> Iterator[bool]:
        """Hold a job, so that nobody else works on it; yield whether it could be had at once."""
        if not self.path(job_id).is_dir():
            # It was swept, and its lock would bring the folder back.
            yield False
            return
        with WriteLock(self.path(job_id, LOCK)).tried(wait_s=0) as held:
            yield held

    def sweep(self, *, keep_s: int) -> list[str]:
        """Remove jobs that ended more than `keep_s` seconds ago, and what a killed process left; return their ids."""
        limit_s, gone = time.time() - keep_s, []
        for job in self.all():
            if job.ended and job.times.get(job.status, 0) < limit_s:
                # Renamed first: one that is half removed must not be read as one with less in it.
                aside = self._root / f"{_SEALED}{job.job_id}"
                with contextlib.suppress(OSError):
                    self.path(job.job_id).rename(aside)
                    gone.append(job.job_id)
        for aside in self._root.glob(f"{_SEALED}*"):
            with contextlib.suppress(OSError):
                if aside.name.removeprefix(_SEALED) in gone or aside.stat().st_mtime < time.time() - 3600:
                    shutil.rmtree(aside, ignore_errors=True)
        return gone

    def _read(self, job_id: str) -> Job | None:
        """Return a job, None for one that is gone, of a later version or not ours; one that is damaged has failed."""
        path = self.path(job_id, STATE)
        try:
            written_s, content = int(path.stat().st_mtime), path.read_bytes()
            job = _job(content)
            if job is None or job.ended or not self.cancelled(job_id):
                return job
            asked_s = self.cancel_asked_s(job_id)
        except OSError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError):  # AttributeError: JSON that is no object
            if not _OWN_ID.fullmatch(job_id):
                return None
            times = {"validating": written_s, "failed": written_s}
            message = f"{STATE} of this job is damaged; send it again"
            return Job(job_id=job_id, status="failed", expires_at=written_s, times=times, message=message)
        return replace(job, status="cancelling", times={**job.times, "cancelling": asked_s})


def _write_input(folder: Path, wanted: Mapping[str, Any] | Upload) -> None:
    if isinstance(wanted, Upload):
        (folder / UPLOAD).mkdir()
        write_whole(folder / UPLOAD / wanted.name, wanted.data)
    else:
        write_whole(folder / INPUT, json.dumps(wanted, ensure_ascii=False).encode())


def _job(content: bytes) -> Job | None:
    """Return the job that a state tells of, None where it is of a later version. Raises as JSON and its use do."""
    state = json.loads(content)
    if state.pop("format") > FORMAT:
        return None
    job = Job(**{**state, "counts": Counts(**state["counts"])})
    numbers = (job.expires_at, job.times["validating"], *job.times.values(), *asdict(job.counts).values())
    if job.status not in get_args(Status) or not all(type(number) is int for number in numbers):
        raise ValueError("a field has no possible value")
    return job


def _state(job: Job) -> bytes:
    return json.dumps({"format": FORMAT, **asdict(job)}, ensure_ascii=False).encode()
