"""From the paths that a user names to single documents: folders, zip archives and JSON Lines are opened up."""

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from index.errors import UnreadableDocument
from index.folders import resolved
from index.readers import (
    MOST_BYTES,
    parse_document,
    parse_records,
    read_bytes,
    read_document,
    readable_name,
    suffix_of,
)
from index.records import Document
from index.word import is_bomb

MOST_ENTRIES = 10_000
MOST_ARCHIVE_BYTES = 500 * 1024 * 1024
MOST_EXPANDED_BYTES = 1024 * 1024 * 1024
DEEPEST = 3
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
# What zipfile raises on damaged archives; caught around its calls alone, as our own faults are ValueErrors too.
_BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One document to be. `name` says where it lies: a path, `archive.zip/entry`, `records.jsonl:3`."""

    name: str
    load: Callable[[], Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """What a file is called: in messages as the user named it, in documents by its way below the folder given."""

    shown: str
    source: str

    def entry(self, path: str) -> "_Names":
        """Return the names of an entry of this archive."""
        path = readable_name(path)
        return _Names(shown=f"{self.shown}/{path}", source=f"{self.source}/{path}")


@dataclass(slots=True, kw_only=True)
class _Allowance:
    """What may still be unpacked of one archive and of those inside it."""

    files: int
    unpacked: int
    depth: int = 1


def expand(
    paths: Sequence[Path], *, max_bytes: int = MOST_BYTES, without: Collection[Path] = (), within: Path | None = None
) -> Iterator[Source]:
    """Yield the documents under files, folders, zip archives and .jsonl files, in the order given, each sorted.

    The source of a document below a folder is its way from there, `2023/甲.txt`. Nothing is raised here: `load` raises
    UnreadableDocument for what cannot be read, so that the rest goes on. Hidden files, lock and temporary files of
    Word, `__MACOSX` and the files and folders `without` (resolved) are left out. Names and messages tell nothing of
    the folder `within` which the paths lie.
    """
    for path, found in _files(paths, without):
        shown = readable_name(str(path.relative_to(within) if within else path))
        if isinstance(found, OSError):
            yield _failing(shown, f"cannot be opened ({found.strerror}); check its permissions")
        elif not without or resolved(path) not in without:
            yield from _file(path, _Names(shown=shown, source=readable_name(found)), max_bytes)


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is none of the user's: hidden, a lock or temporary file, litter."""
    small = name.lower()
    litter = small in {"thumbs.db", "desktop.ini"} or small.endswith(".tmp")
    return litter or name.startswith((".", "~$", "~WR", "__MACOSX"))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        # A name that the system refuses: opening it as a file says why.
        return False


def _files(paths: Sequence[Path], without: Collection[Path]) -> Iterator[tuple[Path, str | OSError]]:
    """Yield each file with its source, and each folder that cannot be opened with the reason."""
    for path in paths:
        if _is_folder(path):
            yield from _folder(path, without)
        else:
            yield path, path.name


def _folder(folder: Path, without: Collection[Path]) -> Iterator[tuple[Path, str | OSError]]:
    failures: list[OSError] = []
    for root, folders, files in os.walk(folder, onerror=failures.append):
        folders[:] = sorted(
            name for name in folders if not is_hidden(name) and resolved(Path(root) / name) not in without
        )
        for name in sorted(files):
            if not is_hidden(name):
                path = Path(root) / name
                yield path, path.relative_to(folder).as_posix()
    for failure in failures:
        yield Path(failure.filename), failure


def _file(path: Path, names: _Names, max_bytes: int) -> Iterator[Source]:
    suffix = suffix_of(path.name)
    if suffix not in {".zip", ".jsonl"}:
        load = partial(read_document, path, name=names.shown, source=names.source, max_bytes=max_bytes)
        yield Source(name=names.shown, load=load)
        return
    try:
        if suffix == ".zip":
            allowance = _Allowance(files=MOST_ENTRIES, unpacked=MOST_EXPANDED_BYTES)
            yield from _archive(
                names, read_bytes(path, name=names.shown, max_bytes=MOST_ARCHIVE_BYTES), max_bytes, allowance
            )
        else:
            yield from _records(names, read_bytes(path, name=names.shown, max_bytes=max_bytes), max_bytes)
    except UnreadableDocument as error:
        yield Source(name=names.shown, load=partial(_raise, error))


def _records(names: _Names, data: bytes, max_bytes: int) -> Iterator[Source]:
    records = parse_records(names.shown, data, source=names.source, max_bytes=max_bytes)
    empty = True
    for line_name, load in records:
        empty = False
        yield Source(name=line_name, load=load)
    if empty:
        raise UnreadableDocument(f"{names.shown}: only blank lines in it; check that it is the right file")


def _archive(names: _Names, data: bytes, max_bytes: int, allowance: _Allowance) -> Iterator[Source]:
    archive = _opened(names.shown, data)
    entries = [(entry, entry_name(entry)) for entry in archive.infolist() if not entry.is_dir()]
    entries = [(entry, path) for entry, path in entries if not any(map(is_hidden, PurePosixPath(path).parts))]
    if not entries:
        raise UnreadableDocument(f"{names.shown}: no files in it; check that it is the right archive")
    _refuse_bomb(names.shown, [entry for entry, _ in entries], allowance)
    for entry, path in sorted(entries, key=lambda pair: pair[1]):
        yield from _entry(archive, entry, names.entry(path), max_bytes, allowance)


def _opened(name: str, data: bytes) -> zipfile.ZipFile:
    """Return the archive, which is never closed: it holds memory alone, and entries are read when they are loaded."""
    try:
        return zipfile.ZipFile(io.BytesIO(data))
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


def _refuse_bomb(name: str, entries: Sequence[zipfile.ZipInfo], allowance: _Allowance) -> None:
    """Take the entries off the allowance. Raises UnreadableDocument where they are more than is left."""
    expanded = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > allowance.files:
        raise UnreadableDocument(
            f"{name}: {len(entries):,} files in it, more than the {allowance.files:,} that may still be read; split it"
        )
    if expanded > allowance.unpacked or is_bomb(entries):
        raise UnreadableDocument(
            f"{name}: {packed:,} bytes unpack to {expanded:,}, like a zip bomb; unpack it yourself if you trust it"
        )
    allowance.files -= len(entries)
    allowance.unpacked -= expanded


def _entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, names: _Names, max_bytes: int, allowance: _Allowance
) -> Iterator[Source]:
    """Yield what one archive entry holds. A document is unpacked when it is loaded: most callers only count first."""
    content = partial(_content, archive, entry, names.shown, max_bytes)
    suffix = suffix_of(names.shown)
    try:
        if suffix == ".zip":
            yield from _inner_archive(names, content(), max_bytes, allowance)
        elif suffix == ".jsonl":
            yield from _records(names, content(), max_bytes)
        else:
            yield Source(name=names.shown, load=partial(_document, content, names, max_bytes))
    except UnreadableDocument as error:
        yield Source(name=names.shown, load=partial(_raise, error))


def _document(content: Callable[[], bytes], names: _Names, max_bytes: int) -> Document:
    return parse_document(names.shown, content(), source=names.source, max_bytes=max_bytes)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, max_bytes: int) -> bytes:
    """Return the bytes of an entry. Raises UnreadableDocument where they are locked, damaged or more than the limit."""
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadableDocument(f"{name}: protected by a password; pack the archive again without one")
    try:
        with archive.open(entry) as stream:
            # The size in the header may lie.
            data = stream.read(max_bytes + 1)
    except _BROKEN as error:
        raise UnreadableDocument(f"{name}: damaged inside the archive; pack it again") from error
    if len(data) > max_bytes:
        raise UnreadableDocument(f"{name}: larger than the limit of {max_bytes:,} bytes; split it")
    return data


def _inner_archive(names: _Names, data: bytes, max_bytes: int, allowance: _Allowance) -> Iterator[Source]:
    if allowance.depth == DEEPEST:
        raise UnreadableDocument(f"{names.shown}: an archive {DEEPEST} archives deep; unpack the outer ones")
    allowance.depth += 1
    try:
        yield from _archive(names, data, max_bytes, allowance)
    finally:
        allowance.depth -= 1


def _failing(name: str, why: str) -> Source:
    return Source(name=name, load=partial(_raise, UnreadableDocument(f"{name}: {why}")))


def _raise(error: UnreadableDocument) -> Document:
    raise error
