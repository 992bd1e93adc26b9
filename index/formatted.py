"""Headings that their format shows, as Word styles and HTML elements do, beside those that a number shows."""

from collections import Counter
from collections.abc import Mapping, Sequence

from index.headings import LONGEST_LINE_HEADING, LONGEST_RUN_HEADING
from index.numbering import DECIMAL_STYLES, Mark, starts_numbered
from index.paragraphs import Paragraph
from index.punctuation import ends_sentence, sentence_ends
from index.records import HeadingLabels


def formatted_levels(
    text: str, blocks: Sequence[Paragraph], labels: HeadingLabels, levels: Mapping[int, int]
) -> dict[int, int]:
    """Return the level of each paragraph that is a heading by its format, by its start.

    Styles are used carelessly: a long sentence in one is none, nor is the title at the top of a report, nor a
    paragraph with nothing below it.
    """
    kept = {
        block.start: levels[block.start]
        for block in blocks[:-1]
        if block.start in levels and _may_be_heading(text, block)
    }
    while kept and _is_title(text, blocks, labels, kept):
        del kept[min(kept)]
    return kept


def formatted_headings(text: str, found: Sequence[Mark], levels: Mapping[int, int]) -> dict[int, Mark]:
    """Return a mark without a number for each heading without one, by its start.

    It goes with the numbered headings of its level where there are any, otherwise by its level alone.
    """
    numbered = {
        mark.start: mark.style
        for mark in found
        if not mark.inline and mark.start in levels and mark.style not in DECIMAL_STYLES
    }
    depths = sorted(set(levels.values()))
    styles = dict(zip(depths, ("bare_part", "bare_section"), strict=False))
    for depth in depths:
        used = Counter(style for start, style in numbered.items() if levels[start] == depth)
        if used:
            styles[depth] = used.most_common(1)[0][0]
    return {
        start: Mark(style=styles.get(level, "bare_point"), number="", value=0, start=start, end=start, inline=False)
        for start, level in levels.items()
        if start not in numbered and not starts_numbered(text[start : start + LONGEST_LINE_HEADING])
    }


def _may_be_heading(text: str, block: Paragraph) -> bool:
    line = text[block.start : block.end]
    if any(end < block.end for end in sentence_ends(text, block.start, block.end)):
        return False
    return len(line) <= (LONGEST_RUN_HEADING if ends_sentence(line) else LONGEST_LINE_HEADING)


def _is_title(text: str, blocks: Sequence[Paragraph], labels: HeadingLabels, levels: Mapping[int, int]) -> bool:
    """Return whether the first heading is the title: at the very top, or the only one of its level, and without a role.

    One that has a role is a heading all the same where others of its level follow.
    """
    first = next(block for block in blocks if block.start in levels)
    line = text[first.start : first.end]
    if starts_numbered(line):
        return False
    alone = list(levels.values()).count(levels[first.start]) == 1
    at_top = first.start == blocks[0].start
    named = labels.role(line) is not None
    return (alone or not named) if at_top else (alone and not named and len(levels) > 1)
