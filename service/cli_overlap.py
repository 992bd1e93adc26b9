"""`liuwei overlap`: what a report copies from those of the corpus."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from index.overlap import LEAST_RUN
from service import console
from service.options import Call, Reports, command
from service.runtime import Runtime

if TYPE_CHECKING:
    from index.copies import Copied


app = typer.Typer()


@command(app, "overlap")
def overlap(
    call: Call,
    path: Reports,
    least_run: Annotated[
        int, typer.Option(help="Characters copied word for word from which on it counts.")
    ] = LEAST_RUN,
) -> None:
    """Show which sentences a report copies from the corpus: word for word, edited, or in other words."""
    from index.errors import UnreadableDocument
    from service.own_files import reports_of

    seen = failed = found = 0
    with Runtime(call.settings) as runtime:
        for source in reports_of(path, call.settings):
            seen += 1
            try:
                copies = runtime.overlap(source.load(), least_run=least_run)
            except UnreadableDocument as error:
                failed += 1
                console.say(f"liuwei: {error}")
                continue
            found += len(copies)
            _print_copies(call, source.name, copies)
    if not seen:
        console.say("nothing to look at: no files there")
    elif not found:
        console.say("nothing is copied from the corpus")
    raise typer.Exit(1 if failed else 0)


def _print_copies(call: Call, name: str, copies: "list[Copied]") -> None:
    for copy in copies:
        if call.json:
            console.print_json({"path": name, **asdict(copy)})
        else:
            console.print_line(f"{copy.kind:<10} {copy.score:.2f}  {copy.text}")
            console.print_line(f"{'':<10} from  {copy.source_text}  ({copy.title}, {copy.sentence_id})")
