"""Numbering marks of Chinese reports, `一、` `（一）` `1.` `①` `第一，` `首先` `一是`, and where they may stand.

A lexer rather than a list of line patterns, since the same marks stand at line starts and inside paragraphs, and since
most of what looks like a mark is none (1.5万元, 第一时间, 三、四月份): the left context decides.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from index.text import has_letter

_CN = "[〇零一二三四五六七八九十百]{1,4}"
_AR = "[0-9０-９]{1,2}"
_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0}
# The signs of cheques, which some offices number parts with.
_FORMAL = "[壹贰叁肆伍陆柒捌玖拾]{1,3}"
_PLAIN = str.maketrans("壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十")
_SEQUENCE = {"首先": 1, "其次": 2, "再次": 3, "再者": 4, "然后": 5, "最后": 6}

# From the outermost to the innermost habit of nesting. The order decides only where the text itself does not.
# A bare style is a heading without a number.
RANKS = {
    style: rank
    for rank, style in enumerate((
        "bare_part",
        "division",
        "roman",
        "chinese",
        "bare_role",
        "chinese_bracket",
        "roman_below",
        "roman_bracket",
        "bare_section",
        "issue",
        "letter",
        "arabic",
        "decimal",
        "subdecimal",
        "arabic_bracket",
        "circled",
        "letter_below",
        "bare_point",
        "ordinal",
        "sequence",
        "need",
        "spoken",
        "listed",
    ))
}
DECIMAL_STYLES = frozenset({"decimal", "subdecimal"})
SPOKEN_STYLES = frozenset({"ordinal", "sequence", "need", "spoken", "listed"})

_MARK = re.compile(
    "|".join((
        f"(?P<division>第{_CN}(?:部分|章|篇)[、：:，,]?|{_FORMAL}[ 　]?[、．.])",
        f"(?P<chinese>{_CN}[ 　]?[、．.](?!{_CN}[、月季级线把]))",
        f"(?P<chinese_bracket>[（(] ?{_CN} ?[）)][、．.]?|[㈠-㈩])",
        f"(?P<arabic_bracket>[（(] ?{_AR} ?[）)][、．.]?|{_AR}[）)]|[⑴-⒇])",
        # 1.5万元 is no mark, 1.2023年以来 is one.
        f"(?P<arabic>{_AR}[ 　]?(?:、(?!{_AR}[、月日号])|[.．](?![0-9０-９])|[.．](?=(?:19|20)[0-9]{{2}}年))|[⒈-⒛])",
        "(?P<circled>[①-⑳])",
        f"(?P<ordinal>第(?:{_CN}|[1-9])(?:个?方面|点)?(?:[，,、：:]|是)|其[一二三四五六](?:[，,、：:]|是))",
        "(?P<sequence>(?:首先|其次|再次|再者|然后|最后)(?=[，,、：:是要]))",
        f"(?P<spoken>(?P<spoken_number>{_CN})是(?!(?P=spoken_number)(?:[，,、。；]|$)))",
        f"(?P<need>{_CN}要)",
    ))
)
# 1.1 and 1.1.1, at a line start alone and only in a series: 1.5万元, 12.3 and v1.2.3 look the same.
_DECIMAL = re.compile(
    r"^[ \u3000\xa0]*(?P<number>[0-9]{1,2}(?:[.．][0-9]{1,2}){1,2})"
    "(?:[.．、]?[ \u3000\xa0]+|[.．、]|(?![万亿千百元年月日号个倍米吨次岁度分]|小时|公里|平方|左右))"
    "(?=[\u4e00-\u9fff“《])",
    re.MULTILINE,
)
# 问题一： and 反馈问题1. head what follows, at a line start alone and only in a series.
_ISSUE = re.compile(
    rf"^[ \u3000\xa0]*(?P<number>(?:(?:反馈|查摆|检视|自查|存在|突出|主要|具体)的?)?问题(?:{_CN}|{_AR})[：:、．.])"
    "(?=[ \u3000\xa0]*[\u4e00-\u9fff“《])",
    re.MULTILINE,
)
# Not 问题（一）的 nor 问题（1）个.
_FOLLOWED = re.compile("[ \u3000\xa0]*(?![的个项条号](?!人))[\u4e00-\u9fff“《]")
_STARTS = re.compile(r"^[ \u3000\xa0]*(?=\S)", re.MULTILINE)
_ANCHOR = re.compile(
    r"(?P<line>^[ \u3000\xa0]*)"
    r"|(?P<stop>[。｡！？!?；;：:…][”’』」）)】》\"]*[ \u3000\xa0]*)"
    r"|(?P<space>[ \u3000\xa0]+)"
    r"|(?P<comma>[，,])",
    re.MULTILINE,
)
_INLINE_STYLES = {
    "stop": frozenset(RANKS) - {"division"},
    "space": frozenset({"chinese", "chinese_bracket"}),
    "comma": frozenset({"spoken", "ordinal", "circled"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A numbering mark at `start:end` of a text, in code points. `number` is the mark as written, `value` its count."""

    style: str
    number: str
    value: int
    start: int
    end: int
    inline: bool
    after_comma: bool = False


def marks(text: str) -> tuple[Mark, ...]:
    """Return the numbering marks of a text in order of place. Never raises; most texts without numbers give ()."""
    found = list(_candidates(text))
    found = [mark for place, mark in enumerate(found) if not mark.after_comma or _opens_list(found, place, text)]
    return tuple(sorted([*_without_lone_words(found), *_decimals(text), *_issues(text)], key=lambda mark: mark.start))


def fused_mark(text: str, start: int, stop: int, *, inline: bool) -> Mark | None:
    """Return the mark at `start` with words after it before `stop`, None where there is none.

    It is for a place inside a line where no mark stands of itself, as after the heading in 存在的问题1.学得浅.
    """
    found = _MARK.match(text, start, stop)
    if found is None or not _FOLLOWED.match(text, found.end(), stop):
        return None
    return _mark(found, inline=inline)


def starts_numbered(line: str) -> bool:
    """Return whether a line begins with a numbering mark, white space aside."""
    start = _STARTS.match(line)
    found = _MARK.match(line, start.end()) if start else None
    if found is None:
        return _ISSUE.match(line) is not None
    return _style(found) not in {"sequence", "need"}


def is_bare_mark(piece: str) -> bool:
    """Return whether a piece of text is a numbering mark with at most punctuation after it."""
    found = _MARK.match(piece.strip())
    return found is not None and not has_letter(piece.strip()[found.end() :])


def with_stops(found: Sequence[Mark], end: int) -> list[tuple[Mark, int]]:
    """Return each mark with the place where the next one or the end of its paragraph ends it."""
    stops = [*(mark.start for mark in found[1:]), end]
    return list(zip(found, stops, strict=False))


def value_of(number: str) -> int:
    """Return what a Chinese, Arabic, circled or worded number counts; 0 for what is none."""
    if number[:2] in _SEQUENCE:
        return _SEQUENCE[number[:2]]
    arabic = re.search("[0-9]+", number.translate(str.maketrans("０１２３４５６７８９", "0123456789")))
    if arabic:
        return int(arabic.group())
    chinese = re.search(_CN, number.translate(_PLAIN))
    return _chinese_value(chinese.group()) if chinese else _sign_value(number)


def _candidates(text: str) -> Iterator[Mark]:
    position = 0
    for anchor in _ANCHOR.finditer(text):
        found = _MARK.match(text, anchor.end()) if anchor.end() >= position else None
        if found is None or not _may_stand(found, anchor):
            continue
        position = found.end()
        kind = anchor.lastgroup
        yield _mark(found, inline=kind != "line", after_comma=kind == "comma")


def _decimals(text: str) -> Iterator[Mark]:
    """Yield the marks 1.1 and 1.1.1 that count on from 1.1, each above the first known by its number before."""
    found = [(place, tuple(map(int, re.split("[.．]", place["number"])))) for place in _DECIMAL.finditer(text)]
    written = {number for _, number in found}
    known: set[tuple[int, ...]] = set()
    for place, number in found:
        if not _counts_on(number, known) and not (number == (1, 1) and written & {(1, 2), (2, 1), (1, 1, 1)}):
            continue
        known.add(number)
        yield Mark(
            style="decimal" if len(number) == 2 else "subdecimal",
            number=place["number"],
            value=number[-1],
            start=place.start("number"),
            end=place.end("number"),
            inline=False,
        )


def _issues(text: str) -> list[Mark]:
    """Return the marks 问题一：, 问题二： where the first and the second are there."""
    found = [
        Mark(
            style="issue",
            number=place["number"],
            value=value_of(place["number"]),
            start=place.start("number"),
            end=place.end(),
            inline=False,
        )
        for place in _ISSUE.finditer(text)
    ]
    return found if {1, 2} <= {mark.value for mark in found} else []


def _counts_on(number: tuple[int, ...], known: Collection[tuple[int, ...]]) -> bool:
    *above, last = number
    if last > 1:
        return (*above, last - 1) in known
    return last == 1 and (tuple(above) in known or any(other[0] == number[0] - 1 for other in known))


def _may_stand(found: re.Match[str], anchor: re.Match[str]) -> bool:
    kind = anchor.lastgroup or ""
    if kind == "line":
        return True
    if _style(found) == "chinese" and re.match(_CN, found.string[found.end() : found.end() + 1]):
        return False
    return _style(found) in _INLINE_STYLES[kind]


def _style(found: re.Match[str]) -> str:
    return next(name for name in RANKS if found.groupdict().get(name))


def _mark(found: re.Match[str], *, inline: bool, after_comma: bool = False) -> Mark:
    number = found.group().strip()
    return Mark(
        style=_style(found),
        number=number,
        value=value_of(number),
        start=found.start(),
        end=found.end(),
        inline=inline,
        after_comma=after_comma,
    )


def _opens_list(found: Sequence[Mark], place: int, text: str) -> bool:
    """Return whether a mark after a comma is the first of a list whose second stands after a stop on the same line."""
    mark = found[place]
    following = next((other for other in found[place + 1 : place + 9] if other.style == mark.style), None)
    if mark.value != 1 or following is None:
        return False
    return following.value == 2 and not following.after_comma and "\n" not in text[mark.start : following.start]


def _without_lone_words(found: Sequence[Mark]) -> list[Mark]:
    """Drop 首先, 最后, 一要 where no series of at least two stands under one heading: there they are plain words."""
    kept: list[Mark] = []
    series: dict[str, list[Mark]] = {}
    for mark in found:
        if mark.style in {"sequence", "need"}:
            series.setdefault(mark.style, []).append(mark)
            continue
        if RANKS[mark.style] <= RANKS["arabic"]:
            kept += _series(series)
        kept.append(mark)
    kept += _series(series)
    return sorted(kept, key=lambda mark: mark.start)


def _series(series: dict[str, list[Mark]]) -> list[Mark]:
    """Empty the gathered marks and return those that make a series from its first member on."""
    kept: list[Mark] = []
    for gathered in series.values():
        first = next((place for place, mark in enumerate(gathered) if mark.value == 1), len(gathered))
        if len(gathered) - first > 1:
            kept += gathered[first:]
    series.clear()
    return kept


def _chinese_value(number: str) -> int:
    if len(number) > 1 and all(char in _DIGITS for char in number):
        return int("".join(str(_DIGITS[char]) for char in number))
    tens, ten, units = number.rpartition("十")
    if ten:
        return _DIGITS.get(tens[-1:], 1) * 10 + _DIGITS.get(units[:1], 0)
    return _DIGITS.get(number[-1:], 0)


def _sign_value(sign: str) -> int:
    for first in "①⑴⒈㈠":
        if 0 <= ord(sign[0]) - ord(first) < 20:
            return ord(sign[0]) - ord(first) + 1
    return 0
