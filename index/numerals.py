"""Numerals in the number formats of Word, named as its files name them."""

UNNUMBERED = frozenset({"bullet", "none"})

_DIGITS = "〇一二三四五六七八九"
_LEGAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_UNITS = ((1000, "千", "仟"), (100, "百", "佰"), (10, "十", "拾"))
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_COUNTED = frozenset({
    "chineseCounting",
    "chineseCountingThousand",
    "japaneseCounting",
    "japaneseDigitalTenThousand",
    "koreanCounting",
    "taiwaneseCounting",
    "taiwaneseCountingThousand",
})
_LEGAL = frozenset({"chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"})
_SPELLED = frozenset({"ideographDigital", "taiwaneseDigital", "koreanDigital2"})
# The sign of one and how many such signs there are.
_SIGNS = {
    "decimalEnclosedCircle": ("①", 20),
    "decimalEnclosedCircleChinese": ("①", 20),
    "decimalEnclosedParen": ("⑴", 20),
    "decimalEnclosedFullstop": ("⒈", 20),
    "ideographEnclosedCircle": ("㊀", 10),
}


def numeral(count: int, kind: str) -> str:
    """Return a number as a format draws it; one that the format has no sign for, or of an unknown format, as digits."""
    if kind in _SIGNS and 0 < count <= _SIGNS[kind][1]:
        return chr(ord(_SIGNS[kind][0]) + count - 1)
    if kind in _COUNTED | _LEGAL and 0 < count < 10_000:
        return _counted(count, legal=kind in _LEGAL)
    if kind in _SPELLED:
        return "".join(_DIGITS[int(digit)] for digit in str(count))
    if kind.endswith("Roman") and 0 < count < 4000:
        return _in_case(_roman(count), kind)
    if kind.endswith("Letter") and 0 < count <= 26 * 9:
        # After z come aa, bb, cc.
        return _in_case(chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1), kind)
    return _other(count, kind)


def _other(count: int, kind: str) -> str:
    if kind == "ideographTraditional" and 0 < count <= len(_STEMS):
        return _STEMS[count - 1]
    if kind == "ideographZodiac" and 0 < count <= len(_BRANCHES):
        return _BRANCHES[count - 1]
    if kind == "decimalZero":
        return f"{count:02d}"
    if kind.startswith("decimalFullWidth"):
        return "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in str(count))
    return str(count)


def _in_case(letters: str, kind: str) -> str:
    return letters.upper() if kind.startswith("upper") else letters


def _counted(count: int, *, legal: bool) -> str:
    """Return a number below 10,000 as Chinese counts it: 十二, 二十, 一百零五; in the signs of cheques if `legal`."""
    digits = _LEGAL_DIGITS if legal else _DIGITS
    words, skipped = "", False
    for unit, name, legal_name in _UNITS:
        digit, count = divmod(count, unit)
        if digit:
            words += ("零" if skipped and words else "") + digits[digit] + (legal_name if legal else name)
        skipped = not digit
    words += (("零" if skipped and words else "") + digits[count]) if count else ""
    return words.removeprefix("一") if words.startswith("一十") else words


def _roman(count: int) -> str:
    letters = ""
    for value, sign in _ROMAN:
        letters += sign * (count // value)
        count %= value
    return letters
