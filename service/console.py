"""How results reach a person or a script: JSON Lines on stdout, tables for people, everything else on stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


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
    """Print one line of results on stdout."""
    sys.stdout.write(f"{text}\n")


def print_json(row: Mapping[str, Any]) -> None:
    """Print one result as a line of JSON, Chinese as it is, and hand it on at once."""
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, wide: str = "") -> None:
    """Print rows as a table. The column named `wide` takes the room that is left, the others keep their words whole."""
    table = Table(title=title or None, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=column != wide, overflow="fold", ratio=1 if column == wide else None)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    # Without a terminal rich assumes 80 columns, in which no Chinese table can be read.
    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(table)
