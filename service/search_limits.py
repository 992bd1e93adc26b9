"""What a search may ask for: how many hits, which labels, by code or by name, how much around them."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from models.taxonomy import Taxonomy
from service.errors import BadRequest
from service.label_names import code_of

if TYPE_CHECKING:
    from index.extras import Extras
    from index.records import SearchFilter

LARGEST_TOP_K = 1000
LARGEST_NEIGHBOURS = 10


def refuse_wrong(*, top_k: int, extras: "Extras | None") -> None:
    """Raise BadRequest, naming the parameter, for a number out of its range."""
    _check_range(top_k, 1, LARGEST_TOP_K, "top_k")
    if extras:
        _check_range(extras.neighbours, 0, LARGEST_NEIGHBOURS, "neighbours")
        _check_range(extras.diversity, 0, 1, "diversity")


def coded(taxonomy: Callable[[], Taxonomy], filter: "SearchFilter | None") -> "SearchFilter | None":
    """Return the filter with codes alone: the label that every table shows (理论学习) may stand for its code.

    Raises BadRequest, naming the parameter, for one that the taxonomy lacks.
    """
    if not filter or not (filter.dimension or filter.role):
        return filter
    known = taxonomy()
    return replace(
        filter,
        dimension=tuple(code_of(one, known.dimensions, param="filter.dimension") for one in filter.dimension),
        role=tuple(code_of(one, known.roles, param="filter.role") for one in filter.role),
    )


def _check_range(given: float, least: int, most: int, param: str) -> None:
    if not least <= given <= most:
        raise BadRequest(f"{param} is {given}; it must lie between {least} and {most}", param=param)
