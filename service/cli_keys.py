"""`liuwei keys …`: API keys for the service, made, listed and revoked. A running service follows at once."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from service import console
from service.errors import UnknownKey
from service.options import Call, command, shared_flags

if TYPE_CHECKING:
    from service.keys import ApiKey

app = typer.Typer(no_args_is_help=True)
shared_flags(app)


@command(app, "create")
def create(
    call: Call,
    name: Annotated[str, typer.Option(help="Whom or what it is for.")],
    role: Annotated[str, typer.Option(help="read (ask), write (add too) or admin (remove too).")] = "read",
) -> None:
    """Make a key and print it, this once; only its hash is kept."""
    from service.keys import KeyFile

    made = KeyFile(call.settings.data_dir).create(name=name, role=role)
    if call.json:
        console.print_json({**key_json(made.key), "key": made.token})
    else:
        console.say(f"key {made.key.key_id} for {made.key.name!r}, role {made.key.role}; it is not shown again:")
        console.print_line(made.token)


@command(app, "list")
def list_keys(call: Call) -> None:
    """List the keys, without what must stay secret."""
    from service.keys import FILE_NAME, KeyFile

    file = KeyFile(call.settings.data_dir)
    rows = [key_json(key) for key in file.keys()]
    if call.json:
        for row in rows:
            console.print_json(row)
    elif rows:
        console.print_table(
            "", ("key_id", "name", "role", "created"), [tuple(row.values()) for row in rows], wide="name"
        )
    elif file.ever_made():
        console.say(
            f"all keys are revoked: the service lets nobody in; create one, or remove {FILE_NAME} to ask for none"
        )
    else:
        console.say("no keys; the service asks for none on loopback")


@command(app, "revoke")
def revoke(
    call: Call, key_id: Annotated[list[str], typer.Argument(help="Ids, as 'liuwei keys list' shows them.")]
) -> None:
    """Take keys out of use; who shows one is refused from the next request on."""
    from service.keys import KeyFile

    failed = False
    for one in key_id:
        try:
            gone = KeyFile(call.settings.data_dir).revoke(one)
        except UnknownKey as fault:
            console.say(f"liuwei: {fault}")
            failed = True
            continue
        if call.json:
            console.print_json({**key_json(gone), "revoked": True})
        else:
            console.say(f"key {gone.key_id} of {gone.name!r} is revoked")
    raise typer.Exit(1 if failed else 0)


def key_json(key: "ApiKey") -> dict[str, Any]:
    """Return a key as JSON shows it."""
    return {"key_id": key.key_id, "name": key.name, "role": key.role, "created_at": key.created_at}
