"""Texts to classify, from arguments, a file or standard input, one at a time; a bad line does not stop the others."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.errors import BadRequest
from service.runtime import TextInput

STANDARD_INPUT = "-"
FIELDS = ("text", "context")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """An input that cannot be classified, and why."""

    message: str


def text_inputs(arguments: Sequence[str], file: str, *, longest: int) -> Iterator[TextInput | BadLine]:
    """Yield the arguments, then the texts of the file. Empty lines of a .txt are passed over.

    A .jsonl has a `text` and an optional `context` a line; standard input is taken as such when its first line begins
    with a brace. Raises BadRequest for a file that is missing or of another kind.
    """
    for number, argument in enumerate(arguments, 1):
        yield _checked(argument, "", f"argument {number}", longest)
    if not file:
        return
    lines, as_json = _lines(file)
    for number, line in enumerate(lines, 1):
        if line.strip():
            where = f"{file}:{number}"
            yield _record(line, where, longest) if as_json else _checked(line.strip(), "", where, longest)


def _lines(file: str) -> tuple[Iterable[str], bool]:
    from index.encoding import decode

    if file == STANDARD_INPUT:
        text = decode("standard input", sys.stdin.buffer.read()) if not sys.stdin.isatty() else sys.stdin.read()
        return text.splitlines(), text.lstrip().startswith("{")
    path = Path(file)
    if path.suffix.lower() not in (".txt", ".jsonl"):
        raise BadRequest(f"--input {file}: the name must end with .txt or .jsonl, or be -")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadRequest(f"--input {file} cannot be read: {error.strerror}") from error
    return decode(file, content).splitlines(), path.suffix.lower() == ".jsonl"


def _record(line: str, where: str, longest: int) -> TextInput | BadLine:
    try:
        row = json.loads(line)
    except ValueError as error:
        return BadLine(message=f"{where} is no JSON: {error}")
    if not isinstance(row, dict):
        return BadLine(message=f"{where} is no JSON object with a `text`")
    for field in FIELDS:
        if not isinstance(row.get(field, ""), str):
            return BadLine(message=f"{where}: `{field}` must be text")
    if "text" not in row:
        return BadLine(message=f"{where} has no `text`")
    return _checked(row["text"], row.get("context", ""), where, longest)


def _checked(text: str, context: str, where: str, longest: int) -> TextInput | BadLine:
    # Bytes of an argument that are no UTF-8 arrive as lone surrogates, which neither encoder nor JSON can take.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    if not whole.strip():
        return BadLine(message=f"{where} is empty")
    if len(whole) > longest:
        return BadLine(message=f"{where} has {len(whole)} characters, the limit is {longest}; split it into sentences")
    return TextInput(text=whole, context=context)
