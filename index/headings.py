"""What is a heading and what a sentence, and where the closing words of a report begin."""

import re
from collections.abc import Container, Sequence
from itertools import pairwise

from index.lettered import LETTERED_STYLES
from index.numbering import Mark, starts_numbered
from index.paragraphs import Paragraph
from index.punctuation import ends_sentence, sentence_ends
from index.records import HeadingLabels
from index.role_headings import bare_mark, role_headings

# A heading without a full stop fills its line; one with a full stop is followed by text, or it is a sentence.
LONGEST_LINE_HEADING = 150
LONGEST_RUN_HEADING = 60
LONGEST_LONE_HEADING = 25

_LABEL = re.compile("[^，,；;。：:！？!?]{1,25}[：:]")
_BARE = re.compile("[^，,；;。、！？!?：:…]{2,20}[：:]?")
# One colon or dash may stand inside: 照镜子：我有哪些不足.
_OWN = re.compile("[^，,；;。、！？!?：:…—|.．0-9]{2,20}(?:(?:[：:]|——)[^，,；;。、！？!?：:…—|.．0-9]{2,20})?")
_SHORTEST_PROSE = 40
_ASPECT = re.compile("方面[。.：:]?$")
# 在思想上： alone on a line.
_SPHERE = re.compile("[从在]?[\u4e00-\u9fff]{2,6}(?:上|层面)(?:[来]?[看讲说])?[：:]")
# 理论学习方面：学得浅 and 【理论学习】学得浅 without a number.
_RUN_IN = re.compile("[^，,；;。、！？!?：:…【】]{2,20}方面[：:]|【[^【】\n]{2,20}】[：:]?")
_FRAMED = re.compile("(?:【[^【】\n]{2,20}】|(?P<star>[★☆]) ?[^★☆\n]{2,20}(?P=star))[：:]?")
# What a whole report is called rather than a part of it.
_WHOLE = re.compile("材料|报告|发言|汇报|清单|方案|提纲|总结|台账|检查|剖析")
_NARRATIVE = re.compile("但|虽|(?<!自)我(?!们|国|党|市|县|区|局|院|校)|却|因为|结果|有时|总觉得|认为")


def heading_end(text: str, mark: Mark, stop: int) -> int:
    """Return where the heading of a mark ends, `mark.start` where what follows is a sentence."""
    label = (_LABEL if mark.end > mark.start else _RUN_IN).match(text, mark.end, stop)
    if label and label.end() < stop:
        return label.end()
    run_end = next(sentence_ends(text, mark.end, stop), stop)
    if not any(end in text[mark.end : stop] for end in "。｡！？!?"):
        run_end = stop
    run = text[mark.start : run_end].rstrip()
    return mark.start + len(run) if _is_heading(run, text[mark.end : run_end]) else mark.start


def bare_headings(
    text: str, blocks: Sequence[Paragraph], found: Sequence[Mark], labels: HeadingLabels
) -> dict[int, Mark]:
    """Return a mark without a number for each paragraph that is an unnumbered heading, by its start.

    A short line that names a role is a part, where no number makes parts; beside numbers it is nothing but the name of
    a role, see `role_headings`. One that names an aspect (理论学习方面) is a section, of any name where there are
    several (“庸”的方面, “懒”的方面). In 【】 or ★★ it is a heading beside numbers too: below the numbered parts where
    one stands before it, above them where none names a role. Where nothing else makes parts, short lines of any words
    do, see `_own_parts`.
    The last paragraph has nothing below it, and the first is rather a title, unless it is named as the parts below are.
    """
    parts = [mark for mark in found if mark.style in {"division", "roman", "chinese"} and not mark.inline]
    framed = _framed_style(text, blocks, parts, labels)
    lettered = {mark.start for mark in found if mark.style in LETTERED_STYLES}
    any_aspect = sum(_ends_in_aspect(text[block.start : block.end]) for block in blocks[1:-1]) > 1
    bare: dict[int, Mark] = {}
    for block in blocks[:-1]:
        line = text[block.start : block.end]
        if framed and _is_framed(line, labels):
            bare[block.start] = bare_mark(framed, block)
        elif block is not blocks[0] and block.start not in lettered:
            style = _bare_style(line, labels, parts=bool(parts), any_aspect=any_aspect)
            if style:
                bare[block.start] = bare_mark(style, block)
    bare |= _run_in_sections(text, blocks, found, labels, but=bare)
    if parts:
        aspects = [start for start, mark in bare.items() if mark.style == "bare_section"]
        bare = role_headings(text, blocks[1:-1], found, parts, labels, aspects=aspects) | bare
    if not parts and not bare:
        bare = _own_parts(text, blocks, found)
    first = text[blocks[0].start : blocks[0].end] if blocks else ""
    if not parts and any(mark.style == "bare_part" for mark in bare.values()) and _is_part(first, labels):
        bare[blocks[0].start] = bare_mark("bare_part", blocks[0])
    return bare


def _run_in_sections(
    text: str, blocks: Sequence[Paragraph], found: Sequence[Mark], labels: HeadingLabels, *, but: Container[int]
) -> dict[int, Mark]:
    """Return a mark for each paragraph that begins with an aspect and a colon or in 【】, where several do.

    Several have a known dimension; beside those, 思想方面： is one too.
    """
    numbered = {mark.start for mark in found}
    unnumbered = [block for block in blocks[1:] if block.start not in numbered]
    begun = [(block, run[0]) for block in unnumbered if (run := _RUN_IN.match(text, block.start, block.end))]
    named = {block.start for block, words in begun if labels.role(words) is None and labels.declared(words) is not None}
    return {
        block.start: bare_mark("bare_section", block)
        for block, words in begun
        if len(named) > 1 and block.start not in but and (block.start in named or not words.startswith("【"))
    }


def _bare_style(line: str, labels: HeadingLabels, *, parts: bool, any_aspect: bool) -> str:
    """Return the style of a line without a number, "" for one that is no heading."""
    if not _BARE.fullmatch(line) or starts_numbered(line):
        return ""
    if names_aspect(line, labels) or (any_aspect and _ends_in_aspect(line)):
        return "bare_section"
    return "bare_part" if not parts and labels.role(line) is not None else ""


def _own_parts(text: str, blocks: Sequence[Paragraph], found: Sequence[Mark]) -> dict[int, Mark]:
    """Return a mark for each short line without punctuation right above a paragraph or a list, where there are several.

    What stands above the first paragraph is the title of the report, with names and dates.
    """
    first_entries = {mark.start for mark in found if mark.value == 1 and not mark.inline}
    numbered = {mark.start for mark in found if not mark.inline}
    own: dict[int, Mark] = {}
    opened = False
    for block, below in pairwise(blocks):
        opened = opened or _is_prose(text[block.start : block.end])
        heads = below.start in first_entries or _is_prose(text[below.start : below.end])
        if opened and heads and block.start not in numbered and _OWN.fullmatch(text, block.start, block.end):
            own[block.start] = bare_mark("bare_part", block)
    return own if len(own) > 1 else {}


def _is_prose(line: str) -> bool:
    return len(line) >= _SHORTEST_PROSE and ends_sentence(line)


def _framed_style(text: str, blocks: Sequence[Paragraph], parts: Sequence[Mark], labels: HeadingLabels) -> str:
    """Return the style of headings in 【】 or ★★, "" where they are none."""
    first = next((block.start for block in blocks if _is_framed(text[block.start : block.end], labels)), None)
    if first is None:
        return ""
    if parts and parts[0].start < first:
        return "bare_section"
    lines = (text[mark.end : mark.end + LONGEST_LINE_HEADING].lstrip().partition("\n")[0] for mark in parts)
    return "" if any(labels.role(line) is not None for line in lines) else "bare_part"


def names_aspect(line: str, labels: HeadingLabels) -> bool:
    """Return whether a heading names an aspect whose dimension is known, as 理论学习方面 does."""
    return line.rstrip("：:】★☆").endswith("方面") and labels.declared(line) is not None


def speaks_of_aspect(heading: str, labels: HeadingLabels) -> bool:
    """Return whether a heading names an aspect, known or not, and no role."""
    return labels.role(heading) is None and (labels.declared(heading) is not None or bool(_ASPECT.search(heading)))


def _ends_in_aspect(line: str) -> bool:
    aspect = _ASPECT.search(line) or _SPHERE.fullmatch(line)
    return _BARE.fullmatch(line) is not None and aspect is not None and not starts_numbered(line)


def _is_framed(line: str, labels: HeadingLabels) -> bool:
    return bool(_FRAMED.fullmatch(line)) and _names_part(line, labels)


def _is_part(line: str, labels: HeadingLabels) -> bool:
    return bool(_BARE.fullmatch(line)) and _names_part(line, labels)


def _names_part(line: str, labels: HeadingLabels) -> bool:
    return not _WHOLE.search(line) and labels.role(line) is not None


def is_title(run: str) -> bool:
    """Return whether a numbered line with nothing below it is a bare title, rather than a sentence of its own.

    What ends in 方面 is one, however long: it names an aspect and says nothing of it.
    """
    if not ends_sentence(run) or _ASPECT.search(run):
        return True
    return len(run) <= LONGEST_LONE_HEADING and run.count("，") + run.count(",") <= 1


def _is_heading(run: str, words: str) -> bool:
    if not ends_sentence(run):
        paused = run.endswith(("，", ",", "、", "；", ";")) and not _ASPECT.search(run.rstrip("，,"))
        return len(run) <= LONGEST_LINE_HEADING and not paused
    pauses = words.count("，") + words.count(",")
    if pauses and _NARRATIVE.search(words):
        return False
    return len(run) <= LONGEST_RUN_HEADING and pauses <= 2
