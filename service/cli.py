"""The command line, `liuwei`: what all commands share. Each command reads its arguments, calls the runtime and prints.

Heavy imports stand inside the commands that need them: `liuwei classify` must answer within a second.
"""

import sys

import typer

from service import cli_corpus, cli_models, cli_service, cli_texts, console
from service.errors import FAULTS, outcome
from service.options import shared_flags

app = typer.Typer(name="liuwei", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
shared_flags(app)
cli_texts.register(app)
cli_models.register(app)
cli_service.register(app)
app.add_typer(
    cli_corpus.app, name="index", help="Look after the corpus: add, list, show, remove, stats, verify, rebuild."
)


def main() -> None:
    """Run the command line and exit: 0 ok, 1 some inputs failed, 2 wrong usage, 3 environment."""
    console.use_utf8()
    try:
        app()
    except FAULTS as fault:
        console.say(f"liuwei: {fault}")
        sys.exit(outcome(fault).exit_code)
    except BrokenPipeError:
        # The reader went away (`| head`): nobody is left to tell, and Python's own flush at exit would complain.
        sys.stdout = None
        sys.exit(0)


if __name__ == "__main__":
    main()
