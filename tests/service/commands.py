"""The command line, called in this process: quicker than a process a command, and the same door."""

import contextlib
import io
import json
import sys
from dataclasses import dataclass

import pytest

from service import cli


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command left behind."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def rows(self):
        """Return the objects of JSON Lines; raises where a line is anything else, NaN included."""
        return [json.loads(line, parse_constant=_no_json) for line in self.stdout.split("\n") if line]


def run(*arguments, stdin=b""):
    """Run `liuwei` with these arguments and return what came of it. Warnings are errors here, as in every test."""
    stdout, stderr = _stream(), _stream()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["liuwei", *map(str, arguments)])
        patched.setattr(sys, "stdin", _stream(stdin))
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            exit_code = _exit_code()
    return Ran(exit_code=exit_code, stdout=_text(stdout), stderr=_text(stderr))


def _exit_code():
    try:
        cli.main()
    except SystemExit as ended:
        return ended.code or 0
    return 0


def _stream(content=b""):
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", write_through=True)


def _text(stream):
    return stream.buffer.getvalue().decode("utf-8")


def _no_json(name):
    raise ValueError(f"{name} is no JSON")
