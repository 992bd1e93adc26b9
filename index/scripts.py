"""Traditional characters read as simplified ones, so that either script finds the other. Only for looking things up.

Character by character, so that places in a text stay what they are; the stored text keeps its script.
"""

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import opencc

# Of the characters of GB 2312, that simplified texts are written in, these are found in traditional ones for another.
_SHARED = frozenset("乾後徵夥於麽")
# Which of two characters it stands for depends on the word; one is far more frequent.
_FREQUENT = {"瞭": "了"}


class _Simplifying(dict[int, str]):
    """Character → its simplified form, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _simplified(chr(code))
        return found


_SIMPLIFYING = _Simplifying(str.maketrans(_FREQUENT))


def simplified(text: str) -> str:
    """Return the text in simplified characters, of the same length."""
    return text if text.isascii() else text.translate(_SIMPLIFYING)


def _simplified(char: str) -> str:
    if not "\u3400" <= char or (char not in _SHARED and _is_simplified(char)):
        return char
    found = _converter().convert(char)
    return found if len(found) == 1 else char


def _is_simplified(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


@functools.cache
def _converter() -> "opencc.OpenCC":
    # Imported here: it takes 0.1 s, and most texts hold no traditional character.
    import opencc

    return opencc.OpenCC("t2s")
