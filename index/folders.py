"""Folders and files of reports, which no other user of the machine may read unless somebody allows it."""

import os
from pathlib import Path

OWNER_ONLY_FOLDER, OWNER_ONLY_FILE = 0o700, 0o600
_OTHERS_MAY_ENTER = 0o001


def make_private(folder: Path) -> None:
    """Make a folder, and those above it, where there is none; only its owner may enter. One that is there stays."""
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Make an empty file that only its owner may read. Raises FileExistsError, for a link too."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE))


def make_lasting(path: Path) -> None:
    """Force a file to the disk, or the names in a folder, so that a power cut takes nothing of it back."""
    if os.name != "posix" and path.is_dir():
        return  # no other system opens a folder
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def make_all_lasting(folder: Path) -> None:
    """Force a folder and all below it to the disk, and its own name."""
    for path in (*sorted(folder.rglob("*")), folder, folder.parent):
        make_lasting(path)


def resolved(path: Path) -> Path:
    """Return the path without links, or the path itself where the system refuses it or links lead round in a loop."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        # A name that is too long or holds a NUL; a loop is a RuntimeError until Python 3.13.
        return path


def open_to_others(folder: Path) -> bool:
    """Return whether any user of the machine may enter a folder, through all those above it."""
    real = folder.resolve()
    return os.name == "posix" and all(path.stat().st_mode & _OTHERS_MAY_ENTER for path in (real, *real.parents))
