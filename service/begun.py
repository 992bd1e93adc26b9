"""With which head an output was begun: a small file beside it, so that its rows are never of two heads."""

import json
from pathlib import Path

from service.errors import BadOutput
from service.heads import OpenHead, shown_name
from service.settings import Settings
from service.staging import write_whole


def begin_with(file: Path, head: OpenHead, settings: Settings, *, output: Path, anew: bool) -> None:
    """Write down the head of an output that is begun anew; of any other, raise BadOutput where it was another head.

    Where the file is missing or damaged, that cannot be told, and nothing is done.
    """
    now = {"model": head.name, "head": shown_name(settings, head.folder)}
    if anew:
        write_whole(file, json.dumps(now, ensure_ascii=False).encode())
        return
    before = _read(file)
    if before and before["model"] != now["model"]:
        found, wanted = (f"head {one['head']} ({one['model']})" for one in (before, now))
        advice = _advice(before["head"], now["head"], settings)
        raise BadOutput(f"{output} was begun with {found}, in use is {wanted}; {advice}")


def _read(file: Path) -> dict[str, str]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return {name: str(content[name]) for name in ("model", "head")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _advice(before: str, now: str, settings: Settings) -> str:
    """Return what to do; a head of the same name that is another one now cannot be put back."""
    other = "name another --output, remove this one with the hidden files beside it"
    if before == now:
        return other
    if Path(before).is_absolute():
        return f"{other}, or go on with --head {before}"
    without = "without the setting head, " if settings.head else ""
    return f"{other}, or go on with that head: {without}'liuwei heads use {before}'"
