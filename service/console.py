"""How results reach a person or a script: JSON Lines on stdout, tables for people, everything else on stderr."""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table

if TYPE_CHECKING:
    from index.records import Check

PLAIN_EVERY_S = 10.0


class Advance(Protocol):
    """What a command calls after each input: with its name and, where it is known, the number of all inputs."""

    def __call__(self, name: str, total: int | None = None, *, done: int | None = None) -> None:
        """Show that one more input is done, or how many are by now."""


def use_utf8() -> None:
    """Make both streams UTF-8, whatever the locale says; what cannot be written is shown escaped.

    One that was closed (`>&-`) leads nowhere from here on; left open, its number would be that of the next file.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("r" if name == "stdin" else "w", encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def say(message: str) -> None:
    """Tell a person something, on stderr."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def print_line(text: str) -> None:
    """Print one line of results on stdout, and hand it on at once."""
    sys.stdout.write(f"{text}\n")
    # At exit Python could only complain of a reader that went away (`| head`).
    sys.stdout.flush()


def print_json(row: Mapping[str, Any]) -> None:
    """Print one result as a line of JSON, Chinese as it is, and hand it on at once."""
    print_line(json.dumps(row, ensure_ascii=False))


def print_checks(checks: "Iterable[Check]", *, as_json: bool) -> None:
    """Print what was checked, whether it holds and what to do, a line each."""
    for check in checks:
        if as_json:
            print_json({"name": check.name, "ok": check.ok, "detail": check.detail})
        else:
            print_line(f"{'ok ' if check.ok else 'BAD'}  {check.name}: {check.detail}")


@contextmanager
def progress(doing: str) -> Iterator[Advance]:
    """Show on stderr how many inputs are done: a bar where a person looks on, else a line every ten seconds."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_progress(doing)
        return
    # File names are no markup. Results that go into a file or a pipe must not be led to the terminal.
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
    )
    to_terminal = sys.stdout.isatty()
    with Progress(*columns, console=console, transient=True, expand=True, redirect_stdout=to_terminal) as bar:
        task = bar.add_task(doing, total=None, name="")

        def advance(name: str, total: int | None = None, *, done: int | None = None) -> None:
            step = 1 if done is None else None
            bar.update(task, advance=step, completed=done, total=total, name=_one_line(name))

        yield advance


def _plain_progress(doing: str) -> Advance:
    began_s = told_s = time.monotonic()
    before = 0

    def advance(name: str, total: int | None = None, *, done: int | None = None) -> None:
        nonlocal before, told_s
        done = before = before + 1 if done is None else done
        now_s = time.monotonic()
        if now_s - told_s < PLAIN_EVERY_S:
            return
        told_s, elapsed_s = now_s, now_s - began_s
        left = f", about {elapsed_s / done * (total - done):.0f} s left" if total else ""
        count = f"{done} of {total}" if total else f"{done}"
        last = f", last {_one_line(name)}" if name else ""
        say(f"{doing}: {count} done in {elapsed_s:.0f} s{left}{last}")

    return advance


def _one_line(name: str) -> str:
    return " ".join(name.split())


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, wide: str | Sequence[str] = ()
) -> None:
    """Print rows as a table. The columns named `wide` share the room that is left, the others stay whole."""
    table = Table(title=title or None, title_justify="left", title_style="bold")
    for column in columns:
        flexible = column in ([wide] if isinstance(wide, str) else wide)
        table.add_column(column, no_wrap=not flexible, overflow="fold", ratio=1 if flexible else None)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    # Without a terminal rich assumes 80 columns, in which no Chinese table can be read.
    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(table)
