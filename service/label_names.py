"""Labels as callers name them: by their codes (`theory`), or by the names that every table shows (理论学习)."""

from collections.abc import Sequence

from models.taxonomy import LabelEntry
from service.errors import BadRequest


def code_of(name: str, entries: Sequence[LabelEntry], *, param: str) -> str:
    """Return the code of a label. Raises BadRequest, naming `param`, for one that is not among the entries."""
    found = next((one for one in entries if one.code == name), None)
    found = found or next((one for one in entries if one.label == name), None)
    if found is None:
        known = ", ".join(one.code for one in entries)
        raise BadRequest(f"{param.rpartition('.')[2]} {name!r} is unknown; known are {known}", param=param)
    return found.code
