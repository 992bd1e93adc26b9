"""Text files without any format."""

from index.encoding import decode
from index.readings import Reading, plain


def plain_text(name: str, data: bytes) -> Reading:
    """Return what a text file holds. Raises UnreadableDocument, naming the file."""
    return plain(decode(name, data))
