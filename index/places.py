"""The files and folders that saved indexes lie in: their names, what belongs to them, their size, how they go."""

import contextlib
import os
import secrets
import shutil
from pathlib import Path
from typing import Literal

from index.records import Moment

Kind = Literal["vectors", "lexical"]


def new_place(kind: Kind, moment: Moment) -> str:
    """Return a name for what is saved of an index at a moment."""
    # The random part keeps apart what two processes, or one that was stopped, began at the same moment.
    return f"{kind}-{moment.generation}-{secrets.token_hex(4)}"


def place_files(folder: Path, place: str) -> list[str]:
    """Return the files of a place that never change; tantivy rewrites its two lists and its locks."""
    names = (path.name for path in (folder / place).iterdir() if not path.name.startswith("."))
    return [f"{place}/{name}" for name in names if name != "meta.json"]


def bytes_below(folder: Path) -> int:
    """Return the bytes that the files below a folder hold; what goes meanwhile, or cannot be looked at, is left out."""
    # Unlike Path.rglob, os.walk goes on where a saved index is cleared while it looks.
    files = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return sum(map(_size, files))


def clear(path: Path) -> None:
    """Remove a file or folder; one that a reader keeps open on Windows stays until the next switch."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _size(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.stat().st_size
    return 0
