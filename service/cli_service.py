"""`liuwei serve`, `demo` and `doctor`."""

import typer

from service import console
from service.options import Call, command

app = typer.Typer()


@command(app, "serve", serve=True)
def serve(call: Call) -> None:
    """Serve the HTTP API until stopped. With --json the address is a line of JSON on stdout, once it is listened on."""
    from service.server import serve_until_stopped

    serve_until_stopped(call.settings, as_json=call.json)


@command(app, "demo")
def demo(call: Call) -> None:
    """Do the main job on the bundled sample reports, in a throw-away directory."""
    from service.demo import run_demo

    run_demo(call.settings)


@command(app, "doctor")
def doctor(call: Call) -> None:
    """Check models, corpus and disk; say what is wrong and what to do."""
    from service.doctor import checks

    found = list(checks(call.settings))
    console.print_checks(found, as_json=call.json)
    raise typer.Exit(0 if all(check.ok for check in found) else 3)
