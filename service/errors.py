"""The faults of this package, and the one table that says what any fault means outside: HTTP status and exit code.

ServiceFault
├── BadSetting     a flag or variable is unknown or has a wrong value
├── BadRequest     a request names something that does not exist, or leaves something out
├── BadOutput      the file to write to cannot be used
├── UnknownJob     no job has this id
├── JobNotDone     the result of a job is asked for before it ended
├── TooManyJobs    as many jobs wait already as may
├── OutputBusy     another run is writing to the file
├── PortTaken      the port to listen on is not free
├── NoKeys         the address can be reached from other machines, and there is no API key
├── KeysDamaged    the file of the API keys cannot be read
├── UnknownKey     no API key has that id
├── MissingKey     a request shows no API key
│   └── WrongKey   a request shows a key that is unknown or revoked
├── Forbidden      the role of the key is not enough
├── ForeignRequest a page of another origin asks a service that asks for no key
├── Overloaded     as many requests as are taken in at once are there already
├── NoMemory       the system gives this process no more memory or threads
└── NoFiles        the system lets this process open no more files and connections

Exit codes: 1 an input failed, 2 wrong usage, 3 the environment (data directory, model, port) is not as it must be.
"""

import traceback
from dataclasses import dataclass

from index import errors as index_errors
from models import errors as model_errors

DEEPEST = 12


class ServiceFault(Exception):
    """Base of every fault of this package."""


class BadSetting(ServiceFault):
    """A flag or an environment variable is unknown or has a wrong value."""


class BadRequest(ServiceFault):
    """A request names something that does not exist, or leaves something out. `param` says where."""

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class BadOutput(ServiceFault):
    """The file to write to cannot be used: unknown kind, no such folder, or somebody else's content."""


class OutputBusy(ServiceFault):
    """Another run is writing to the same file."""


class UnknownJob(ServiceFault):
    """No job has the given id: there never was one, or it was removed after the time that results are kept."""


class JobNotDone(ServiceFault):
    """The result of a job is asked for before the job has ended."""


class TooManyJobs(ServiceFault):
    """As many jobs wait or run already as the settings allow."""

    # Nobody knows how long a job takes; a minute is the longest that OpenAI's clients wait.
    headers = {"Retry-After": "60"}


class PortTaken(ServiceFault):
    """The port to listen on is taken, or may not be used by this user."""


class NoKeys(ServiceFault):
    """The service would listen where other machines reach it, and there is no API key that it could ask for."""


class KeysDamaged(ServiceFault):
    """The file of the API keys cannot be read; nobody is let in."""


class UnknownKey(ServiceFault):
    """No API key has that id."""


class MissingKey(ServiceFault):
    """A request shows no API key, or not as `Authorization: Bearer`."""

    headers = {"WWW-Authenticate": "Bearer"}


class WrongKey(MissingKey):
    """A request shows a key that is unknown or was revoked."""


class Forbidden(ServiceFault):
    """The role of the key is not enough for what is asked."""


class ForeignRequest(ServiceFault):
    """While no key is asked for, a page of another origin asks, or the machine is called by a name not its own."""


class Overloaded(ServiceFault):
    """As many requests as are taken in at once are there already."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(retry_after_s)}


class NoMemory(ServiceFault):
    """The system gives this process no more memory or threads."""


class NoFiles(ServiceFault):
    """The system lets this process open no more files and connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a fault means to the world: the HTTP status, the exit code, and the word in the error body."""

    status: int
    exit_code: int
    type: str


OUTCOMES: dict[type[BaseException], Outcome] = {
    BadSetting: Outcome(status=500, exit_code=2, type="bad_setting"),
    BadRequest: Outcome(status=422, exit_code=2, type="invalid_request"),
    BadOutput: Outcome(status=422, exit_code=2, type="bad_output"),
    OutputBusy: Outcome(status=503, exit_code=3, type="output_busy"),
    UnknownJob: Outcome(status=404, exit_code=1, type="unknown_job"),
    JobNotDone: Outcome(status=409, exit_code=1, type="job_not_done"),
    TooManyJobs: Outcome(status=429, exit_code=3, type="too_many_jobs"),
    PortTaken: Outcome(status=500, exit_code=3, type="port_taken"),
    NoKeys: Outcome(status=500, exit_code=3, type="no_keys"),
    KeysDamaged: Outcome(status=503, exit_code=3, type="keys_damaged"),
    UnknownKey: Outcome(status=404, exit_code=1, type="unknown_key"),
    MissingKey: Outcome(status=401, exit_code=3, type="missing_key"),
    WrongKey: Outcome(status=401, exit_code=3, type="wrong_key"),
    Forbidden: Outcome(status=403, exit_code=3, type="forbidden"),
    ForeignRequest: Outcome(status=403, exit_code=3, type="foreign_request"),
    Overloaded: Outcome(status=429, exit_code=3, type="overloaded"),
    NoMemory: Outcome(status=503, exit_code=3, type="out_of_memory"),
    NoFiles: Outcome(status=503, exit_code=3, type="out_of_files"),
    index_errors.UnreadableDocument: Outcome(status=422, exit_code=1, type="unreadable_document"),
    index_errors.NoCorpus: Outcome(status=503, exit_code=3, type="no_corpus"),
    index_errors.CorpusBusy: Outcome(status=503, exit_code=3, type="corpus_busy"),
    index_errors.CorpusUnwritable: Outcome(status=503, exit_code=3, type="corpus_unwritable"),
    index_errors.CorpusNotEmpty: Outcome(status=422, exit_code=2, type="corpus_not_empty"),
    index_errors.BadBackup: Outcome(status=422, exit_code=1, type="bad_backup"),
    index_errors.BadBackupPlace: Outcome(status=422, exit_code=2, type="bad_backup_place"),
    index_errors.CorpusDamaged: Outcome(status=500, exit_code=3, type="corpus_damaged"),
    index_errors.EmbedderMismatch: Outcome(status=503, exit_code=3, type="embedder_mismatch"),
    index_errors.UnknownDocument: Outcome(status=404, exit_code=1, type="unknown_document"),
    index_errors.UnknownSentence: Outcome(status=404, exit_code=1, type="unknown_sentence"),
    index_errors.UnknownFeedback: Outcome(status=404, exit_code=1, type="unknown_feedback"),
    model_errors.ModelDamaged: Outcome(status=503, exit_code=3, type="model_damaged"),
    model_errors.ModelUnavailable: Outcome(status=503, exit_code=3, type="model_unavailable"),
    model_errors.EncoderMismatch: Outcome(status=503, exit_code=3, type="encoder_mismatch"),
    model_errors.BadTaxonomy: Outcome(status=422, exit_code=1, type="bad_taxonomy"),
    model_errors.BadExamples: Outcome(status=422, exit_code=1, type="bad_examples"),
    model_errors.BadText: Outcome(status=422, exit_code=1, type="bad_text"),
}
FAULTS = (ServiceFault, index_errors.IndexFault, model_errors.ModelFault)
MACHINE = (OSError, MemoryError)
"""What the machine raises: a disk that is full, a folder that may not be written to, memory that is not there."""


def outcome(fault: BaseException) -> Outcome:
    """Return what the fault means, by its class or the nearest parent in the table. Raises KeyError for a stranger."""
    return OUTCOMES[next((kind for kind in type(fault).__mro__ if kind in OUTCOMES), type(fault))]


def places(error: BaseException) -> list[str]:
    """Return where an exception passed last, innermost last, without any text of it: that may quote a report."""
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-DEEPEST:]
    ]
