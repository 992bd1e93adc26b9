"""What is written aside and then put in place: a new head, one training at a time, and small files."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from index.folders import make_lasting
from index.lock import WriteLock

LOCK_NAME = "lock"
FRESH_NAME = "head"


@contextlib.contextmanager
def staged(place: Path) -> Iterator[Path]:
    """Yield the name of a folder to make, write and move away; what a killed training left of its own is cleared.

    It lies in a hidden folder beside `place`, locked from begin to end: two trainings would choose the same number for
    their heads, or each clear away what the other writes. Raises CorpusBusy at once while another holds it.
    """
    around = place.with_name(f".{place.name}.liuwei-new")
    around.mkdir(parents=True, exist_ok=True)
    try:
        with WriteLock(around / LOCK_NAME, wait_s=0).held():
            yield from _cleared(around)
    finally:
        with contextlib.suppress(OSError):
            # One that another training holds is not empty, and stays.
            around.rmdir()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file aside, force it to the disk and put it in place, where it is after a power cut too."""
    aside = path.with_name(f"{path.name}.new")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    make_lasting(path.parent)


def copy_folder(source: Path, target: Path, *, copy: Callable[[Path, Path], object] = shutil.copy2) -> None:
    """Copy the files below a folder. Raises the OSError of the first that cannot be; shutil would list them all."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            copy(path, place)


def _cleared(around: Path) -> Iterator[Path]:
    fresh = around / FRESH_NAME
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        with contextlib.suppress(OSError):
            # Under the lock, since later it might be another's; a system that keeps open files leaves it here.
            (around / LOCK_NAME).unlink()
