"""Full stops typed in half width between Chinese words, read as the full stops that they stand for."""

import re

from index.numbering import is_bare_mark

_WORD = "[\u4e00-\u9fff]"
_HALF = re.compile(
    f'(?<={_WORD}[\u4e00-\u9fff”’）》」』)"])'
    "[.．](?![.．])"
    f'(?=[”’）》」』)"]?[ \u3000\xa0]*(?:[\u4e00-\u9fff“‘’（(《「『①-⑳]|$))',
    re.MULTILINE,
)
# What stands before a stop and may be a number (第一. and （一）. open points).
_BEFORE = re.compile("[^。！？；;：:，,.．\\s]*$")
_LONGEST_MARK = 8
_DIGITS = "〇一二三四五六七八九十"
_NUMERALS = frozenset(_DIGITS)
# 问题一. and 图二. at the beginning of a line are numbers too.
_NUMBERED = re.compile(f"{_WORD}{{0,4}}[{_DIGITS}]+")
# Names of foreigners are written so too (卡尔.马克思); their syllables have characters of their own.
_SYLLABLES = frozenset(
    "阿夫埃艾奥巴贝比伯博布查达戴德迪尔恩法菲费弗福戈格古哈海汉赫胡基吉加卡凯科克肯库拉莱兰劳勒雷里利列林卢鲁伦罗洛马麦曼"
    "梅蒙米密莫姆纳内尼诺帕佩皮普乔切琼萨塞桑莎斯史司苏索塔泰汤特图托瓦威维温沃西希夏谢休雅亚扬伊约扎詹珍朱兹宁"
)


def with_full_stops(text: str) -> str:
    """Return a text of the same length in which half-width stops between Chinese words are 。.

    3.5, 1.1, addresses and names of files keep theirs: there is no Chinese word on both sides. So do lines that have a
    full stop in full width: whoever wrote them means something else (七.一, names).
    """
    if "." not in text and "．" not in text:
        return text
    return "".join(line if "。" in line else _HALF.sub(_full, line) for line in text.splitlines(keepends=True))


def _full(found: re.Match[str]) -> str:
    text, place = found.string, found.start()
    following = text[found.end() : found.end() + 1]
    if text[place - 1] in _SYLLABLES and following in _SYLLABLES:
        return found.group()
    if text[place - 1] in _NUMERALS and (following in _NUMERALS or _NUMBERED.fullmatch(text, 0, place)):
        return found.group()
    before = _BEFORE.search(text, max(place - _LONGEST_MARK, 0), place)
    return found.group() if before and is_bare_mark(f"{before.group()}、") else "。"
