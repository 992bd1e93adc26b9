"""Files of office programs by what is in them: half of the old suffixes in use are none of their content."""

from index.errors import UnreadableDocument
from index.mhtml import is_mhtml, mhtml_text
from index.office import office_text
from index.readings import Reading
from index.webpages import page_text
from index.word import OLD_OFFICE, is_locked, word_text

OFFICE_SUFFIXES = (".doc", ".dot", ".wps", ".wpt", ".rtf", ".odt", ".fodt", ".docm", ".dotx", ".dotm")

_ZIP = b"PK\x03\x04"
_RTF = b"{\\rtf"
_PAGES = (b"<html", b"<!doctype html")
_HEAD = 512


def office_document(name: str, data: bytes) -> Reading:
    """Return what a file of Word, WPS or another office program holds. Raises UnreadableDocument, naming the file.

    The content decides: a .docx of an old kind and a .doc that is a .docx, RTF or a web page are read as what they are.
    """
    suffix = name[name.rfind(".") :].lower()
    if is_locked(data):
        raise UnreadableDocument(f"{name}: protected by a password; remove it in Word and save again")
    if data.startswith(OLD_OFFICE):
        return office_text(name, data, ".wps" if suffix == ".wps" else ".doc")
    if data.lstrip()[: len(_RTF)] == _RTF:
        return office_text(name, data, ".rtf")
    if data.startswith(_ZIP) and suffix == ".odt":
        return office_text(name, data, suffix)
    page = mhtml_text if is_mhtml(data) else page_text if _is_page(data) else None
    if page is not None:
        return page(name, data)
    if suffix in {".docx", ".docm", ".dotx", ".dotm"} or data.startswith(_ZIP):
        return word_text(name, data)
    if suffix == ".fodt":
        return office_text(name, data, suffix)
    raise UnreadableDocument(f"{name}: no {suffix} file by its content; open it in Word or WPS and save it as .docx")


def _is_page(data: bytes) -> bool:
    head = data[:_HEAD].lower().replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head.startswith(_PAGES) or (head.startswith(b"<?xml") and b"<html" in head)
