"""Where sentences end: full stops, quotations and brackets of Chinese prose."""

import re
from collections.abc import Iterator

FULL_STOPS = "。｡！？!?"
CLOSERS = "”’』」）)】》〉"
_PAUSES = "，,、"
# A piece before an ellipsis with fewer characters is a hesitation rather than a sentence (应该……必须改).
_LEAST_BEFORE_ELLIPSIS = 4
_AFTER_QUOTATION = re.compile("[，,、—]|的(?!确)|等(?!到|待|着|我|他|她|你)|之类|这(?:句|种|类|番)")
_TERMINAL = re.compile("[。｡！？!?；;…⋯]")
_RUN = re.compile(f'[。｡！？!?；;…⋯{re.escape(CLOSERS)}"]*')
# A quotation or bracket this short is read as one unit: a stop inside it does not end the sentence around it.
_QUOTED = re.compile(
    "“[^“”\n]{0,60}”|《[^《》\n]{0,60}》|（[^（）\n]{0,60}）|「[^「」\n]{0,60}」|『[^『』\n]{0,60}』|‘[^‘’\n]{0,60}’"
)


def sentence_ends(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the positions after which a sentence ends inside `start:end`, ascending; `end` itself is not promised.

    A closing quotation mark or bracket stays with its sentence. ！” and ？” inside a line end nothing, as the clause
    usually goes on (“怎么办？”的问题); 。” does, unless what follows speaks of the quotation (“没时间。”这句话).
    """
    position = start
    for quote in _QUOTED.finditer(text, start, end):
        yield from _open_ends(text, position, quote.start(), end, floor=start)
        position = max(position, quote.end())
        stop = _after_run(text, start, quote.end(), end)
        # A full stop inside 《》 is part of a title.
        if (
            text[quote.end() - 2] in "。｡"
            and text[quote.end() - 1] != "》"
            and not _AFTER_QUOTATION.match(text, stop, end)
        ):
            position = stop
            yield stop
    yield from _open_ends(text, position, end, end, floor=start)


def ends_sentence(piece: str) -> bool:
    """Return whether the piece closes with a full stop, question or exclamation mark, quotes and brackets aside."""
    return piece.rstrip(CLOSERS + '" \n\u3000')[-1:] in tuple(FULL_STOPS)


def _open_ends(text: str, start: int, stop: int, end: int, *, floor: int) -> Iterator[int]:
    """Yield the ends whose mark lies in `start:stop`, outside of short quotations; the piece begins at `floor`."""
    position = start
    for mark in _TERMINAL.finditer(text, start, stop):
        if mark.start() < position or not _is_terminal(text, mark.start(), end):
            continue
        position = _after_run(text, start, mark.end(), end)
        if (
            _hesitates(text, floor, mark.start())
            and position < end
            and not ends_sentence(text[mark.start() : position])
        ):
            continue
        if not _goes_on(text, position, end) and not _trails_off(text, position, end):
            yield position


def _after_run(text: str, start: int, position: int, end: int) -> int:
    """Return the position after the stops and closing marks at `position`."""
    run = _RUN.match(text, position, end)
    stop = run.end() if run else position
    quote = text.find('"', position, stop)
    # A straight quotation mark does not say whether it opens or closes; an even count before it means that it opens.
    if quote >= 0 and text.count('"', max(start, quote - 200), quote) % 2 == 0:
        return quote
    return stop


def _is_terminal(text: str, position: int, end: int) -> bool:
    """Return whether the mark ends a sentence; ASCII marks between Latin letters or digits (addresses, code) do not."""
    if text[position] not in "!?;":
        return True
    following = text[position + 1 : min(position + 2, end)]
    return not (following.isascii() and following.isalnum())


def _goes_on(text: str, position: int, end: int) -> bool:
    return position < end and text[position] in _PAUSES


def _hesitates(text: str, floor: int, position: int) -> bool:
    """Return whether an ellipsis stands at the position, and the sentence begins, or `floor` is, right before it."""
    if text[position] not in "…⋯":
        return False
    before = text[max(floor, position - _LEAST_BEFORE_ELLIPSIS) : position]
    return len(_TERMINAL.split(before)[-1].strip()) < _LEAST_BEFORE_ELLIPSIS


def _trails_off(text: str, position: int, end: int) -> bool:
    """Return whether an ellipsis stands inside a clause, as in ……等问题."""
    return text[position - 1] in "…⋯" and position < end and text[position] in "等的：:"
