"""Where the closing words of a report begin, and the signature and what a page leaves below them."""

import re
from collections.abc import Sequence

from index.numbering import Mark
from index.paragraphs import Paragraph
from index.punctuation import ends_sentence

_CLOSING = re.compile(
    "以上(?:是|就是|便是|为|发言|报告|汇报|检查|剖析|内容|情况|所述|(?:对照检查|检视|自查|查摆)(?!的|出|发现|问题))"
    "|由于(?:自己|本人|我|个人).{0,25}(?:有限|不高|不够|不足)"
    "|(?:最后，)?(?:恳请|敬请|诚请|请|欢迎|希望)(?:各位|同志|大家|领导|组织|党组织|与会|批评)"
    "|不(?:妥|当|到|足)之处"
    "|.{0,40}(?:批评指正|批评帮助|予以指正)"
)
# Wherever it stands: an appendix or another report may follow.
_END = re.compile(
    "(?:以上(?:是|就是|便是|为)?(?:我|本人|个人|自己|支部|班子|党[委组]).{0,60}|以上.{0,20}(?:发言|报告|汇报|检查|剖析|材料).{0,40}"
    "|.{0,12}不(?:妥|当|到|足)之处.{0,30})(?:批评|指正)[^，,]{0,10}[。！]?$"
)
# Only as the very last words, since a measure may say the same.
_LAST_WORDS = re.compile(
    "[^。！？\n]{0,30}(?:请|欢迎|希望).{0,20}(?:监督|批评|指正|指出|帮助|提意见|多提|提出|赐教|海涵|评议|审议|审阅)[^。！？\n]{0,12}[。！]?$"
)
# What speaks of all the points above it.
_SUMMARY = re.compile(
    "另外[，,]|此外[，,]|总之|总的(?:来说|来看|看)|综上|(?:之所以(?:存在|出现|产生)|针对)?(?:以上|上述|这些|以上这些)"
    "(?:问题|不足|差距|毛病)"
)
_SIGNATURE = re.compile(
    "(?:[0-9]{4}|二[〇○零Ｏ0].{2})年.{1,8}$|[0-9]{4} ?[.．/-] ?[0-9]{1,2}(?: ?[.．/-] ?[0-9]{1,2})?[.．]?$"
    "|.{0,8}人[：:].{0,12}$|[\u4e00-\u9fff*xX×]{2,4}$"
)
# What a web page or a printer leaves below a report.
_FOOT = re.compile(
    "[（(【\\[]?(?:(?:责任)?编辑|责编|(?:信息)?来源|稿源|审核|校对|作者|供稿|撰稿)[ \u3000]?[：:]"
    "|[（(](?:此件|此文|本文)[^（）()]{0,20}[）)]$|[上下]一[篇条][：:]|(?:相关|推荐|延伸)(?:阅读|文章)|分享[到至]"
    "|(?:阅读|点击|浏览)(?:数|量|次数)?[ ：:]*[0-9]+(?: |次|$)|扫(?:一扫|描)|(?:打印|关闭)(?:本页|窗口)"
    '|.{0,12}点个?[“"]?(?:在看|赞|关注)|[-—]* ?(?:END|end) ?[-—]*$|[-—]+ ?[0-9]{1,3} ?[-—]+$|第 ?[0-9]{1,3} ?页'
)
_ABOVE_SIGNATURE = re.compile("[^。！？；，]{1,20}$")


def closing_start(text: str, blocks: Sequence[Paragraph], found: Sequence[Mark], *, after: int = -1) -> int:
    """Return where the closing paragraphs begin, below the place `after`; `len(text)` where there are none."""
    last_mark = max((mark.start for mark in found if not mark.inline and mark.style != "sequence"), default=-1)
    last_mark = max(last_mark, after)
    tail = [block for block in blocks if block.start > last_mark]
    for block in tail:
        if _CLOSING.match(text, block.start, block.end):
            return block.start
    return _signature_start(text, tail)


def ends_report(text: str, block: Paragraph) -> bool:
    """Return whether a paragraph asks for criticism of a whole report, whatever follows it."""
    return _END.match(text, block.start, block.end) is not None


def sums_up(text: str, start: int) -> bool:
    """Return whether the paragraph at a place speaks of all the points above it, rather than of the last alone."""
    return _SUMMARY.match(text, start) is not None


def _signature_start(text: str, tail: Sequence[Paragraph]) -> int:
    """Return where a name or a date at the very end, or the words of thanks before it, begin."""
    end = foot = _foot_start(text, tail)
    for block in reversed([block for block in tail if block.start < foot]):
        if _LAST_WORDS.match(text, block.start, block.end):
            return block.start
        if not (_SIGNATURE if end == foot else _ABOVE_SIGNATURE).match(text, block.start, block.end):
            break
        end = block.start
    return end


def _foot_start(text: str, tail: Sequence[Paragraph]) -> int:
    """Return where the lines begin that a web page or a printer left below a report."""
    start = len(text)
    for block in reversed(tail):
        line = text[block.start : block.end]
        if not _FOOT.match(line) or ends_sentence(line):
            break
        start = block.start
    return start
