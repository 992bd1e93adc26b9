"""The heads that were trained on this machine: numbered folders and a small file that names the one in use.

A new head is written into its own folder first; replacing `CURRENT` is the switch, so that a process killed at any
moment leaves either the old head in use or the new one, whole. Its first line is the head in use, the lines below are
those that were before, newest first, for going back. A folder that the user names has no such file: there the older
head is put aside for a moment, and taken from there while the named folder is missing.
"""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from models.errors import ModelDamaged

CURRENT = "CURRENT"
BUNDLED_NAME = "bundled"
REMEMBERED = 50
_OWN_NAME = re.compile(r"v[0-9]{4,}")


def current_head(folder: Path) -> Path | None:
    """Return the folder of the head in use, None where that is the bundled one."""
    name = head_history(folder)[0]
    return None if name == BUNDLED_NAME else folder / name


def head_history(folder: Path) -> tuple[str, ...]:
    """Return the names of the head in use and of those before it, newest first; the bundled one ends them all.

    Raises ModelDamaged where the file says nothing, or no names of heads: nobody can tell which was in use.
    """
    file = folder / CURRENT
    try:
        names = file.read_bytes().decode("utf-8", "replace").split()
    except (FileNotFoundError, NotADirectoryError):
        return (BUNDLED_NAME,)
    if not names or not all(name == BUNDLED_NAME or _OWN_NAME.fullmatch(name) for name in names):
        raise ModelDamaged(
            f"{file} is damaged, which names the head in use; choose one with 'liuwei heads use NAME' "
            "('liuwei heads list' shows all there are)"
        )
    return tuple(names) if names and names[-1] == BUNDLED_NAME else (*names, BUNDLED_NAME)


def history_left(folder: Path) -> tuple[str, ...]:
    """Return what `head_history` does, and nothing where it is damaged: to put a head in use is to mend it."""
    try:
        return head_history(folder)
    except ModelDamaged:
        return ()


def head_names(folder: Path) -> tuple[str, ...]:
    """Return the names of all heads that may be put in use, the bundled one first, then by age."""
    return (BUNDLED_NAME, *sorted(path.name for path in folder.glob("v[0-9]*") if path.is_dir()))


def next_head(folder: Path) -> Path:
    """Return the folder, not made yet, for the next head: `v0001`, then `v0002` and so on."""
    numbers = [int(path.name[1:]) for path in folder.glob("v[0-9]*") if path.name[1:].isdigit()]
    return folder / f"v{max(numbers, default=0) + 1:04d}"


def switch_head(head: Path) -> None:
    """Put the head, a finished folder from `next_head`, into use. The caller lets nobody else switch meanwhile."""
    write_history(head.parent, (head.name, *history_left(head.parent)))


def write_history(folder: Path, names: Sequence[str]) -> None:
    """Make the first of the names the head in use, and the others those to go back to, in one step."""
    aside = folder / f"{CURRENT}.tmp"
    with aside.open("w", encoding="utf-8") as file:
        file.write("".join(f"{name}\n" for name in names[:REMEMBERED]))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / CURRENT)


def replace_head(new: Path, folder: Path) -> None:
    """Put the finished folder `new` in place of an older head, if there is one; `new` must lie on the same disk."""
    aside = _aside(folder)
    if folder.exists():
        # Only now: while the folder is missing, what lies aside is the one whole head.
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
    new.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)


def whole_head(folder: Path) -> Path:
    """Return the folder; where it is missing, the one that `replace_head` had put aside when it was killed, if any."""
    aside = _aside(folder)
    return aside if not folder.exists() and aside.is_dir() else folder


def _aside(folder: Path) -> Path:
    """Return a hidden folder beside, of a name that can hardly be the user's own."""
    return folder.with_name(f".{folder.name}.liuwei-old")
