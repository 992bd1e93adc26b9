"""What the machine runs out of, told as that: memory, threads or open files, whichever file or model it struck.

Every library has its own words for it, and where one strikes while something is read, that seems damaged.
"""

import errno
import re

from service.errors import FAULTS, NoFiles, NoMemory

_MEMORY = {errno.ENOMEM, errno.EAGAIN}
_FILES = {errno.EMFILE, errno.ENFILE}
# onnxruntime, FAISS, the loader of shared libraries, Rust, and Python where no thread can be started.
_WORDS = re.compile(
    "bad_alloc|bad allocation|ailed to allocate memory|annot allocate memory|ot enough memory|can't start new thread"
)


def plain(error: BaseException) -> BaseException:
    """Return NoMemory or NoFiles where an error, or what it was raised from, is a shortage of these; else the error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, NoMemory | NoFiles):
            return cause
        if isinstance(cause, OSError) and cause.errno in _FILES:
            return NoFiles("too many files and connections are open; raise the limit (ulimit -n) or ask less at once")
        if _is_of_memory(cause):
            return NoMemory(
                "not enough memory; end other programs or raise the limit (ulimit -v and -u, or the container's)"
            )
        cause = cause.__cause__
    return error


def _is_of_memory(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _MEMORY
    return isinstance(error, MemoryError) or not isinstance(error, FAULTS) and bool(_WORDS.search(str(error)))
