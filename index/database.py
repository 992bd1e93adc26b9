"""SQLite itself: a file opened, its faults told, one file copied into another. The only file that knows sqlite3."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from index.errors import CorpusBusy, CorpusDamaged, CorpusUnwritable, IndexFault, UnknownDocument

BUSY_S = 10.0
LONGEST_ID = 80
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite may put beside a file. One that is left there is taken for the file's own, whichever file that is."""

Connection = sqlite3.Connection


def connected(path: Path) -> Connection:
    """Return a connection for reading and writing; a file that is missing is made. Raises CorpusDamaged, IndexFault.

    In a folder that may not be written to, the file is only read, and each attempt to write raises CorpusUnwritable.
    """
    if path.exists() and not os.access(path.parent, os.W_OK):
        return _connected_for_reading(path)
    with translated(path), contextlib.ExitStack() as opening:
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        opening.callback(connection.close)
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: what was reported as added must survive a power cut, not only a kill. One fsync a document.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        opening.pop_all()
    return connection


def _connected_for_reading(path: Path) -> Connection:
    wal = path.with_name(path.name + BESIDE[0])
    if wal.exists() and wal.stat().st_size:
        raise CorpusUnwritable(
            f"{path.parent} may not be written to, and {wal.name} there holds writes that are not in {path.name} yet; "
            "open the corpus once where it may be written to"
        )
    # Immutable: SQLite would else want to make files beside it, even to read.
    with translated(path):
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


@contextlib.contextmanager
def read_only(path: Path) -> Iterator[Connection]:
    """Yield a connection that only reads a file that is there. Raises CorpusDamaged, IndexFault."""
    with translated(path), contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
        yield file


def copy_whole(source: Connection, target: Connection) -> None:
    """Make the target hold what the source holds, in one transaction: other readers see one content or the other."""
    source.backup(target)


def shrink(connection: Connection) -> None:
    """Write a file anew where a tenth of it holds nothing any more, which takes as much room again meanwhile."""
    free, pages = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_count"))
    if free * 10 <= pages:
        return
    connection.execute("VACUUM")
    # Else the new file stays beside the old one for as long as somebody has it open.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def make_single(path: Path) -> None:
    """Put all that lies beside a file into it, so that it can be carried away and read where nothing may be written."""
    with translated(path), contextlib.closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = DELETE")


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into a fault of ours that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if not hasattr(error, "sqlite_errorcode"):
            # Python's own, which quotes what it could not decode.
            raise _damaged(path, "a text in it is no text") from None
        code = error.sqlite_errorcode & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise CorpusBusy(f"{path} is being written by another process; try again when it is done") from error
        advice = "check the permissions of the folder and the space on its disk"
        if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL}:
            raise CorpusUnwritable(f"{path} cannot be written to ({error}); {advice}") from error
        raise IndexFault(f"{path}: {error}; {advice}") from _of_the_system(path) or error
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise  # a mistake of the caller's, not of the file
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error
    except UnicodeEncodeError as error:
        # Half a character, as bytes on a command line that are no UTF-8 give. All that is stored is rid of them, so
        # that it can only be an id that is asked for.
        raise UnknownDocument(f"the corpus holds no document {error.object[:LONGEST_ID]!r}") from error


def _of_the_system(path: Path) -> OSError | None:
    """Return what the system says to opening a file, which SQLite keeps to itself; None where it can be opened."""
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        return error
    return None


def _damaged(path: Path, why: object) -> CorpusDamaged:
    return CorpusDamaged(f"{path} is damaged ({why}); restore a backup: 'liuwei index restore FILE'")
