"""Normalised text: the one form in which documents are stored, split, hashed and compared."""

import hashlib
import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Invisible marks that word processors and web pages leave behind: soft hyphen, zero width, direction, byte order mark.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")
_UNSEEN = ("Cf", "Cc")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# PDF files give ⼀ and ⻓ for 一 and 长, which fonts draw with the same picture. Unicode names a character for each
# radical of one kind, two of them in a form that few texts have now; of the other, these are characters of their own.
_RADICAL = re.compile("[\u2e80-\u2fd5]")
_RADICALS = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)} | str.maketrans(
    "⼾⾭⺁⺇⺊⺎⺒⺝⺟⺠⻁⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⻱⻳",
    "户青厂几卜兀巳月母民虎西见角贝车長长门青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙龜龟",
)


def normalize(text: str) -> str:
    r"""Return the text in NFC with `\n` line ends, without control or invisible characters, trimmed at both ends.

    A tab becomes one space, so that every character left has a width and spans need no second count; a radical becomes
    the character that it looks like. Applying it twice changes nothing more. Text of white space alone gives "".
    """
    return cleaned(text).strip()


def cleaned(text: str) -> str:
    """Return the text normalised but for the white space at its ends, so that pieces of it can be put together."""
    text = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    text = _INVISIBLE.sub("", _CONTROLS.sub("", text))
    if _RADICAL.search(text):
        text = text.translate(_RADICALS)
    return unicodedata.normalize("NFC", text)


def document_id(normalised: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of a normalised text. Equal texts have equal ids."""
    return hashlib.sha256(normalised.encode("utf-8")).hexdigest()[:16]


def has_letter(text: str) -> bool:
    """Return whether a text holds a letter or a figure: without one there is nothing to find it by."""
    return any(char.isalnum() for char in text)


def is_blank(text: str) -> bool:
    """Return whether a text shows nothing: all of it is white space, marks of no width or controls."""
    return all(char.isspace() or unicodedata.category(char) in _UNSEEN for char in text)


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without the white space at its ends, in code points; a blank span gives (start, start)."""
    piece = text[start:end]
    body = piece.strip()
    if not body:
        return start, start
    lead = len(piece) - len(piece.lstrip())
    return start + lead, start + lead + len(body)
