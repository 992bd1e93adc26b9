"""From the paths that a user names to single documents: folders, zip archives and JSON Lines are opened up."""

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from index.errors import UnreadableDocument
from index.readers import MOST_BYTES, parse_document, parse_records, read_bytes, read_document, suffix_of
from index.records import Document

MOST_ENTRIES = 10_000
MOST_ARCHIVE_BYTES = 500 * 1024 * 1024
MOST_EXPANDED_BYTES = 1024 * 1024 * 1024
MOST_RATIO = 200
_RATIO_COUNTS_FROM = 16 * 1024 * 1024
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    UnicodeError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One document to be. `name` says where it lies: a path, `archive.zip/entry`, `records.jsonl:3`."""

    name: str
    load: Callable[[], Document]


def expand(paths: Sequence[Path], *, max_bytes: int = MOST_BYTES) -> Iterator[Source]:
    """Yield the documents under files, folders, zip archives and .jsonl files, in the order given, each sorted.

    Nothing is raised here: `load` raises UnreadableDocument for what cannot be read, so that the rest goes on. Hidden
    files, Word's `~$` lock files and `__MACOSX` are left out.
    """
    for path in paths:
        if _is_folder(path):
            yield from _folder(path, max_bytes)
        else:
            yield from _file(path, max_bytes)


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is none of the user's: hidden, a lock file, system litter."""
    return name.startswith((".", "~$", "__MACOSX")) or name.lower() in {"thumbs.db", "desktop.ini"}


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        # A name that the system refuses: opening it as a file says why.
        return False


def _folder(folder: Path, max_bytes: int) -> Iterator[Source]:
    failures: list[OSError] = []
    for root, folders, files in os.walk(folder, onerror=failures.append):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in sorted(files):
            if not is_hidden(name):
                yield from _file(Path(root) / name, max_bytes)
    for failure in failures:
        yield _failing(str(failure.filename), f"cannot be opened ({failure.strerror}); check its permissions")


def _file(path: Path, max_bytes: int) -> Iterator[Source]:
    suffix = suffix_of(path.name)
    if suffix not in {".zip", ".jsonl"}:
        yield Source(name=str(path), load=partial(read_document, path, max_bytes=max_bytes))
        return
    try:
        data = read_bytes(path, max_bytes=MOST_ARCHIVE_BYTES)
        inside = _archive(path.name, data, max_bytes) if suffix == ".zip" else _records(path.name, data)
        for source in inside:
            yield replace(source, name=str(path.parent / source.name))
    except UnreadableDocument as error:
        yield Source(name=str(path), load=partial(_raise, error))


def _records(name: str, data: bytes) -> Iterator[Source]:
    for line_name, load in parse_records(name, data):
        yield Source(name=line_name, load=load)


def _archive(name: str, data: bytes, max_bytes: int) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [(entry, entry_name(entry)) for entry in archive.infolist() if not entry.is_dir()]
            entries = [(entry, path) for entry, path in entries if not any(map(is_hidden, PurePosixPath(path).parts))]
            _refuse_bomb(name, [entry for entry, _ in entries])
            for entry, path in sorted(entries, key=lambda pair: pair[1]):
                yield from _entry(archive, entry, f"{name}/{path}", max_bytes)
    except _BROKEN as error:
        raise UnreadableDocument(f"{name}: not a sound zip archive; pack it again") from error


def entry_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of an archive entry; without the UTF-8 flag Chinese Windows writes names in GBK."""
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        raw = name.encode("cp437", errors="replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/").lstrip("/")


def _refuse_bomb(name: str, entries: Sequence[zipfile.ZipInfo]) -> None:
    expanded = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > MOST_ENTRIES:
        raise UnreadableDocument(f"{name}: {len(entries):,} files in it, more than {MOST_ENTRIES:,}; split it")
    ratio_bomb = expanded > _RATIO_COUNTS_FROM and expanded > MOST_RATIO * packed
    if expanded > MOST_EXPANDED_BYTES or ratio_bomb:
        raise UnreadableDocument(
            f"{name}: {packed:,} bytes unpack to {expanded:,}, like a zip bomb; unpack it yourself if you trust it"
        )


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, max_bytes: int) -> Iterator[Source]:
    """Yield what one archive entry holds; its bytes are read only now, and never more than the limit."""
    suffix = suffix_of(name)
    if suffix == ".zip":
        yield _failing(name, "an archive inside an archive; unpack the outer one")
        return
    if entry.flag_bits & _ENCRYPTED:
        yield _failing(name, "protected by a password; pack the archive again without one")
        return
    try:
        with archive.open(entry) as stream:
            # The size in the header may lie.
            data = stream.read(max_bytes + 1)
        if suffix == ".jsonl" and len(data) <= max_bytes:
            yield from _records(name, data)
            return
    except UnreadableDocument as error:
        yield Source(name=name, load=partial(_raise, error))
        return
    except _BROKEN:
        yield _failing(name, "damaged inside the archive; pack it again")
        return
    yield Source(name=name, load=partial(parse_document, name, data, max_bytes=max_bytes))


def _failing(name: str, why: str) -> Source:
    return Source(name=name, load=partial(_raise, UnreadableDocument(f"{name}: {why}")))


def _raise(error: UnreadableDocument) -> Document:
    raise error
