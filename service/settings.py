"""All settings, from flags and `LIUWEI_*` variables. The environment is read here and nowhere else.

A plain dataclass rather than pydantic-settings: importing that takes 0.3 s of the second that `liuwei classify` may
take, and it would not refuse unknown names, which is the point of the check below.
"""

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

from models.embedders import BUNDLED
from service.errors import BadSetting

PREFIX = "LIUWEI_"
_POSITIVE = (
    "max_text_chars",
    "max_batch_texts",
    "max_upload_bytes",
    "max_requests",
    "stop_within_s",
    "job_expires_s",
    "job_keep_s",
    "max_jobs",
)


def _setting(default: Any, help_text: str, *, serve_only: bool = False) -> Any:  # noqa: ANN401 - a dataclass field
    return field(default=default, metadata={"help": help_text, "serve_only": serve_only})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, with its default. Each field is a flag (`--data-dir`) and a variable."""

    data_dir: Path = _setting(
        Path(platformdirs.user_data_dir("liuwei", appauthor=False)), "Folder that holds the corpus."
    )
    encoder: str = _setting(BUNDLED, "Encoder: 'bundled', a model folder, or a Hub name.")
    query_instruction: str = _setting("", "Text put before search queries, for encoders trained with one.")
    device: str = _setting("", "Device of a sentence-transformers encoder: cpu, cuda, … (empty: it chooses).")
    head: str = _setting("", "Classifier head: 'bundled' or a folder (empty: the one trained last, else bundled).")
    threads: int = _setting(0, "Threads of the bundled encoder; 0 takes every core.")
    log_level: str = _setting("warning", "Least level that is logged: debug, info, warning, error.")
    max_text_chars: int = _setting(20_000, "Longest single text that is classified or searched for, in characters.")
    host: str = _setting("127.0.0.1", "Address to listen on.", serve_only=True)
    port: int = _setting(8000, "Port to listen on.", serve_only=True)
    max_batch_texts: int = _setting(1_000, "Most texts in one classify request.", serve_only=True)
    job_expires_s: int = _setting(86_400, "Seconds after which a job that is not done ends.", serve_only=True)
    job_keep_s: int = _setting(604_800, "Seconds that a job is kept with its result.", serve_only=True)
    max_jobs: int = _setting(100, "Most jobs that wait or run at one time.", serve_only=True)
    max_requests: int = _setting(128, "Most requests answered or waiting at once; more get 429.", serve_only=True)
    stop_within_s: int = _setting(30, "Seconds that requests have to end when the service stops.", serve_only=True)
    max_upload_bytes: int = _setting(50_000_000, "Largest file that is read or accepted, in bytes.")


def load_settings(flags: Mapping[str, object], environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings: a flag that is given (not None) wins over its variable, that over the default.

    Raises BadSetting for an unknown `LIUWEI_*` variable or flag, and for a value of the wrong kind.
    """
    variables = _variables(os.environ if environment is None else environment)
    given = {name: value for name, value in flags.items() if value is not None}
    known = {setting.name: setting for setting in fields(Settings)}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise BadSetting(f"unknown setting {unknown[0]!r}; known are {', '.join(known)}")
    merged = {**variables, **given}
    return _checked(Settings(**{name: _converted(known[name], value) for name, value in merged.items()}))


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    names = {PREFIX + setting.name.upper(): setting.name for setting in fields(Settings)}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in names)
    if unknown:
        raise BadSetting(f"unknown environment variable {unknown[0]}; known are {', '.join(names)}")
    return {names[name]: value for name, value in environment.items() if name in names}


def _converted(setting: "Field[Any]", value: object) -> Any:  # noqa: ANN401 - the kind that the field has
    if setting.type is Path:
        return _folder(setting.name, str(value))
    if setting.type is not int:
        return _text(setting, str(value))
    try:
        return int(str(value))
    except ValueError as error:
        raise BadSetting(f"{setting.name} is {value!r}; it must be a whole number") from error


def _text(setting: "Field[Any]", value: str) -> str:
    if setting.default and not value.strip():
        raise BadSetting(f"{setting.name} is empty; leave it out for the default, {setting.default!r}")
    return value


def _folder(name: str, value: str) -> Path:
    # An empty one, as from a variable of a script that was never set, would mean the folder that one stands in.
    if not value.strip():
        raise BadSetting(f"{name} is empty; name a folder, or '.' for this one")
    return Path(value).expanduser()


def _checked(settings: Settings) -> Settings:
    if not 0 <= settings.port <= 65535:
        raise BadSetting(f"port is {settings.port}; it must lie between 0 and 65535")
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise BadSetting(f"log_level is {settings.log_level!r}; it must be debug, info, warning or error")
    if settings.threads < 0:
        raise BadSetting(f"threads is {settings.threads}; it cannot be negative")
    for name in _POSITIVE:
        if getattr(settings, name) < 1:
            raise BadSetting(f"{name} is {getattr(settings, name)}; it must be at least 1")
    return settings
