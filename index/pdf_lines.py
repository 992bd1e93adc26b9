"""Lines of a PDF page with the places where they stand, in points from the left and the bottom of the page as shown."""

import functools
import unicodedata
from dataclasses import dataclass

_SMALLEST, _LARGEST = 1.0, 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfLine:
    """A line as it stands, without white space at its ends; "" is a blank one, which stands nowhere, or a table."""

    text: str
    left: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    top: float = 0.0
    table: "PdfTable | None" = None

    @property
    def words(self) -> str:
        """Return the text of the line, or of the table in its place."""
        return self.table.words if self.table else self.text

    @property
    def size(self) -> float:
        """Return how wide a Chinese character of the line is, the space between characters shared out."""
        wide = (self.right - self.left) * 2 / max(half_width(self.text), 1)
        return min(max(wide, _SMALLEST), _LARGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLine:
    """A line, the cell of a table that it stands in (0 for none), and the edges of the text around it.

    `ruled` says that the edges are those of ruling lines, so known well.
    """

    line: PdfLine
    cell: int = 0
    ruled: bool = False
    left: float = 0.0
    right: float = 0.0

    @property
    def text(self) -> str:
        """Return the text of the line."""
        return self.line.text

    @property
    def indent(self) -> float:
        """Return how many characters from the left edge it begins."""
        return (self.line.left - self.left) / self.line.size

    @property
    def gap(self) -> float:
        """Return how many characters before the right edge it ends."""
        return (self.right - self.line.right) / self.line.size


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfCell:
    """A cell of a table: its first column, how many columns and rows it takes, and its lines, none of them blank."""

    column: int
    wide: int
    high: int
    lines: tuple[SetLine, ...]

    @property
    def words(self) -> str:
        """Return the text of the cell in one line."""
        return "".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfTable:
    """A table on a page: the edges of its columns, and the cells that begin in each row."""

    columns: tuple[float, ...]
    rows: tuple[tuple[PdfCell, ...], ...]

    @property
    def words(self) -> str:
        """Return the text of the table in one line."""
        return "".join(cell.words for row in self.rows for cell in row)


# A line is compared with those around it.
@functools.lru_cache(maxsize=256)
def half_width(text: str) -> int:
    """Return the width of a text in half characters; a Chinese one takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)
