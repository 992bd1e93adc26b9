"""The corpus as one file: written while others work, checked before it replaces anything, put back under the lock.

Only the store is in it. The indexes follow by themselves: they know that they belong to another moment.
"""

import contextlib
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.corpus import LOCK_NAME, STORE_NAME
from index.database import BESIDE, connected, copy_whole, make_single, read_only
from index.errors import BadBackup, BadBackupPlace, CorpusBusy, CorpusDamaged, CorpusNotEmpty, IndexFault, NoCorpus
from index.folders import make_lasting, make_private, make_private_file, resolved
from index.lock import WAIT_S, WriteLock
from index.schema import MADE_WITH
from index.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds, and whose vectors. `labels` counts what people said of sentences.

    `set_aside` names the damaged store that it took the place of.
    """

    documents: int
    sentences: int
    labels: int
    encoder: str
    set_aside: Path | None = None


def back_up(folder: Path, file: Path) -> Backup:
    """Write all that the corpus of a folder holds into a file, whole or not at all, whoever writes to it meanwhile.

    Only its owner may read it. An older backup in its place is replaced, nothing else. Raises NoCorpus, CorpusDamaged,
    BadBackupPlace.
    """
    _refuse_place(file, folder / STORE_NAME)
    with contextlib.closing(Store.open(folder / STORE_NAME)) as store:
        with _scratch(file.with_name(f".{file.name}.liuwei-new")) as copy:
            make_private_file(copy)
            store.copy_into(copy)
            try:
                found = _examined(copy)
            except CorpusDamaged as error:
                raise CorpusDamaged(f"{folder / STORE_NAME} is damaged ({error}); {file} is left as it was") from error
            make_single(copy)
            copy.replace(file)
            make_lasting(file.parent)
    return found


def restore(folder: Path, file: Path, *, replace: bool = False, wait_s: float = WAIT_S) -> Backup:
    """Make the corpus of a folder, or a new one, hold what a backup holds; other processes see it at once and whole.

    A store that is too damaged to be written to is set aside. Raises BadBackup, CorpusBusy, CorpusUnwritable, and
    CorpusNotEmpty where reports would be lost, unless they are to be replaced. After any of these nothing has changed.
    """
    make_private(folder)
    with WriteLock(folder / LOCK_NAME, wait_s=wait_s).held():
        with _scratch(folder / f"{STORE_NAME}.restoring") as copy:
            found = _fetched(file, copy)
            if not replace:
                _refuse_loss(folder)
            with contextlib.closing(Store.open(copy)) as store:
                return dataclasses.replace(found, set_aside=_put_in_place(store, folder / STORE_NAME))


def _refuse_place(file: Path, place: Path) -> None:
    if not file.parent.is_dir():
        raise BadBackupPlace(f"{file}: there is no folder {file.parent}; make it first")
    if file.is_dir():
        raise BadBackupPlace(f"{file} is a folder; name a file in it")
    if resolved(file) == resolved(place):
        raise BadBackupPlace(f"{file} is the corpus itself; name another file")
    if file.exists() and file.stat().st_size and not _holds_store(file):
        raise BadBackupPlace(f"{file} holds something else than a backup; choose another name or remove it")


def _fetched(file: Path, copy: Path) -> Backup:
    """Copy a backup, so that it is only read, however it is examined and brought up to date."""
    try:
        with read_only(file) as source, contextlib.closing(connected(copy)) as target:
            copy_whole(source, target)
    except CorpusDamaged as error:
        raise BadBackup(f"{file} is no backup of a corpus: {error.__cause__ or error}") from error
    try:
        return _examined(copy)
    except CorpusBusy:
        raise
    except NoCorpus as error:
        raise BadBackup(f"{file} is no backup of a corpus: there is none in it") from error
    except IndexFault as error:
        reason = str(error.__cause__ or error).replace(str(copy), "it")
        raise BadBackup(f"{file} is no sound backup of a corpus: {reason}") from error


def _examined(copy: Path) -> Backup:
    """Return what a store holds, brought up to date. Raises CorpusDamaged where SQLite finds a fault in it."""
    with contextlib.closing(Store.open(copy)) as store:
        if faults := store.faults():
            raise CorpusDamaged(faults[0])
        documents, sentences = store.counts()
        labels = store.label_count()
        return Backup(documents=documents, sentences=sentences, labels=labels, encoder=store.encoder()[0])


def _refuse_loss(folder: Path) -> None:
    try:
        with contextlib.closing(Store.open(folder / STORE_NAME)) as store:
            documents, labels = store.counts()[0], store.label_count()
    except (NoCorpus, CorpusDamaged):
        return  # nothing that could be read is lost
    if documents or labels:
        raise CorpusNotEmpty(
            f"{folder} holds {documents} documents and {labels} labels by people, which the backup would replace; "
            "back them up first, then restore with --force"
        )


def _put_in_place(store: Store, place: Path) -> Path | None:
    """Copy into the store at a place; one that cannot be opened any more is renamed, and its new name returned."""
    try:
        store.copy_into(place)
    except CorpusDamaged:
        damaged = place.with_name(place.name + ".damaged")
        for name in (*BESIDE, ""):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{place}{name}").replace(f"{damaged}{name}")
        store.copy_into(place)
        return damaged
    return None


@contextlib.contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    """Yield a path at which nothing is, not even after one that was stopped, and at which nothing remains."""
    _clear(path)
    try:
        yield path
    finally:
        _clear(path)


def _clear(path: Path) -> None:
    for name in ("", *BESIDE):
        Path(f"{path}{name}").unlink(missing_ok=True)


def _holds_store(path: Path) -> bool:
    """Return whether a file is a store, without touching it."""
    try:
        with read_only(path) as file:
            return bool(file.execute(MADE_WITH).fetchall())
    except IndexFault:
        return False
