"""Texts cut into what they are found by, and where words of a query stand in them. The only file that knows rjieba.

Words and character pairs: a pair finds what the word cutter cut elsewhere, a word says more than its pairs.
"""

import itertools
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from index.scripts import simplified

TERM_RULES = "rjieba words, bigrams, characters, simplified; 2"
"""Changes whenever a text would be cut otherwise, so that saved indexes are made anew."""

LONGEST_WORD = 64

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAN_ONLY = re.compile(f"[{_HAN}]+")
_CODE_BITS = 21
_RUNS = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<word>[^\W_{_HAN}]+)")


class _Folding(dict[int, str]):
    """Character → the same in one width and case, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = simplified(unicodedata.normalize("NFKC", chr(code)).lower())
        self[code] = folded if len(folded) == 1 else chr(code)
        return self[code]


_FOLDING = _Folding()
# The same by number, for many texts at once: twenty times as fast. 0 where a character was not met yet; the system
# gives memory only to the parts of it that are used.
_FOLDED_CODES = np.zeros(sys.maxunicode + 1, dtype=np.uint32)


def terms(text: str) -> list[str]:
    """Return what a text is found by: Chinese words of two characters and more, character pairs, other words.

    Widths and cases of letters are made equal. A Chinese character that stands alone gives no term; see `characters`.
    """
    found: list[str] = []
    for run in _RUNS.finditer(_folded(text)):
        if run["word"]:
            found.append(run["word"][:LONGEST_WORD])
        else:
            found += _words(run["han"]) + _pairs(run["han"])
    return found


def characters(text: str) -> list[str]:
    """Return every Chinese character of a text, for queries of one character."""
    return [character for run in _RUNS.finditer(_folded(text)) for character in run["han"] or ""]


def singles(query: str) -> list[str]:
    """Return the Chinese characters that stand alone."""
    return [run["han"] for run in _RUNS.finditer(_folded(query)) if len(run["han"] or "") == 1]


def is_chinese(text: str) -> bool:
    """Return whether a text is of Chinese characters alone, one at least."""
    return bool(_HAN_ONLY.fullmatch(text))


def pieces(text: str) -> set[str]:
    """Return the Chinese characters, the pairs of them and the other words of a text: what `coverage` counts."""
    found: set[str] = set()
    for run in _RUNS.finditer(_folded(text)):
        found.update([run["word"]] if run["word"] else [*run["han"], *_pairs(run["han"])])
    return found


def held(asked: Sequence[str], texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return (n, m) whether each of n texts holds each of m pieces: all texts at once, as ranking has hundreds."""
    codes = _folded_codes("".join(texts))
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    found = np.zeros((len(texts), len(asked)), dtype=np.bool_)
    numbers = [_number(piece) for piece in asked]
    numbered = sorted((number, place) for place, number in enumerate(numbers) if number)
    if numbered:
        wanted, places = np.array(numbered).T
        for keys, rows in _numbers_in(codes, ends, "".join(asked[place] for place in places)):
            at = np.searchsorted(wanted, keys).clip(max=len(wanted) - 1)
            same = wanted[at] == keys
            found[rows[same], places[at[same]]] = True
    if len(numbered) < len(asked):
        folded = codes.tobytes().decode("utf-32-le", "surrogatepass")
        parts = [folded[start:end] for start, end in itertools.pairwise([0, *ends.tolist()])]
        for place, (piece, number) in enumerate(zip(asked, numbers, strict=True)):
            if not number:
                found[:, place] = [piece in part for part in parts]
    return found


def highlights(query: str, texts: Sequence[str]) -> list[tuple[tuple[int, int], ...]]:
    """Return where words of a query stand in each text: (start, end) in code points, ascending, touching ones one."""
    words = _query_words(query)
    return [_joined(_spans(words, _folded(text))) for text in texts]


def _query_words(query: str) -> set[str]:
    """Return what of a query is worth marking: its words, also those inside longer words, and lone characters."""
    found = {run["word"] for run in _RUNS.finditer(_folded(query)) if run["word"]}
    for run in _RUNS.finditer(_folded(query)):
        han = run["han"] or ""
        found.update(_words(han, inner=True) or _pairs(han))
    return found | set(singles(query))


def _spans(words: Iterable[str], folded: str) -> Iterator[tuple[int, int]]:
    for word in words:
        at = folded.find(word)
        while at >= 0:
            yield at, at + len(word)
            at = folded.find(word, at + 1)


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the spans ascending, those that touch or overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)


def _number(piece: str) -> int:
    """Return a number that stands for a Chinese character or a pair of them, 0 for another piece."""
    if len(piece) > 2 or not is_chinese(piece):
        return 0
    return (ord(piece[0]) << _CODE_BITS) + ord(piece[1]) if len(piece) == 2 else ord(piece)


def _numbers_in(
    codes: NDArray[np.uint32], ends: NDArray[np.int64], characters: str
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the numbers, as `_number` gives them, of characters and then of pairs, each with the text that it is in.

    The texts stand one after another and end at `ends`. Looked at are some characters alone, which few are.
    """
    wanted = np.array([ord(char) for char in characters])
    ticked = np.zeros(max(wanted.max(), codes.max(initial=0)) + 1, dtype=np.bool_)
    ticked[wanted] = True
    at = np.flatnonzero(ticked[codes])
    numbers, owners = codes[at].astype(np.int64), np.searchsorted(ends, at, side="right")
    yield numbers, owners
    # One that begins in one text and ends in the next is no pair.
    first = np.flatnonzero((at[1:] == at[:-1] + 1) & (owners[1:] == owners[:-1]))
    yield (numbers[first] << _CODE_BITS) + numbers[first + 1], owners[first]


def _pairs(han: str) -> list[str]:
    return [han[at : at + 2] for at in range(len(han) - 1)]


def _words(han: str, *, inner: bool = False) -> list[str]:
    """Return the words of two characters and more; with `inner`, also the words inside longer ones."""
    # Imported here: its dictionary takes 0.2 s to load, which commands that do not search need not pay.
    import rjieba

    words = rjieba.cut_for_search(han) if inner else rjieba.cut(han)
    return [word for word in words if len(word) > 1]


def _folded_codes(text: str) -> NDArray[np.uint32]:
    """Return the numbers of the characters of `_folded`."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    folded = _FOLDED_CODES[codes]
    if not folded.all():
        for code in set(codes[folded == 0].tolist()):
            _FOLDED_CODES[code] = ord(_FOLDING[code])
        folded = _FOLDED_CODES[codes]
    return np.asarray(folded, dtype=np.uint32)


def _folded(text: str) -> str:
    """Return the text with letters in one width and case, of the same length, so that offsets hold."""
    return text.translate(_FOLDING)
