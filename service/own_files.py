"""What the program itself keeps in a data directory, and the reports that a user names, which are none of it."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from index.archives import Source, expand
from index.corpus import INDEXES_NAME, STORE_NAME
from index.corpus import LOCK_NAME as CORPUS_LOCK
from index.folders import resolved
from service import heads, jobs, keys
from service.settings import Settings

NAMES = (
    *(STORE_NAME, f"{STORE_NAME}-wal", f"{STORE_NAME}-shm", CORPUS_LOCK, INDEXES_NAME),
    *(heads.HEADS_FOLDER, heads.LOCK_NAME, jobs.JOBS_FOLDER, jobs.LOCK_NAME, keys.FILE_NAME, keys.LOCK_NAME),
)


def own_files(data_dir: Path) -> frozenset[Path]:
    """Return the files and folders, resolved, whether they are there or not."""
    return frozenset(resolved(data_dir) / name for name in NAMES)


def reports_of(paths: Sequence[Path], settings: Settings, *, without: Collection[Path] = ()) -> Iterator[Source]:
    """Yield the documents of files and folders as `expand` does, but none that lie among the program's own files."""
    left = {*without, *own_files(settings.data_dir)}
    return expand(paths, max_bytes=settings.max_upload_bytes, without=left)
