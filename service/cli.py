"""The command line, `liuwei`: what all commands share. Each command reads its arguments, calls the runtime and prints.

Heavy imports stand inside the commands that need them: `liuwei classify` must answer within a second.
"""

import contextlib
import os
import sys
from typing import NoReturn

import typer

from service import (
    cli_audit,
    cli_corpus,
    cli_heads,
    cli_keys,
    cli_models,
    cli_overlap,
    cli_search,
    cli_service,
    cli_texts,
    console,
)
from service.errors import FAULTS, outcome, places
from service.options import shared_flags, version_flag
from service.shortages import plain

ENVIRONMENT = 3
INTERRUPTED = 130
ADVICE = "check the path, its permissions and the free space"

app = typer.Typer(name="liuwei", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
shared_flags(app, version_flag())
app.add_typer(cli_texts.app)
app.add_typer(cli_search.app)
app.add_typer(cli_overlap.app)
app.add_typer(cli_models.app)
app.add_typer(cli_audit.app)
app.add_typer(cli_service.app)
app.add_typer(
    cli_corpus.app,
    name="index",
    help="Look after the corpus: add, list, show, remove, stats, verify, rebuild, backup, restore.",
)
app.add_typer(cli_heads.app, name="heads", help="Classifier heads: list, use one, undo.")
app.add_typer(cli_keys.app, name="keys", help="API keys of the service: create, list, revoke.")


def main() -> None:
    """Run the command line and exit: 0 ok, 1 some inputs failed, 2 wrong usage, 3 environment."""
    console.use_utf8()
    try:
        app()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _end_at_once()
        raise
    except KeyboardInterrupt:
        # While the commands are put together; what comes later, typer turns into the exit above.
        _end_at_once()
    except BaseException as error:  # noqa: BLE001 - the last net; the panics of a library are no Exception
        sys.exit(_told(plain(error)))


def _told(error: BaseException) -> int:
    """Say on stderr what is wrong and return the exit code."""
    if isinstance(error, FAULTS):
        console.say(f"liuwei: {error}")
        return _exit_code(error)
    if isinstance(error, OSError):
        # What no command expects: a data directory that is a file, a full disk, a folder that may not be written to.
        console.say(f"liuwei: {error.filename or 'the system'}: {error.strerror or error}; {ADVICE}")
        return ENVIRONMENT
    # Its text may quote a report.
    console.say(f"liuwei: a fault of this program's own, {type(error).__qualname__}; please report where:")
    for place in places(error):
        console.say(f"  {place}")
    return ENVIRONMENT


def _end_at_once() -> NoReturn:
    """End the process without waiting for threads; all that had to be put in order was, on the way here.

    Where Ctrl-C comes while a pool of threads starts one, nobody is left who could tell that thread to stop, and Python
    would wait for it for ever.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(INTERRUPTED)


def _exit_code(fault: BaseException) -> int:
    try:
        return outcome(fault).exit_code
    except KeyError:
        # A fault of no class of its own is what SQLite says of a disk or a folder.
        return ENVIRONMENT
