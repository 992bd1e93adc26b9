"""How a text is written before any encoder of ours sees it."""

import re

# Raised with every change that alters what encoders see: it is part of their fingerprint.
CANONICAL_VERSION = 1

# Web copies mix half-width marks into Chinese; the encoder's vocabulary tells them apart, the reader does not.
_HALF_WIDTH = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）"}
_CHINESE = r"[一-鿿“”‘’\"《》（）()）]"
_MARK_IN_CHINESE = re.compile(rf"(?<={_CHINESE})[,;:?!()]|[,;:?!()](?={_CHINESE})")
# The vocabulary has no curly quotes, long dashes or ellipses (they would all become one unknown token).
_PLAIN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "—": "-", "…": "."})
# Bytes on a command line that are no UTF-8 arrive as these, and JSON may name them; no encoder and no file takes them.
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_BREAK_IN_CHINESE = re.compile(r"(?<=[一-鿿，。；：、])\s+(?=[一-鿿])")


def canonical(text: str) -> str:
    """Return the text as encoders are to see it: lower case, full-width marks inside Chinese, plain quotes, no breaks.

    Only for encoding: spans and stored text always refer to the original.
    """
    joined = _BREAK_IN_CHINESE.sub("", text.strip())
    return _MARK_IN_CHINESE.sub(lambda mark: _HALF_WIDTH[mark.group()], joined).translate(_PLAIN).lower()
