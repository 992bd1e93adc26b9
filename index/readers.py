"""From files to documents: one reader per suffix, every failure an UnreadableDocument that names the file.

A file has two names here: the one that a message gives, which is how the user named it, and the `source` that the
document keeps, which tells nothing of the folders of this machine.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from index.contents import without_contents
from index.encoding import decode
from index.errors import UnreadableDocument
from index.markdown import markdown_text
from index.mhtml import mhtml_text
from index.numbering import starts_numbered
from index.office_files import OFFICE_SUFFIXES, office_document
from index.paragraphs import BULLET
from index.pdf import pdf_text
from index.plain_texts import plain_text
from index.punctuation import FULL_STOPS
from index.readings import Reading, bounded, plain, settled
from index.records import Document
from index.sentences import refuse_endless
from index.text import document_id, has_letter, normalize
from index.webpages import page_text

MOST_BYTES = 20 * 1024 * 1024
LONGEST_TITLE = 40
METADATA_KEYS = ("unit", "author", "year")
# What may stand above a title: 附件2, a date, a bracketed note; and the head of an official letter: copy number, degree
# of secrecy, 某某局文件 in red, reference number with who signs.
_ABOVE_TITLE = re.compile(
    "附件.{0,6}|[（(].{0,30}[）)]|.{0,12}[0-9〇○一二三四五六七八九十]+[年月日号]"
    "|[0-9]{3,8}|(?:绝密|机密|秘密|特急|加急|急件|内部资料|内部文件).{0,12}|[^，。：]{2,30}文件"
    "|.{0,20}[〔［[（(【][0-9]{4}[〕］\\]）)】] ?第? ?[0-9]+ ?号(?: .{0,20})?"
)
_UNFINISHED = tuple(FULL_STOPS + "，,、；;：:…")
# Python's stand-ins for the bytes of a file name that are no UTF-8.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_FOREIGN = {
    ".ofd": "save it as .pdf or .docx",
    ".rar": "unpack it and add the folder",
    ".7z": "unpack it and add the folder",
}


def read_document(path: Path, *, name: str = "", source: str = "", max_bytes: int = MOST_BYTES) -> Document:
    """Return the document in a file of a kind that is read; its source is the file name where none is given.

    Raises UnreadableDocument, giving the name, or else the path.
    """
    name = name or readable_name(str(path))
    data = read_bytes(path, name=name, max_bytes=max_bytes)
    return parse_document(name, data, source=source or path.name, max_bytes=max_bytes)


def parse_document(name: str, data: bytes, *, source: str = "", max_bytes: int = MOST_BYTES) -> Document:
    """Return the document in the bytes of a file; the suffix of the name says how to read them.

    Its source is the name where none is given. A .jsonl must hold one line. Raises UnreadableDocument, giving the name.
    """
    suffix = suffix_of(name)
    if suffix == ".jsonl":
        records = list(parse_records(name, data, source=source, max_bytes=max_bytes))
        if len(records) != 1:
            raise UnreadableDocument(
                f"{name}: {len(records)} documents where one was wanted; add the file to the corpus"
            )
        return records[0][1]()
    reader = _READERS.get(suffix)
    if reader is None:
        raise _unknown_suffix(name, suffix)
    _check_size(name, len(data), max_bytes)
    reading = reader(name, data)
    if not any(has_letter(line.text) for line in reading.lines):
        raise UnreadableDocument(f"{name}: no text in it; check that it is the right file")
    return _document(reading, source=source or name, name=name)


def document_from_text(
    text: str, *, source: str, title: str = "", metadata: Mapping[str, str] | None = None, name: str = ""
) -> Document:
    """Return a document of a text that is at hand. An empty title is found in the text, else made of the source.

    Raises UnreadableDocument, giving the name, or else the source, where there is nothing but white space or a
    sentence without an end.
    """
    return _document(plain(text), source=source, title=title, metadata=metadata, name=name)


def parse_records(
    name: str, data: bytes, *, source: str = "", max_bytes: int = MOST_BYTES
) -> Iterator[tuple[str, Callable[[], Document]]]:
    """Yield for each line of a .jsonl its name (`file.jsonl:3`) and what reads it, or raises UnreadableDocument.

    A line that names no source has that of the file, or else its name, with the number of the line.
    """
    _check_size(name, len(data), max_bytes)
    for number, line in enumerate(decode(name, data).split("\n"), start=1):
        if line.strip():
            line_name = f"{name}:{number}"
            yield line_name, partial(_record, line_name, line, f"{source or name}:{number}")


def readable_name(name: str) -> str:
    """Return a file name that fits into UTF-8: bytes that do not, as old zips leave them, are read as GB18030.

    What is not GB18030 either becomes replacement characters, and so do characters that steer a terminal.
    """
    return "/".join(_readable_part(part) for part in name.split("/"))


def read_bytes(path: Path, *, name: str = "", max_bytes: int) -> bytes:
    """Return the content of a file. Raises UnreadableDocument where it is missing, a folder, too large or locked.

    The error gives the name, or else the path.
    """
    name = name or readable_name(str(path))
    try:
        if path.is_dir():
            raise UnreadableDocument(f"{name}: a folder; add it to the corpus or name a file in it")
        _check_size(name, path.stat().st_size, max_bytes)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableDocument(f"{name}: no such file; check the path") from error
    except OSError as error:
        raise UnreadableDocument(f"{name}: cannot be opened ({error.strerror}); check its permissions") from error
    except ValueError as error:
        raise UnreadableDocument(f"{name}: cannot be opened ({error}); check its name") from error


def suffix_of(name: str) -> str:
    """Return the suffix of a file name in small letters, "" for none."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def title_of(text: str) -> str:
    """Return the title at the top of a normalised text, "" where it begins without one."""
    for line in text.split("\n", 10)[:10]:
        words = " ".join(line.split())
        if not words or _ABOVE_TITLE.fullmatch(words):
            continue
        if not may_be_title(words):
            return ""
        return words
    return ""


def may_be_title(words: str) -> bool:
    """Return whether a line is short and neither the beginning of a sentence nor an entry of a list."""
    return not (
        len(words) > LONGEST_TITLE
        or words.endswith(_UNFINISHED)
        or starts_numbered(words)
        or BULLET.match(words) is not None
    )


def _document(
    reading: Reading, *, source: str, title: str = "", metadata: Mapping[str, str] | None = None, name: str = ""
) -> Document:
    source = readable_name(source)
    found = settled(without_contents(list(bounded(name or source, reading.lines))))
    if not has_letter(found.text):
        raise UnreadableDocument(f"{name or source}: no word in it; wanted is the text of a report")
    refuse_endless(found.text, name=name or source)
    heading = " ".join(normalize(title).split())
    return Document(
        document_id=document_id(found.text),
        title=heading or _formatted_title(reading) or title_of(found.text) or PurePosixPath(source).stem,
        source=source,
        text=found.text,
        metadata=dict(metadata or {}),
        headings=found.headings,
        cells=found.cells,
        notes=reading.notes,
    )


def _formatted_title(reading: Reading) -> str:
    words = " ".join(normalize(reading.title).split())
    return words if may_be_title(words) else ""


def _readable_part(part: str) -> str:
    # They would steer the terminal that shows the name, or make a line of their own there.
    return _STEERING.sub("\ufffd", _fit_for_utf8(part))


def _fit_for_utf8(part: str) -> str:
    if not _HALF_CHARACTER.search(part):
        return part
    try:
        raw = os.fsencode(part)
    except UnicodeEncodeError:
        return _HALF_CHARACTER.sub("\ufffd", part)
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("utf-8", errors="replace")


def _check_size(name: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise UnreadableDocument(f"{name}: {size:,} bytes, more than the limit of {max_bytes:,}; split it")
    if size == 0:
        raise UnreadableDocument(f"{name}: empty, 0 bytes; check that it is the right file")


def _unknown_suffix(name: str, suffix: str) -> UnreadableDocument:
    known = f"{', '.join([*_READERS, '.jsonl'])}, or a .zip of them for the corpus, tag and jobs"
    if suffix == ".zip":
        doors = "unpack it, add it with 'liuwei index add', or send it to /v1/jobs/files to tag it"
        return UnreadableDocument(f"{name}: an archive of several files; {doors}")
    what = f"{suffix} files cannot be read" if suffix else "no suffix says what kind of file it is"
    return UnreadableDocument(f"{name}: {what}; {_FOREIGN.get(suffix, f'wanted is one of {known}')}")


def _record(name: str, line: str, source: str) -> Document:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadableDocument(f"{name}: no JSON ({error}); wanted is one object a line") from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise UnreadableDocument(f'{name}: no "text"; wanted is an object like {{"text": "…", "title": "…"}}')
    return document_from_text(
        row["text"],
        name=name,
        source=_word(name, row, "source") or source,
        title=_word(name, row, "title"),
        metadata=_metadata(name, row.get("metadata")),
    )


def _word(name: str, row: Mapping[str, Any], field: str) -> str:
    value = row.get(field) or ""
    if not isinstance(value, str):
        raise UnreadableDocument(f'{name}: "{field}" is {type(value).__name__}; wanted is text')
    return normalize(value)


def _metadata(name: str, value: object) -> dict[str, str]:
    """Return the known keys as text. Raises UnreadableDocument for another shape or an unknown key."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnreadableDocument(f'{name}: "metadata" is {type(value).__name__}; wanted is an object')
    unknown = sorted(set(value) - set(METADATA_KEYS))
    if unknown:
        raise UnreadableDocument(f'{name}: "metadata" has {", ".join(unknown)}; known are {", ".join(METADATA_KEYS)}')
    return {key: normalize(str(item)) for key, item in value.items() if item is not None}


_READERS: Mapping[str, Callable[[str, bytes], Reading]] = {
    ".txt": plain_text,
    ".text": plain_text,
    ".md": markdown_text,
    ".markdown": markdown_text,
    ".docx": office_document,
    ".pdf": pdf_text,
    ".html": page_text,
    ".htm": page_text,
    ".xhtml": page_text,
    ".mht": mhtml_text,
    ".mhtml": mhtml_text,
    **dict.fromkeys(OFFICE_SUFFIXES, office_document),
}
