"""What every command of the command line has: the flags of all settings, and `--json`."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from service.settings import PREFIX, Settings, load_settings

PANEL = "Settings"
CONTEXT = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a command was called with, beside its own arguments."""

    settings: Settings
    json: bool


def command(
    app: typer.Typer, name: str, *, serve: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that makes a function a command of `app`.

    The function's first parameter is the `Call`; a flag for each setting and `--json` are added after its own.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        added = _parameters(serve=serve)

        @wraps(function)
        def called(**arguments: Any) -> None:  # noqa: ANN401 - whatever the command declares
            context = arguments.pop(CONTEXT.name)
            flags = {parameter.name: arguments.pop(parameter.name) for parameter in added}
            function(_call(context, flags), **arguments)

        own = list(inspect.signature(function).parameters.values())[1:]
        parameters = [*own, CONTEXT, *added]
        # typer reads both: the signature for order and defaults, the annotations for types.
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        app.command(name)(called)
        return called

    return decorate


def shared_flags(app: typer.Typer) -> None:
    """Let the settings stand before the command too: `liuwei --data-dir X search …`."""
    added = _parameters(serve=False)

    def callback(**arguments: Any) -> None:  # noqa: ANN401 - whatever the settings declare
        """六维: sort the sentences of self-examination reports into six dimensions, and find similar passages."""
        context: typer.Context = arguments.pop(CONTEXT.name)
        context.obj = arguments

    callback.__signature__ = inspect.Signature([CONTEXT, *added])  # type: ignore[attr-defined]
    callback.__annotations__ = {parameter.name: parameter.annotation for parameter in (CONTEXT, *added)}
    app.callback()(callback)


def _call(context: typer.Context, flags: dict[str, Any]) -> Call:
    before = context.find_root().obj or {}
    merged = {name: value if value is not None else before.get(name) for name, value in flags.items()}
    as_json = bool(merged.pop("json"))
    return Call(settings=load_settings(merged), json=as_json)


def _parameters(*, serve: bool) -> list[inspect.Parameter]:
    flags = [
        _flag(setting.name, setting.type, setting.metadata["help"])
        for setting in fields(Settings)
        if serve or not setting.metadata["serve_only"]
    ]
    as_json = Annotated[bool | None, typer.Option("--json", help="Print JSON Lines.", show_default=False)]
    return [*flags, inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=as_json)]


def _flag(name: str, kind: object, help_text: str) -> inspect.Parameter:
    default = Settings.__dataclass_fields__[name].default
    shown = (
        f"{help_text} [default: {default!s}] [variable: {PREFIX}{name.upper()}]"
        if default != ""
        else f"{help_text} [variable: {PREFIX}{name.upper()}]"
    )
    option = typer.Option(
        "--" + name.replace("_", "-"),
        help=shown,
        metavar="PATH" if kind is Path else None,
        rich_help_panel=PANEL,
        show_default=False,
    )
    # A path goes on as text: as a Path, an empty one could not be told from the folder that one stands in.
    plain = int if kind is int else str
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[plain | None, option]
    )
