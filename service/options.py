"""What every command of the command line has: the flags of all settings, and `--json`."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from service import console
from service.settings import PREFIX, Settings, load_settings

PANEL = "Settings"
CONTEXT = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


def _named(path: str) -> Path:
    # As from "$FILE" where no FILE is set: taken for a path it would be the whole folder that one is in.
    if not path:
        raise typer.BadParameter("the path is empty; name a file or a folder")
    return Path(path)


Reports = Annotated[list[Path], typer.Argument(metavar="PATH", parser=_named, help="Reports: files, folders, zips.")]


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


def shared_flags(app: typer.Typer, *more: inspect.Parameter) -> None:
    """Let the settings stand before the commands of `app` too: `liuwei --data-dir X search …`.

    `more` are flags that act by themselves.
    """
    added = _parameters(serve=False)

    def callback(**arguments: Any) -> None:  # noqa: ANN401 - whatever the settings declare
        """六维: sort the sentences of self-examination reports into six dimensions, and find similar passages."""
        context: typer.Context = arguments.pop(CONTEXT.name)
        flags = {parameter.name: arguments[parameter.name] for parameter in added}
        # What stands later wins: `liuwei --data-dir X index --data-dir Y list`.
        context.obj = (context.obj or {}) | {name: value for name, value in flags.items() if value is not None}

    parameters = [CONTEXT, *added, *more]
    callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    callback.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app.callback()(callback)


def version_flag() -> inspect.Parameter:
    """Return the flag that prints the version and ends there."""
    option = typer.Option(
        "--version", help="Print the version and exit.", is_eager=True, callback=_print_version, show_default=False
    )
    return inspect.Parameter(
        "version", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[bool | None, option]
    )


def _print_version(asked: bool | None) -> None:
    if asked:
        console.print_line(f"liuwei {installed_version('liuwei') or 'from a checkout'}")
        raise typer.Exit


def installed_version(package: str) -> str | None:
    """Return the version of an installed package, None where it is not installed."""
    # Imported here: classifying a text has no time for it.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _call(context: typer.Context, flags: dict[str, Any]) -> Call:
    before = context.obj or {}
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
    # In round brackets: rich takes square ones for its own, and leaves them out.
    standard = f"default: {default!s}; " if default != "" else ""
    shown = f"{help_text} ({standard}variable: {PREFIX}{name.upper()})"
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
