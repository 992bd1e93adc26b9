"""From the bytes of a text file to its characters, settled the same way on every machine."""

import codecs
from collections.abc import Callable

from charset_normalizer import from_bytes

from index.errors import UnreadableDocument

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_SIGNATURES = (
    (b"%PDF-", "a PDF; name it .pdf"),
    (b"PK\x03\x04", "a zip or Office file; name it .docx or .zip"),
    (b"\xd0\xcf\x11\xe0", "an old Office file; save it as .docx"),
    (b"{\\rtf", "an RTF file; save it as .docx"),
    (b"\x89PNG", "a PNG picture; add the text instead"),
    (b"\xff\xd8\xff", "a JPEG picture; add the text instead"),
    (b"GIF8", "a GIF picture; add the text instead"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"MZ\x90", "a Windows program; add the text instead"),
    (b"\x7fELF", "a program; add the text instead"),
)
_SAMPLE = 65_536
# The 3,755 commonest characters of GB 2312 fill these lead bytes; real Chinese prose hardly leaves them.
_COMMON_LEAD = range(0xB0, 0xD8)
# Those of the 5,401 commonest characters of Big5.
_COMMON_BIG5 = range(0xA4, 0xC7)
_MARKS = frozenset("，。、；：？！“”‘’（）《》〈〉【】「」『』—…·　％")
# Texts in the one are often valid in the other; the right one is better by far, except in a few words.
_BETTER = 0.1
_PROSE = 0.85
_GB_PROSE = 0.6


def decode(name: str, data: bytes) -> str:
    """Return the characters of a text file: byte order mark, then strict UTF-8, UTF-16 and GB18030, then a guess.

    Raises UnreadableDocument, naming the file, for what is no text or in no known encoding.
    """
    _refuse_signatures(name, data)
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(name, data.removeprefix(bom) if encoding == "gb18030" else data, encoding)
    for attempt in (_as_utf8, _as_utf16, _as_big5, _as_gb18030, _as_guessed):
        text = attempt(name, data)
        if text is not None:
            return _checked(name, text)
    raise UnreadableDocument(f"{name}: the encoding is none of UTF-8, UTF-16, GB18030, Big5; save the file as UTF-8")


def _refuse_signatures(name: str, data: bytes) -> None:
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            raise UnreadableDocument(f"{name}: the content is {what}")


def _strict(name: str, data: bytes, encoding: str) -> str:
    try:
        return _checked(name, data.decode(encoding))
    except UnicodeDecodeError as error:
        raise UnreadableDocument(
            f"{name}: starts as {encoding} but is damaged at byte {error.start}; save the file again as UTF-8"
        ) from error


def _checked(name: str, text: str) -> str:
    """Return the text, or raise where one character in fifty is a control character."""
    controls = sum(char < " " and char not in "\t\n\v\f\r" for char in text)
    if controls * 50 > len(text):
        raise UnreadableDocument(f"{name}: binary data, not text; add a .txt, .md, .docx or .pdf file")
    return text


def _as_utf8(name: str, data: bytes) -> str | None:
    if b"\x00" in data:
        return None
    try:
        text = data.decode("utf-8")
        # A few words in GB18030 (学习, 联通) happen to be valid UTF-8, of Greek and Cyrillic letters.
        strange = not text.isascii() and _share(text[:_SAMPLE], _is_prose) < _GB_PROSE
        return None if strange and _as_gb18030(name, data) else text
    except UnicodeDecodeError as error:
        # Chinese in UTF-8 with one torn character can still be read as GB18030, as nonsense.
        read = data[:_SAMPLE].decode("utf-8", errors="replace")
        if _share(read, _is_chinese) > 0.3 and read.count("\ufffd") * 50 < len(read):
            raise UnreadableDocument(
                f"{name}: UTF-8 text, damaged at byte {error.start}; save the file again as UTF-8"
            ) from error
    return None


def _as_utf16(name: str, data: bytes) -> str | None:
    """Return the text where UTF-16 without a mark gives prose; the zero bytes of ASCII say which order."""
    even = data[: len(data) // 2 * 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        sample = even[:_SAMPLE].decode(encoding, errors="replace")
        if _share(sample, _is_prose) >= _PROSE and "\x00" not in sample:
            return _strict(name, even, encoding)
    return None


def _as_big5(name: str, data: bytes) -> str | None:
    """Return the text where Big5 gives prose, and clearly better prose than GB18030 does."""
    text = _decoded(data, "big5")
    if text is None or b"\x00" in data or _share(text[:_SAMPLE], _is_prose) < _PROSE:
        return None
    other = _decoded(data, "gb18030") or ""
    better = _common(text, "big5", _COMMON_BIG5) - _common(other, "gb18030", _COMMON_LEAD)
    return text if better > _BETTER else None


def _common(text: str, encoding: str, leads: range) -> float:
    """Return which share of the characters beyond ASCII is frequent in an encoding, or a mark of Chinese prose."""
    foreign = [char for char in text[:_SAMPLE] if not char.isascii()]
    frequent = sum(char in _MARKS or char.encode(encoding)[0] in leads for char in foreign)
    return frequent / max(1, len(foreign))


def _as_gb18030(name: str, data: bytes) -> str | None:
    text = _decoded(data, "gb18030")
    if text is None or b"\x00" in data:
        return None
    chinese = "".join(char for char in text[:_SAMPLE] if _is_chinese(char))
    common = sum(char.encode("gb18030")[0] in _COMMON_LEAD for char in chinese)
    return text if common >= _GB_PROSE * len(chinese) and _share(text[:_SAMPLE], _is_prose) >= _GB_PROSE else None


def _as_guessed(name: str, data: bytes) -> str | None:
    """Return what charset-normalizer makes of the bytes, or GB18030 where it knows nothing better."""
    if b"\x00" in data:
        raise UnreadableDocument(f"{name}: binary data, not text; add a .txt, .md, .docx or .pdf file")
    best = from_bytes(data[:_SAMPLE], cp_isolation=["big5", "big5hkscs", "gb18030"]).best()
    text = _decoded(data, best.encoding) if best else None
    if text is None:
        text = _decoded(data, "gb18030")
    return text if text is not None and _share(text[:_SAMPLE], _is_prose) >= _PROSE else None


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _share(text: str, test: Callable[[str], bool]) -> float:
    return sum(map(test, text)) / max(1, len(text))


def _is_chinese(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


def _is_prose(char: str) -> bool:
    """Return whether a character is one of Chinese prose: Chinese, its punctuation, printable ASCII or a line end."""
    return (
        _is_chinese(char)
        or "\u3000" <= char <= "\u303f"
        or "\uff00" <= char <= "\uff5e"
        or " " <= char <= "~"
        or char in "\t\n\r“”‘’—…·×①②③④⑤⑥⑦⑧⑨⑩"
    )
