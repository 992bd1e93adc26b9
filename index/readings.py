"""What a reader makes of a file: lines, some of them headings by their format, and notes on what it could not read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from index.errors import UnreadableDocument
from index.records import Cell
from index.text import cleaned, normalize

DEEPEST_LEVEL = 9
# Some 3,000 pages, line ends included: whatever is longer is no report but many in one file.
MOST_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A paragraph of a file. `level` is 1 to 9 where its format makes it a heading, 1 the outermost; 0 elsewhere.

    `cell` is where it stands in a table with headings, None elsewhere; the text of such a line has no line end.
    """

    text: str
    level: int = 0
    cell: Cell | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The lines of a file in order, and what a person should know of what is not among them.

    `title` is what the format of the file makes its title, "" where it makes none.
    """

    lines: tuple[Line, ...]
    title: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledText:
    """A normalised text, the levels of its headings and the lines of its tables, by the place of their first character.

    Places count code points.
    """

    text: str
    headings: Mapping[int, int]
    cells: Mapping[int, Cell]


def plain(text: str) -> Reading:
    """Return the reading of a text without any format."""
    return Reading(lines=(Line(text=text),))


def bounded(name: str, lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines, and raise UnreadableDocument, giving the name, as soon as they are more than one report has."""
    characters = 0
    for line in lines:
        characters += len(line.text) + 1
        if characters > MOST_CHARACTERS + 1:
            raise UnreadableDocument(f"{name}: more than {MOST_CHARACTERS:,} characters; split it by report")
        yield line


def set_apart(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines of a table or a text box, the first marked as its beginning."""
    opened = False
    for line in lines:
        if not opened and line.text.strip():
            opened = True
            yield line if line.cell else replace(line, cell=Cell(opens="block"))
        else:
            yield line


def settled(lines: Iterable[Line]) -> SettledText:
    """Return the lines as one normalised text, with the headings and the lines of tables among them."""
    pieces: list[str] = []
    headings: dict[int, int] = {}
    cells: dict[int, Cell] = {}
    position = 0
    for line in lines:
        piece = cleaned(line.text)
        lead = len(piece) - len(piece.lstrip())
        if line.level and lead < len(piece):
            headings[position + lead] = line.level
        if line.cell and lead < len(piece):
            cells[position + lead] = line.cell
        pieces.append(piece)
        position += len(piece) + 1
    whole = "\n".join(pieces)
    text = normalize(whole)
    lead = len(whole) - len(whole.lstrip())
    return SettledText(
        text=text,
        headings={place - lead: level for place, level in headings.items()},
        cells={place - lead: cell for place, cell in cells.items()},
    )
