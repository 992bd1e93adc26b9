"""Texts to classify, from arguments, a file or standard input, one at a time; a bad line does not stop the others."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import UnreadableDocument
from index.text import is_blank
from models.errors import BadText
from service import console
from service.errors import BadRequest
from service.runtime import TextInput
from service.text_limits import TextLimits

STANDARD_INPUT = "-"
FIELDS = ("text", "context")
_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """An input that cannot be classified, and why."""

    message: str


def text_inputs(arguments: Sequence[str], file: str, *, limits: TextLimits) -> Iterator[TextInput | BadLine]:
    """Yield the arguments, a `-` among them as the texts of standard input, then the texts of the file.

    A .txt has a text a line, empty lines are passed over. A .jsonl has a `text` and an optional `context` a line;
    standard input is taken as such when its first line begins with a brace. Raises BadRequest for a file that is
    missing or of another kind, and where standard input is named twice.
    """
    if [*arguments, file].count(STANDARD_INPUT) > 1:
        raise BadRequest("standard input (-) can only be read once")
    for number, argument in enumerate(arguments, 1):
        if argument == STANDARD_INPUT:
            yield from _of_file(argument, limits)
        else:
            yield _checked(argument, "", f"argument {number}", limits)
    if file:
        yield from _of_file(file, limits)


def standard_input() -> str:
    """Return all of standard input. Raises UnreadableDocument where it is no text."""
    from index.encoding import decode

    return decode("standard input", sys.stdin.buffer.read()) if not sys.stdin.isatty() else sys.stdin.read()


def _of_file(file: str, limits: TextLimits) -> Iterator[TextInput | BadLine]:
    try:
        lines, as_json = _lines(file)
    except UnreadableDocument as error:
        yield BadLine(message=str(error))
        return
    numbered = [(f"{file}:{number}", line) for number, line in enumerate(lines, 1) if not is_blank(line)]
    if not numbered:
        yield BadLine(message=f"{file} holds no text; check that it is the right file")
    yield from _records(numbered, limits) if as_json else _plain(numbered, limits)


def _lines(file: str) -> tuple[list[str], bool]:
    from index.encoding import decode

    if file == STANDARD_INPUT:
        text = standard_input()
        as_json = text.lstrip().startswith("{")
    else:
        path = Path(file)
        as_json = path.suffix.lower() == ".jsonl"
        text = decode(file, _content(path))
    # Only a line feed ends a line of JSON: other separators may stand inside its strings. In a .txt the characters that
    # str.splitlines takes for line ends beside these (U+2028, form feed) stand inside a text.
    return text.split("\n") if as_json else _LINE_END.split(text), as_json


def _content(path: Path) -> bytes:
    if path.suffix.lower() not in (".txt", ".jsonl"):
        raise BadRequest(f"--input {path}: the name must end with .txt or .jsonl, or be -")
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadRequest(f"--input {path} cannot be read: {error.strerror}") from error


def _plain(numbered: Iterable[tuple[str, str]], limits: TextLimits) -> Iterator[TextInput | BadLine]:
    for where, line in numbered:
        yield _checked(line.strip(), "", where, limits)


def _records(numbered: Iterable[tuple[str, str]], limits: TextLimits) -> Iterator[TextInput | BadLine]:
    told: set[str] = set()
    for where, line in numbered:
        row = _row(line, where)
        if isinstance(row, BadLine):
            yield row
            continue
        unused = sorted(set(row) - {*FIELDS, *told})
        if unused:
            console.say(f"{where}: {', '.join(f'`{name}`' for name in unused)} not used; known are `text`, `context`")
            told.update(unused)
        yield _checked(row["text"], row.get("context") or "", where, limits)


def _row(line: str, where: str) -> dict[str, Any] | BadLine:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return BadLine(message=f"{where} is no JSON: {error}")
    if not isinstance(row, dict):
        return BadLine(message=f"{where} is no JSON object with a `text`")
    if "text" not in row:
        return BadLine(message=f"{where} has no `text`")
    if not isinstance(row["text"], str):
        return BadLine(message=f"{where}: `text` must be text")
    if not isinstance(row.get("context") or "", str):
        return BadLine(message=f"{where}: `context` must be text")
    return row


def _checked(text: str, context: str, where: str, limits: TextLimits) -> TextInput | BadLine:
    try:
        limits.check(text, where)
        limits.check_readable(context, f"{where}: `context`")
    except BadText as error:
        return BadLine(message=str(error))
    return TextInput(text=text, context=context)
