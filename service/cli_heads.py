"""`liuwei heads …`: which classifier heads there are, which is in use, and the way back."""

from typing import TYPE_CHECKING, Annotated

import typer

from service import console
from service.options import Call, command, shared_flags
from service.shapes import head_json, refitted_json

if TYPE_CHECKING:
    from service.heads import HeadEntry

app = typer.Typer(no_args_is_help=True)
shared_flags(app)


@command(app, "list")
def list_heads(call: Call) -> None:
    """List the heads of the data directory and the bundled one; the one in use is marked.

    `evidence` is how many texts, examples or definitions, it can show as evidence, not how many it was fitted to.
    """
    from service.heads import list_heads as every_head
    from service.relabelling import named_by_setting

    rows = [head_json(entry) for entry in every_head(call.settings)]
    if call.json:
        for row in rows:
            console.print_json(row)
    else:
        cells = (
            (
                "*" if row["in_use"] else "",
                row["name"],
                row["trained_at"],
                row["examples"],
                row["taxonomy"],
                row["model"],
            )
            for row in rows
        )
        console.print_table("", ("", "name", "trained", "evidence", "taxonomy", "model"), cells, wide="model")
    if note := named_by_setting(call.settings):
        console.say(note)


@command(app, "use")
def use(
    call: Call, name: Annotated[str, typer.Argument(help="Name of the head, as 'liuwei heads list' shows.")]
) -> None:
    """Put a head in use; a running service follows with its next request."""
    from service.heads import use_head

    _print_entry(call, use_head(call.settings, name))


@command(app, "undo")
def undo(call: Call) -> None:
    """Go back to the head that was in use before; again, and it is the one before that."""
    from service.heads import undo_head

    _print_entry(call, undo_head(call.settings))


@command(app, "refit")
def refit(call: Call) -> None:
    """Let the head in use learn from all feedback in the corpus, and put it in use; takes seconds."""
    from service.refitting import refit_head
    from service.runtime import Runtime

    with Runtime(call.settings) as runtime:
        row = refitted_json(refit_head(runtime))
    if call.json:
        console.print_json(row)
        return
    console.print_line(
        f"in use  {row['head']['name']}: {row['labels']} labels, of which it gives {row['agreed_after']:.0%} "
        f"(before: {row['agreed_before']:.0%}); {row['changed']:.2%} of the other examples changed; {row['took_s']} s"
    )


def _print_entry(call: Call, entry: "HeadEntry") -> None:
    from service.relabelling import notes_of_use
    from service.runtime import Runtime

    if call.json:
        console.print_json(head_json(entry))
    else:
        console.print_line(f"in use  {entry.name}")
    with Runtime(call.settings) as runtime:
        for note in notes_of_use(runtime):
            console.say(note)
