"""The label tree: dimensions and roles, their labels and definitions, and the words by which a heading names them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from models.errors import BadTaxonomy

FORMAT = 1
BUNDLED_TAXONOMY = Path(__file__).parent / "taxonomy.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelEntry:
    """One dimension or role: its code (public, English), label (Chinese), definition and heading aliases."""

    code: str
    label: str
    definition: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Taxonomy:
    """A set of dimensions and roles. `none_code` is the dimension for text that belongs to no other."""

    name: str
    version: str
    none_code: str
    dimensions: tuple[LabelEntry, ...]
    roles: tuple[LabelEntry, ...]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Return the dimension codes in the order of the file; every score array follows it."""
        return tuple(entry.code for entry in self.dimensions)

    @cached_property
    def role_codes(self) -> tuple[str, ...]:
        """Return the role codes in the order of the file."""
        return tuple(entry.code for entry in self.roles)

    @property
    def identity(self) -> str:
        """Return `name@version`, as responses and manifests show it."""
        return f"{self.name}@{self.version}"

    def label(self, code: str) -> str:
        """Return the label of a dimension code. Raises KeyError for an unknown one."""
        return {entry.code: entry.label for entry in self.dimensions}[code]

    def declared(self, heading: str) -> str | None:
        """Return the code of the dimension that the heading names first, or None. A longer alias at one place wins.

        What it names as a condition (在遵规守纪前提下勇于担当) does not count.
        """
        return _first_named(heading.rpartition("前提下")[2], self.dimensions)

    def role(self, heading: str) -> str | None:
        """Return the code of the role that the heading names last, or None.

        存在问题的原因 is about causes and 问题整改措施 about measures: what stands last is what the part holds.
        """
        return _last_named(heading, self.roles)


def load_taxonomy(path: Path = BUNDLED_TAXONOMY) -> Taxonomy:
    """Return the taxonomy in a YAML file. Raises BadTaxonomy, naming the file and the field."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise BadTaxonomy(f"{path} is no readable YAML file: {error}") from error
    return _taxonomy(content, path)


def _taxonomy(content: Any, path: Path) -> Taxonomy:  # noqa: ANN401 - what YAML gives
    if not isinstance(content, dict):
        raise BadTaxonomy(f"{path} holds no fields; see the bundled taxonomy.yaml")
    if content.get("format", FORMAT) != FORMAT:
        raise BadTaxonomy(f"{path}: format is {content['format']!r}; the only one that is known is {FORMAT}")
    missing = [key for key in ("name", "version", "dimensions") if key not in content]
    if missing:
        raise BadTaxonomy(f"{path}: {', '.join(missing)} missing")
    # A few lines of YAML can stand for a table without end, written out as text.
    tables = [key for key in ("name", "version", "none_code") if isinstance(content.get(key), dict | list)]
    if tables:
        raise BadTaxonomy(f"{path}: {tables[0]} is not a text")
    taxonomy = Taxonomy(
        name=str(content["name"]),
        version=str(content["version"]),
        none_code=str(content.get("none_code") or "none"),
        dimensions=_entries(content["dimensions"], path, "dimensions"),
        roles=_entries(content.get("roles") or [], path, "roles"),
    )
    if len(taxonomy.codes) < 2:
        raise BadTaxonomy(f"{path}: dimensions needs at least two entries")
    return taxonomy


def _entries(rows: Any, path: Path, field: str) -> tuple[LabelEntry, ...]:  # noqa: ANN401 - what YAML gives
    if not isinstance(rows, list):
        raise BadTaxonomy(f"{path}: {field} is not a list")
    entries = tuple(_entry(row, path, f"{field}[{number}]") for number, row in enumerate(rows))
    codes = [entry.code for entry in entries]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    if repeated:
        raise BadTaxonomy(f"{path}: {field} has {', '.join(repeated)} more than once")
    return entries


def _entry(row: Any, path: Path, field: str) -> LabelEntry:  # noqa: ANN401 - what YAML gives
    if not isinstance(row, dict) or not isinstance(row.get("code"), str) or not isinstance(row.get("label"), str):
        raise BadTaxonomy(f"{path}: {field} needs a `code` and a `label`, both text")
    aliases = row.get("aliases") or []
    if not isinstance(aliases, list) or not all(isinstance(alias, str) and alias for alias in aliases):
        raise BadTaxonomy(f"{path}: {field}.aliases is not a list of texts")
    definition = row.get("definition") or ""
    if isinstance(definition, dict | list):
        raise BadTaxonomy(f"{path}: {field}.definition is not a text")
    return LabelEntry(code=row["code"], label=row["label"], definition=str(definition), aliases=tuple(aliases))


def _first_named(heading: str, entries: tuple[LabelEntry, ...]) -> str | None:
    found = [
        (heading.index(alias), -len(alias), entry.code)
        for entry in entries
        for alias in entry.aliases
        if alias in heading
    ]
    return min(found)[2] if found else None


def _last_named(heading: str, entries: tuple[LabelEntry, ...]) -> str | None:
    found = [
        (heading.rindex(alias) + len(alias), len(alias), entry.code)
        for entry in entries
        for alias in entry.aliases
        if alias in heading
    ]
    return max(found)[2] if found else None
