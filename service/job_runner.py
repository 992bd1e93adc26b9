"""The worker of a service: one thread that goes through the jobs of the data directory, oldest first."""

import threading
from collections.abc import Mapping
from typing import Any

import structlog

from service.errors import FAULTS, MACHINE, NoFiles
from service.handlers import outcome_of
from service.job_run import fail, work
from service.jobs import Job, JobFolder, Upload
from service.runtime import Runtime
from service.shortages import plain

POLL_S = 2.0
STOP_S = 30.0
INTERNAL = "something went wrong on our side; the log has more under this job_id"

log = structlog.get_logger()


class JobRunner:
    """Works on jobs in the background. Several services on one data directory share the jobs, none does one twice."""

    def __init__(self, runtime: Runtime) -> None:
        self.folder = JobFolder(runtime.settings.data_dir)
        self._runtime = runtime
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, or begin again, to work on jobs; those that a stopped service left are gone on with."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End with the part that is being tagged; the rest is done after the next start."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOP_S)

    def create(self, wanted: Mapping[str, Any] | Upload, *, expires_s: int | None = None) -> Job:
        """Return a new job, which is looked at now. Raises TooManyJobs, CorpusUnwritable."""
        settings = self._runtime.settings
        limit_s = min(expires_s or settings.job_expires_s, settings.job_expires_s)
        job = self.folder.create(wanted, expires_s=limit_s, most=settings.max_jobs)
        self._wake.set()
        return job

    def cancel(self, job_id: str) -> Job:
        """Ask for a job to be stopped, and return it. Raises UnknownJob."""
        job = self.folder.cancel(job_id)
        self._wake.set()
        return job

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._go_through()
            except OSError as fault:
                # A folder that cannot be read now may be readable at the next poll: nobody else does these jobs.
                log.warning("jobs_not_seen", message=str(fault))
            self._wake.wait(POLL_S)
            self._wake.clear()

    def _go_through(self) -> None:
        for job in self.folder.all():
            if not job.ended and not self._stop.is_set():
                self._attempt(job.job_id)
        self.folder.sweep(keep_s=self._runtime.settings.job_keep_s)

    def _attempt(self, job_id: str) -> None:
        """Go on with a job unless another process does. A fault ends it; a full disk only puts it off."""
        with self.folder.held(job_id) as held:
            if not held:
                return
            try:
                job = self.folder.one(job_id)
                if not job.ended:
                    self._log(self._worked(job))
            except (*FAULTS, *MACHINE) as fault:
                # The job is gone, or its state cannot be written: at the next poll it is looked at again.
                log.warning("job_put_off", job_id=job_id, type=outcome_of(fault).type, message=str(plain(fault)))

    def _worked(self, job: Job) -> Job:
        try:
            return work(self._runtime, self.folder, job, stopping=self._stop.is_set)
        except OSError:
            raise
        except Exception as error:
            fault = plain(error)
            if isinstance(fault, NoFiles):
                raise fault from error  # the requests that have them open will be over
            if isinstance(fault, FAULTS):
                return fail(self.folder, job, str(fault))
            log.error("job_internal_error", job_id=job.job_id, kind=type(error).__qualname__)
            return fail(self.folder, job, INTERNAL)

    def _log(self, job: Job) -> None:
        counts = job.counts
        log.info("job", job_id=job.job_id, status=job.status, completed=counts.completed, failed=counts.failed)
