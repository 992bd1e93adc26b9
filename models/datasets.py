"""Labelled examples: JSON Lines in, records out; splits that keep a batch together; the leak check."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from models.errors import BadExamples
from models.taxonomy import Taxonomy
from models.text import HALF_CHARACTER

BUNDLED_EXAMPLES = Path(__file__).parent / "examples"
# Between the two headings of a context, the outer one first.
HEADINGS_JOINT = "；"
DEFINITION = "definition"
"""What `made` says of an example that is a piece of a label's definition."""
# Whole batches of the bundled examples, two or three documents each, that nothing is fitted to: eight that are about as
# hard as the judged sentences of two real reports, and seven written to be hard, as many reworded real ones are.
BUNDLED_HOLD_OUT = (
    *("b92", "b112", "b132", "b142", "b152", "b162", "b187", "b197"),
    *("b207", "b219", "b233", "b240", "b251", "b260", "b267"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled sentence.

    `primary` is None where annotators differ (such rows measure, they do not train). `secondary` holds the other
    dimensions that a reviewer would accept. `batch` names the group that a split must not tear apart, `made` says how
    the example came to be. `domain` is False for text that is no self-examination at all.
    """

    text: str
    context: str = ""
    primary: str | None
    secondary: tuple[str, ...] = ()
    role: str | None = None
    batch: str = ""
    domain: bool = True
    post: str = ""
    form: str = ""
    made: str = ""

    @property
    def accepted(self) -> frozenset[str]:
        """Return every dimension that a reviewer would accept."""
        return frozenset(self.secondary) | ({self.primary} if self.primary else set())


class LazyExamples(Sequence[Example]):
    """Examples that are parsed when asked for: reading thousands would cost a cold start a tenth of a second.

    `lines` are those of a file that `example_line` wrote.
    """

    def __init__(self, lines: Sequence[str], taxonomy: Taxonomy) -> None:
        self._lines = lines
        self._taxonomy = taxonomy

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._lines)

    @overload
    def __getitem__(self, place: int) -> Example: ...
    @overload
    def __getitem__(self, place: slice) -> "LazyExamples": ...
    def __getitem__(self, place: int | slice) -> "Example | LazyExamples":
        """Return an example, or those of a slice. Raises IndexError, BadExamples."""
        if isinstance(place, slice):
            return LazyExamples(self._lines[place], self._taxonomy)
        return _example(json.loads(self._lines[place]), f"example {place}", self._taxonomy)


def load_examples(paths: Sequence[Path], taxonomy: Taxonomy) -> list[Example]:
    """Return the examples of the JSON Lines files, in order. Raises BadExamples, naming file, line and field.

    A row needs `text` and `primary`; `secondary` or `accepted`, `context`, `role`, `batch`, `domain`, `post`, `form`
    and `made` are optional; other fields are left alone.
    """
    examples = [_example(row, where, taxonomy) for path in paths for where, row in json_rows(path)]
    if not examples:
        raise BadExamples(f"{', '.join(map(str, paths)) or 'no file'}: no examples found")
    return examples


def bundled_example_files() -> list[Path]:
    """Return the files of examples that come with the package, sorted.

    Those in the folder `hard` are not among them: written to mislead a classifier, they made the head worse on real
    sentences when it was fitted to them, and are there to tune with and to measure on.
    """
    return sorted(BUNDLED_EXAMPLES.glob("*.jsonl"))


def example_line(example: Example) -> str:
    """Return the example as one line of JSON without its default fields."""
    return json.dumps(
        {key: value for key, value in asdict(example).items() if value not in ("", (), True)}, ensure_ascii=False
    )


def batch_folds(examples: Sequence[Example], *, folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return (n,) int64 fold numbers; examples of one batch share a fold, and so do equal texts without a batch."""
    groups = [example.batch or example.text for example in examples]
    names = sorted(set(groups))
    numbers = dict(zip([names[i] for i in rng.permutation(len(names))], np.arange(len(names)) % folds, strict=True))
    return np.array([numbers[group] for group in groups], dtype=np.int64)


def json_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield where each line of a JSON Lines file stands and what it holds. Raises BadExamples, naming file and line."""
    try:
        # Only a line feed ends a line of JSON: other separators may stand inside its strings.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadExamples(f"{path} cannot be read as UTF-8 text: {error}") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield f"{path}:{number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                # Also a number of thousands of digits, and lists in lists without end.
                raise BadExamples(f"{path}:{number} is no JSON: {error}") from error


def is_text(value: object) -> bool:
    """Return whether what JSON gives is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def are_texts(value: object) -> bool:
    """Return whether what JSON gives is a list of texts, none of them blank; an empty list is one."""
    return isinstance(value, list) and all(map(is_text, value))


def _example(row: Any, where: str, taxonomy: Taxonomy) -> Example:  # noqa: ANN401 - what JSON gives
    if not isinstance(row, dict) or not is_text(row.get("text")):
        raise BadExamples(f"{where} needs a `text` that is not empty")
    primary = row.get("primary")
    _check_codes([primary] if primary else [], taxonomy.codes, where, "primary")
    field = "secondary" if row.get("secondary") else "accepted"
    given = row.get(field) or []
    if not isinstance(given, list):
        raise BadExamples(f"{where}: `{field}` must be a list; known are {', '.join(taxonomy.codes)}")
    others = [code for code in given if code != primary]
    _check_codes(others, taxonomy.codes, where, field)
    _check_codes([row["role"]] if row.get("role") else [], taxonomy.role_codes, where, "role")
    plain = {key: str(row.get(key) or "") for key in ("context", "batch", "post", "form", "made")}
    for field, text in {"text": row["text"], **plain}.items():
        if HALF_CHARACTER.search(text):
            raise BadExamples(f"{where}: `{field}` holds half a character; is it in UTF-8?")
    return Example(
        text=row["text"],
        primary=primary,
        secondary=tuple(others),
        role=row.get("role"),
        domain=bool(row.get("domain", True)),
        **plain,
    )


def _check_codes(found: Sequence[Any], known: Sequence[str], where: str, field: str) -> None:
    unknown = [code for code in found if code not in known]
    if unknown:
        raise BadExamples(f"{where}: `{field}` has {unknown[0]!r}; known are {', '.join(known)}")
