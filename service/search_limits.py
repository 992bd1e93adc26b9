"""What a search may ask for: how many hits, which labels, how much around them."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from models.taxonomy import Taxonomy
from service.errors import BadRequest

if TYPE_CHECKING:
    from index.extras import Extras
    from index.records import SearchFilter

LARGEST_TOP_K = 1000
LARGEST_NEIGHBOURS = 10


def refuse_wrong(
    taxonomy: Callable[[], Taxonomy], *, top_k: int, filter: "SearchFilter | None", extras: "Extras | None"
) -> None:
    """Raise BadRequest, naming the parameter, for a number out of its range or a label that the taxonomy lacks."""
    _check_range(top_k, 1, LARGEST_TOP_K, "top_k")
    if extras:
        _check_range(extras.neighbours, 0, LARGEST_NEIGHBOURS, "neighbours")
        _check_range(extras.diversity, 0, 1, "diversity")
    if filter:
        _check_known(filter.dimension, taxonomy().codes, "dimension")
        _check_known(filter.role, taxonomy().role_codes, "role")


def _check_range(given: float, least: int, most: int, param: str) -> None:
    if not least <= given <= most:
        raise BadRequest(f"{param} is {given}; it must lie between {least} and {most}", param=param)


def _check_known(given: Iterable[str], known: Sequence[str], param: str) -> None:
    for value in given:
        if value not in known:
            raise BadRequest(f"{param} {value!r} is unknown; known are {', '.join(known)}", param=f"filter.{param}")
