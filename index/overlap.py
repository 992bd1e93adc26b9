"""What two sentences share: runs of characters, how far one is an edit of the other. Pure: texts in, figures out.

Only what is told counts: letters, figures and Chinese characters, in one width, case and script, without the titles of
documents in 《》, which every report quotes. Set phrases, which many reports share, are given by the caller and do not
count either.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from index.scripts import simplified

CopyKind = Literal["verbatim", "edited", "paraphrase"]

LEAST_RUN = 13
"""Characters that are copied word for word are told from so many on."""
LEAST_OWN = 14
"""With fewer characters of its own, beside titles and set phrases, a sentence may be like another by chance."""
LEAST_WHOLE, WHOLE = 30, 0.8
"""A sentence of so many characters is no set phrase where this share of its pairs was taken, whoever else has it."""
EDITED = 0.4
PARAPHRASED = 0.87
"""Beside what `python -m tests.bench.bench_overlap` chooses; `PARAPHRASED` is a cosine, of the bundled encoder."""
_TITLES = re.compile(r"《[^《》]*》")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The characters of a text that count, folded, and where each stands in the text (code points)."""

    characters: str
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch that two texts share word for word, `length` counted characters from `own` and `other` on."""

    own: int
    other: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What one text took from another: the kind, how sure (0 to 1), the share of its own characters in long runs."""

    kind: CopyKind
    score: float
    share: float
    runs: tuple[Run, ...]


def told(text: str) -> Told:
    """Return what counts of a text."""
    quoted = np.zeros(len(text), dtype=np.bool_)
    for title in _TITLES.finditer(text):
        quoted[title.start() : title.end()] = True
    read = simplified(text)  # of the same length
    kept = [(_folded(char), place) for place, char in enumerate(read) if char.isalnum() and not quoted[place]]
    return Told(characters="".join(char for char, _ in kept), places=tuple(place for _, place in kept))


def runs(own: Told, other: Told, *, least: int) -> list[Run]:
    """Return the stretches of at least `least` characters that both share, none inside another, in own order."""
    starts: dict[str, list[int]] = {}
    for place in range(len(other.characters) - least + 1):
        starts.setdefault(other.characters[place : place + least], []).append(place)
    found: list[Run] = []
    at = 0
    while at <= len(own.characters) - least:
        places = starts.get(own.characters[at : at + least], ())
        if not places:
            at += 1
            continue
        longest = max(
            (Run(own=at, other=place, length=_shared(own, other, at, place)) for place in places), key=_length
        )
        found.append(longest)
        at += longest.length
    return found


def marked(length: int, stretches: Iterable[tuple[int, int]]) -> NDArray[np.bool_]:
    """Return a mark for each of `length` characters that stands in a stretch (start, end)."""
    marks = np.zeros(length, dtype=np.bool_)
    for start, end in stretches:
        marks[start:end] = True
    return marks


def held(own: Told, other: Told, *, set_phrases: NDArray[np.bool_]) -> float:
    """Return the share of the pairs of neighbouring characters of one text that another holds, 0 without any.

    Pairs in `set_phrases`, a mark for each character of `own`, do not count.
    """
    theirs = set(_pairs(other.characters))
    counted = [
        pair in theirs
        for pair, is_set, next_set in zip(_pairs(own.characters), set_phrases, set_phrases[1:], strict=False)
        if not (is_set and next_set)
    ]
    return sum(counted) / len(counted) if counted else 0.0


def likeness(
    own: Told,
    other: Told,
    *,
    cosine: float,
    set_phrases: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    least_run: int = LEAST_RUN,
) -> Likeness | None:
    """Return what a text took from another, None where that may be chance.

    `cosine` is that of their vectors; `set_phrases` marks characters of both that many reports share. They count all
    the same where a long sentence was taken whole: so copied paragraphs are seen that half of the reports have.
    """
    if _taken_whole(own, other):
        set_phrases = (_unmarked(own), _unmarked(other))
    free = [int((~marks).sum()) for marks in set_phrases]
    found = runs(own, other, least=least_run)
    shared = tuple(run for run in found if _free(run, set_phrases[0]) >= least_run)
    share = sum(_free(run, set_phrases[0]) for run in shared) / max(free[0], 1)
    edit = edit_score(own, other, set_phrases=set_phrases)
    if shared:
        return Likeness(kind="verbatim", score=max(share, edit), share=share, runs=shared)
    if edit >= EDITED:
        return Likeness(kind="edited", score=edit, share=0.0, runs=())
    if cosine >= PARAPHRASED and min(free) >= LEAST_OWN:
        return Likeness(kind="paraphrase", score=cosine, share=0.0, runs=())
    return None


def edit_score(own: Told, other: Told, *, set_phrases: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> float:
    """Return how much of the one text the other holds, whichever way is more: a part was taken, or much was added.

    A text with fewer than `LEAST_OWN` characters of its own may be held by chance, and does not count.
    """
    ways = ((own, other, set_phrases[0]), (other, own, set_phrases[1]))
    shares = [held(one, in_it, set_phrases=marks) for one, in_it, marks in ways if (~marks).sum() >= LEAST_OWN]
    return max(shares, default=0.0)


def _taken_whole(own: Told, other: Told) -> bool:
    """Return whether the shorter of two texts, a long one all the same, stands nearly whole in the other."""
    short, long = sorted((own, other), key=lambda text: len(text.characters))
    return len(short.characters) >= LEAST_WHOLE and held(short, long, set_phrases=_unmarked(short)) >= WHOLE


def _unmarked(text: Told) -> NDArray[np.bool_]:
    return marked(len(text.characters), ())


def _free(run: Run, set_phrases: NDArray[np.bool_]) -> int:
    return int((~set_phrases[run.own : run.own + run.length]).sum())


def _length(run: Run) -> int:
    return run.length


def _shared(own: Told, other: Told, at: int, place: int) -> int:
    """Return how many characters are the same from two places on."""
    length = 0
    most = min(len(own.characters) - at, len(other.characters) - place)
    while length < most and own.characters[at + length] == other.characters[place + length]:
        length += 1
    return length


def _pairs(characters: str) -> Sequence[str]:
    return [characters[at : at + 2] for at in range(len(characters) - 1)]


def _folded(char: str) -> str:
    folded = unicodedata.normalize("NFKC", char).lower()
    return folded if len(folded) == 1 else char
