"""How results reach a person or a script: JSON Lines on stdout, tables for people, everything else on stderr."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from index.records import Check


def use_utf8() -> None:
    """Make both streams UTF-8, whatever the locale says; what cannot be written is shown escaped."""
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
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_checks(checks: "Iterable[Check]", *, as_json: bool) -> None:
    """Print what was checked, whether it holds and what to do, a line each."""
    for check in checks:
        if as_json:
            print_json({"name": check.name, "ok": check.ok, "detail": check.detail})
        else:
            print_line(f"{'ok ' if check.ok else 'BAD'}  {check.name}: {check.detail}")


@contextmanager
def progress(doing: str) -> Iterator[Callable[[str], None]]:
    """Show on stderr how many inputs are done; the value is to be called with each one's name."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing)
        done = 0

        def advance(name: str) -> None:
            nonlocal done
            done += 1
            bar.update(task, description=f"{doing}: {done} done, last {name}")

        yield advance


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
