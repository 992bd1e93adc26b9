"""The names of roles that stand alone, as headings or before a colon (原因分析：), and what they name."""

import re
from collections.abc import Iterator

from index.punctuation import sentence_ends
from index.records import HeadingLabels

# Each kind with the name that a table of labels is most likely to know. Words such as 具体表现 say too little, and
# 工作措施 is what was done as often as what is to be done.
_KINDS = (
    (
        "存在的问题",
        "(?:(?:存在|主要|突出|自身|个人|本人|具体|查摆|检视|检查|查找)[出]?的?){0,3}(?:问题|不足之处|不足|差距)(?:表现|清单|查摆|检视|查找)?"
        "|(?:问题|不足|差距)[和与及](?:问题|不足|差距)",
    ),
    (
        "原因分析",
        "(?:(?:存在|主要|产生|形成|问题|不足|思想|深层次|深层|剖析|具体|自身|个人|上述)的?){0,4}(?:原因|根源|症结)(?:分析|剖析|查找)?"
        "|(?:剖析|分析|查找)(?:原因|根源)",
    ),
    (
        "整改措施",
        "(?:(?:主要|具体|个人|下一步|下步|今后|整改|改进|努力|问题|落实)的?){0,4}(?:措施|举措|对策|打算)"
        "|(?:(?:下一步|下步|今后|个人)的?)?(?:努力|整改|改进|工作)的?(?:方向|思路)",
    ),
)
_ANY = "|".join(names for _, names in _KINDS)
# 原因主要有以下三点： names no more than 原因.
_COUNT = "[一二三四五六七八两几0-9](?:个?方面|点|条|个|项)"
_TAIL = f"(?:主要)?(?:如下|(?:有|是|为|包括|表现[在为]|体现在)(?:以下|如下)?(?:{_COUNT})?)"
_NAME = f"(?:{_ANY})(?:(?:以及|[及和与、])(?:{_ANY}))?"
_ALONE = re.compile(f"{_NAME}|【{_NAME}】|[★☆] ?{_NAME}[★☆]")
_LABEL = re.compile(f"[ \u3000\xa0]*(?P<label>(?P<words>{_NAME})(?:{_TAIL})?[：:]|【(?P<framed>{_NAME})】[：:]?)")
_ONE = re.compile(_ANY)
_AND = re.compile("以及|[、及和与]")
_FAULTS = ("问题", "不足", "差距")
_ENDS = [(full, re.compile(f"(?:{names})$")) for full, names in _KINDS]


def role_alone(words: str, labels: HeadingLabels) -> str | None:
    """Return the role of words that are nothing but its name, a colon or a full stop aside; None for all others."""
    words = words.strip().rstrip("：:。 ")
    if not _ALONE.fullmatch(words) or names_several(words, labels):
        return None
    return _role(words.strip("【】★☆ "), labels)


def names_several(heading: str, labels: HeadingLabels) -> bool:
    """Return whether a heading names roles side by side: below 主要问题、原因及整改措施 stands each of them.

    问题和不足产生的原因 names one.
    """
    *others, last = _AND.split(heading.rstrip("：:。】★☆ "))
    if not others or not _ONE.fullmatch(last) or last.startswith(_FAULTS):
        return False
    role = _role(last, labels)
    return any(labels.role(thing) not in {None, role} for thing in others)


def role_labels(text: str, start: int, stop: int, labels: HeadingLabels) -> Iterator[tuple[int, str]]:
    """Yield the place and the role of each name with a colon, or in 【】, that begins a sentence from `start` on."""
    for place in (start, *sentence_ends(text, start, stop)):
        found = _LABEL.match(text, place, stop)
        role = _role(found["words"] or found["framed"], labels) if found else None
        if found and role:
            yield found.start("label"), role


def _role(words: str, labels: HeadingLabels) -> str | None:
    role = labels.role(words)
    return role or next((labels.role(full) for full, ending in _ENDS if ending.search(words)), None)


class LineRole:
    """The role that a label gives to what follows it on its line, `labels` None where none may."""

    def __init__(self, labels: HeadingLabels | None = None) -> None:
        self._labels = labels
        self._role: str | None = None
        self._opened: set[str] = set()
        self._around: set[str] = set()

    def opened(self, style: str) -> str | None:
        """Return the role of an entry that opens in a style. The next entry of a list around the label has none."""
        if style in self._around:
            self._role, self._around = None, set()
        self._opened.add(style)
        return self._role

    def pieces(self, text: str, start: int, stop: int) -> Iterator[tuple[int, int, str | None]]:
        """Yield the span, and the role, of what stands between two places before the first label and from each on."""
        found = list(role_labels(text, start, stop, self._labels)) if self._labels else []
        for end, following in [*found, (stop, "")]:
            if start < end:
                yield start, end, self._role
            if following:
                start, self._role, self._around = end, following, set(self._opened)
