"""Dify's metadata conditions, as values that a search can filter by.

A condition on a document (title, source, unit, author, year, document_id) is asked of every document, one on a sentence
(dimension, role) of every label there is; what passes becomes a `SearchFilter`, so that a search still fills its top_k.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from index.records import DocumentSummary, SearchFilter
from service.errors import BadRequest

Operator = Literal[
    "contains",
    "not contains",
    "start with",
    "end with",
    "is",
    "is not",
    "in",
    "not in",
    "empty",
    "not empty",
    "=",
    "≠",
    ">",
    "<",
    "≥",
    "≤",
    "before",
    "after",
]
SENTENCE_FIELDS = ("dimension", "role")
DOCUMENT_FIELDS = ("document_id", "title", "source", "unit", "author", "year")
FIELDS = (*SENTENCE_FIELDS, *DOCUMENT_FIELDS)

_TEXT_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda found, wanted: wanted in found,
    "start with": str.startswith,
    "end with": str.endswith,
    "is": str.__eq__,
}
_NUMBER_TESTS: Mapping[str, Callable[[float, float], bool]] = {
    "=": float.__eq__,
    ">": float.__gt__,
    "<": float.__lt__,
    "≥": float.__ge__,
    "≤": float.__le__,
    "before": float.__lt__,
    "after": float.__gt__,
}
_NUMBERS_ONLY = frozenset(_NUMBER_TESTS) - {"="}
_WITHOUT_VALUE = frozenset({"empty", "not empty"})
_OPPOSITES = {"not contains": "contains", "is not": "is", "not in": "in", "not empty": "empty", "≠": "="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition: it holds where any of the named fields passes. Some operators need no `values`."""

    names: tuple[str, ...]
    operator: Operator
    values: tuple[str, ...]

    def holds(self, fields: Mapping[str, Sequence[str]]) -> bool:
        """Return whether one of the fields, each by all its names, passes; one that is not there is as an empty one."""
        return any(_passes(fields.get(name, ("",)), self.operator, self.values) for name in self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Conditions of which all must hold, or any."""

    operator: Literal["and", "or"]
    conditions: tuple[Condition, ...]

    def filter(
        self, documents: Sequence[DocumentSummary], *, dimensions: Mapping[str, str], roles: Mapping[str, str]
    ) -> SearchFilter | None:
        """Return what a search must be filtered by, None where nothing passes. Labels come as names by their codes.

        Raises BadRequest for alternatives over fields that no one filter can express.
        """
        chosen = SearchFilter()
        groups = self._groups()
        for kind, conditions in groups.items():
            values = {"dimension": dimensions, "role": roles}.get(kind)
            if values is None:
                rows = {one.document_id: _fields(one) for one in documents}
            else:
                rows = {code: {kind: (code, label)} for code, label in values.items()}
            passed = tuple(key for key, fields in rows.items() if self._holds(conditions, fields))
            if not passed:
                return None
            # All of them is no filter, and a filter of thousands of ids costs time.
            if len(passed) < len(rows):
                chosen = _with(chosen, kind, passed)
        return chosen

    def refuse_meaningless(self) -> None:
        """Raise BadRequest, naming the place, for a condition without a value to compare with, or with a wrong one."""
        for place, one in enumerate(self.conditions):
            if one.operator not in _WITHOUT_VALUE and not one.values:
                raise _wrong(f"{one.operator!r} needs a value to compare with", f"[{place}].value")
            if one.operator in _NUMBERS_ONLY and not _is_number(one.values[0]):
                raise _wrong(f"{one.operator!r} compares numbers, as years are", f"[{place}].value")

    def _groups(self) -> dict[str, list[Condition]]:
        """Return the conditions by what they ask about: a dimension, a role or a document."""
        groups: dict[str, list[Condition]] = {}
        for condition in self.conditions:
            kinds = {name if name in SENTENCE_FIELDS else "document_id" for name in condition.names}
            if len(kinds) > 1:
                raise _wrong(f"{', '.join(condition.names)} cannot be asked together: name them in one condition each")
            groups.setdefault(kinds.pop(), []).append(condition)
        if self.operator == "or" and len(groups) > 1:
            raise _wrong(
                "'or' between a dimension, a role and a document cannot be one filter; use 'and', or ask twice"
            )
        return groups

    def _holds(self, conditions: Iterable[Condition], fields: Mapping[str, Sequence[str]]) -> bool:
        found = (condition.holds(fields) for condition in conditions)
        return all(found) if self.operator == "and" else any(found)


def _with(chosen: SearchFilter, kind: str, values: tuple[str, ...]) -> SearchFilter:
    kept = {"dimension": chosen.dimension, "role": chosen.role, "document_id": chosen.document_id}
    return SearchFilter(**{**kept, kind: values})


def _fields(document: DocumentSummary) -> dict[str, Sequence[str]]:
    own = {"document_id": document.document_id, "title": document.title, "source": document.source}
    return {name: (value,) for name, value in {**document.metadata, **own}.items()}


def _passes(found: Sequence[str], operator: str, values: Sequence[str]) -> bool:
    if operator in _OPPOSITES:
        return not _passes(found, _OPPOSITES[operator], values)
    return any(_one_passes(one, operator, values) for one in found)


def _one_passes(found: str, operator: str, values: Sequence[str]) -> bool:
    if operator == "empty":
        return not found.strip()
    if operator == "in":
        # Dify's own form has one line for all values of a list, with commas between them.
        return found in values or any(found == part.strip() for value in values for part in value.split(","))
    wanted = values[0] if values else ""
    if operator in _TEXT_TESTS:
        return _TEXT_TESTS[operator](found, wanted)
    try:
        return _NUMBER_TESTS[operator](float(found), float(wanted))
    except ValueError:
        # Neither a missing year nor one in words is before or after any other.
        return operator == "=" and found == wanted


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _wrong(message: str, step: str = "") -> BadRequest:
    return BadRequest(message, param=f"metadata_condition.conditions{step}")
