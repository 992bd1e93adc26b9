"""Lines of a PDF page with the places where they stand, in points from the left and the bottom of the page as shown."""

import functools
import unicodedata
from dataclasses import dataclass

_SMALLEST, _LARGEST = 1.0, 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfLine:
    """A line as it stands, without white space at its ends; "" is a blank one, which stands nowhere."""

    text: str
    left: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    top: float = 0.0

    @property
    def size(self) -> float:
        """Return how wide a Chinese character of the line is, the space between characters shared out."""
        wide = (self.right - self.left) * 2 / max(half_width(self.text), 1)
        return min(max(wide, _SMALLEST), _LARGEST)


# A line is compared with those around it.
@functools.lru_cache(maxsize=256)
def half_width(text: str) -> int:
    """Return the width of a text in half characters; a Chinese one takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)
