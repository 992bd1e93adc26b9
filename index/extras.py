"""What a search can be asked for beyond its best hits, and the answer that holds both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from index.records import Hit

FacetName = Literal["dimension", "role", "document_id"]
Facets = Mapping[FacetName, Mapping[str, int]]

MOST_CLOSEST = 50
"""For how many hits, from the first, the closest clause is looked for: each of their clauses has to be encoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """Nothing of it unless asked for.

    `neighbours` sentences are shown before and after each hit. `collapse` shows one of several sentences that say
    nearly the same. `diversity`, 0 to 1, gives room to hits unlike those above them, at the cost of likeness to the
    query. `closest` marks the clause of each hit that is nearest in meaning. `facets` counts labels and documents.
    """

    neighbours: int = 0
    collapse: bool = False
    diversity: float = 0.0
    closest: bool = False
    facets: bool = False


NOTHING_MORE = Extras()
NO_FACETS: Facets = {name: {} for name in get_args(FacetName)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAnswer:
    """The hits, best first. `facets` counts the best sentences found, at most 100; None where nobody asked."""

    hits: list[Hit] = field(default_factory=list)
    facets: Facets | None = None
