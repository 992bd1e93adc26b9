"""Web pages saved in one file (.mht), as browsers do and as Word and office systems do under the name .doc."""

import email
import re
from email.message import Message

from index.errors import UnreadableDocument
from index.readings import Reading
from index.webpages import page_text

_HEAD = 4096
_MIME = re.compile(rb"^MIME-Version:", re.IGNORECASE | re.MULTILINE)
_RELATED = re.compile(rb"^Content-Type:\s*multipart/(?:related|alternative)", re.IGNORECASE | re.MULTILINE)


def is_mhtml(data: bytes) -> bool:
    """Return whether the bytes are those of a page saved in one file."""
    head = data[:_HEAD]
    return _MIME.search(head) is not None and _RELATED.search(head) is not None


def mhtml_text(name: str, data: bytes) -> Reading:
    """Return what the first page in the file shows. Raises UnreadableDocument, naming the file."""
    page = _first_page(data) if is_mhtml(data) else None
    if page is None:
        raise UnreadableDocument(f"{name}: no page saved in one file by its content; save it as .html or .docx")
    return page_text(name, page)


def _first_page(data: bytes) -> bytes | None:
    parts = (part for part in email.message_from_bytes(data).walk() if part.get_content_type() == "text/html")
    return next((page for page in map(_content, parts) if page), None)


def _content(part: Message) -> bytes | None:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else None
