"""What the headings of a table say of the cells below them, and of the rows that a cell names."""

import re
from collections.abc import Container, Sequence

from index.numbering import Mark
from index.paragraphs import Paragraph
from index.records import HeadingLabels

NO_ROLE = "other"
"""The code of the role of what is no part of an argument, as of a deadline."""

# Who, when and where stands in columns that speak of problems and measures too (整改时限, 问题来源).
_PLACED = "序号|编号|时限|期限|时间|日期|单位|部门|科室"
_ABOUT = re.compile(f"{_PLACED}|责任|领导|来源|类别|类型|备注|人$")
# 党的领导 and 治党责任 are what a column of faults may be about.
_WHO_OR_WHEN = re.compile(f"(?:{_PLACED}|(?<!主体)(?<!治党)(?<!政治)责任|(?<!党的)(?<!全面)领导|人)(?:[（(].*)?$")
# Headings of columns are shorter than those of parts.
_IN_FULL = (
    ("措施", "整改措施"),
    ("举措", "整改措施"),
    ("对策", "整改措施"),
    ("办法", "整改措施"),
    ("表现", "问题表现"),
)
_BRACKET = re.compile("[（(].*")
_AND = re.compile("以及|及其|[及和与并、/／ ]")
_ROW_NAME = re.compile("[^，,；;。！？!?：:…]{2,20}")


def column_role(column: str, labels: HeadingLabels) -> str | None:
    """Return the role that the heading of a column names, `NO_ROLE` for one of persons or dates alone, or None.

    整改措施及时限 holds measures, and what else it holds is said beside them.
    """
    if not _ABOUT.search(column):
        return _named(column, labels)
    things = [thing for thing in _AND.split(_BRACKET.sub("", column)) if thing and not _ABOUT.search(thing)]
    role = next((role for thing in reversed(things) if (role := _named(thing, labels))), None)
    return role or (NO_ROLE if _WHO_OR_WHEN.search(column) else None)


def names_row(words: str, column: str, labels: HeadingLabels) -> bool:
    """Return whether a cell names what its row is about (理论学习方面), rather than say something of it."""
    return (
        _ROW_NAME.fullmatch(words) is not None
        and (words.endswith("方面") or labels.declared(words) is not None)
        and column_role(column, labels) in {None, NO_ROLE}
    )


def outside(found: Sequence[Mark], blocks: Sequence[Paragraph], cells: Container[int]) -> list[Mark]:
    """Return the marks that stand in no cell: a list in a cell ends with it, and numbers nothing around the table."""
    inside = iter([block for block in blocks if block.start in cells])
    block = next(inside, None)
    result = []
    for mark in found:
        while block and block.end <= mark.start:
            block = next(inside, None)
        if not block or mark.start < block.start:
            result.append(mark)
    return result


def _named(thing: str, labels: HeadingLabels) -> str | None:
    return labels.role(thing) or next((labels.role(full) for end, full in _IN_FULL if thing.endswith(end)), None)
