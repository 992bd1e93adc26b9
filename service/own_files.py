"""What the program itself keeps in a data directory: no reports, though a folder that is read may hold them."""

from pathlib import Path

from index.corpus import INDEXES_NAME, STORE_NAME
from index.corpus import LOCK_NAME as CORPUS_LOCK
from service import heads, jobs, keys

NAMES = (
    *(STORE_NAME, f"{STORE_NAME}-wal", f"{STORE_NAME}-shm", CORPUS_LOCK, INDEXES_NAME),
    *(heads.HEADS_FOLDER, heads.LOCK_NAME, jobs.JOBS_FOLDER, keys.FILE_NAME, keys.LOCK_NAME),
)


def own_files(data_dir: Path) -> frozenset[Path]:
    """Return the files and folders, resolved, whether they are there or not."""
    return frozenset(data_dir.resolve() / name for name in NAMES)
