"""Texts as what they are found by sees them: in one width, case and script, and cut into the smallest pieces."""

import re
import sys
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.scripts import simplified

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
HAN_ONLY = re.compile(f"[{_HAN}]+")
RUNS = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<word>[^\W_{_HAN}]+)")
_FOLDED = np.zeros(sys.maxunicode + 1, dtype=np.uint32)
"""Character → the same in one width and case, 0 until it is first met."""


def folded(text: str) -> str:
    """Return the text with letters in one width and case, of the same length, so that offsets hold."""
    return _read(_folded_codes(text))


def pairs(han: str) -> list[str]:
    """Return every two neighbouring characters."""
    return [han[at : at + 2] for at in range(len(han) - 1)]


def pieces(text: str) -> set[str]:
    """Return the Chinese characters, the pairs of them and the other words of a text: what `coverage` counts."""
    found: set[str] = set()
    for run in RUNS.finditer(folded(text)):
        found.update([run["word"]] if run["word"] else [*run["han"], *pairs(run["han"])])
    return found


def held(asked: Sequence[str], texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return (n, m) whether each of n texts holds each of m pieces: all texts at once, as ranking has hundreds."""
    codes = _folded_codes("".join(texts))
    lengths = [len(text) for text in texts]
    owners = np.repeat(np.arange(len(texts)), lengths)
    numbers, places = _numbered(asked)
    at = numbers[codes.clip(max=len(numbers) - 1)]
    before = np.where(owners[1:] == owners[:-1], at[:-1], 0)
    # The first column is for what is not asked for.
    found = np.zeros((len(texts), len(asked) + 1), dtype=np.bool_)
    found[owners, places[0, at]] = True
    found[owners[1:], places[before, at[1:]]] = True
    if others := [place for place, piece in enumerate(asked) if not _is_short(piece)]:
        ends = np.cumsum(lengths).tolist()
        joined = _read(codes)
        read = [joined[end - size : end] for end, size in zip(ends, lengths, strict=True)]
        for place in others:
            found[:, place + 1] = [asked[place] in text for text in read]
    return found[:, 1:]


def _is_short(piece: str) -> bool:
    """Return whether a piece is a Chinese character or a pair of them."""
    return len(piece) <= 2 and bool(HAN_ONLY.fullmatch(piece))


def _numbered(asked: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return a number, from 1, for each character of short pieces, and by two numbers the place, from 1, of a piece.

    A single character stands there as a pair with 0. What is not asked for is 0 in both, as is the last code.
    """
    short = [(place, piece) for place, piece in enumerate(asked, start=1) if _is_short(piece)]
    codes = sorted({ord(character) for _, piece in short for character in piece})
    numbers = np.zeros(max(codes, default=0) + 2, dtype=np.int32)
    numbers[codes] = np.arange(1, len(codes) + 1)
    places = np.zeros((len(codes) + 1, len(codes) + 1), dtype=np.int32)
    for place, piece in short:
        first = numbers[ord(piece[0])] if len(piece) == 2 else 0
        places[first, numbers[ord(piece[-1])]] = place
    return numbers, places


def _folded_codes(text: str) -> NDArray[np.uint32]:
    """Return (n,) the codes of the characters of a folded text."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    same = _FOLDED[codes]
    if same.all():
        return same
    for code in np.unique(codes[same == 0]).tolist():
        found = simplified(unicodedata.normalize("NFKC", chr(code)).lower())
        _FOLDED[code] = ord(found) if len(found) == 1 else code
    return _FOLDED[codes]


def _read(codes: NDArray[np.uint32]) -> str:
    return codes.tobytes().decode("utf-32-le")
