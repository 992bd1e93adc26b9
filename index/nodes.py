"""Nodes of an outline while it is built, and what they become: their kinds, and what their headings declare."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.cells import NO_ROLE, column_role
from index.headings import is_title
from index.numbering import RANKS, SPOKEN_STYLES
from index.records import HeadingLabels, NodeKind, OutlineNode
from index.role_names import names_several, role_alone
from index.scripts import simplified

PARAGRAPH = "paragraph"
ROW = "row"
# What was mended before is no measure of this report.
_EARLIER = re.compile("(?:上(?:一|个)?(?:年度|年|次|轮)|去年|[12][0-9]{3}年度?).{0,30}整改.{0,8}(?:情况|进展)")
_UNNUMBERED = SPOKEN_STYLES | {PARAGRAPH, ROW}


@dataclass(slots=True, kw_only=True)
class OpenNode:
    """A node being built. `style` is the numbering style, `PARAGRAPH` for a paragraph, `ROW` for a row of a table.

    `level` is that of a heading by its format, 0 for none. `entry` counts it in its series from 1; `continued` says
    that a paragraph follows in it, `continued_before` that one does in an earlier entry, `holds_points` that lines with
    a number do. `given` is a heading that stands elsewhere: that of its column, or the name of a row that goes on from
    the row above. `names_columns` marks the row of headings of a table. `role` is what a label on
    its line says.
    """

    style: str
    parent: int | None
    start: int
    end: int
    heading_end: int = 0
    number: str = ""
    value: int = 0
    inline: bool = False
    level: int = 0
    given: str = ""
    names_columns: bool = False
    role: str | None = None
    entry: int = 0
    continued: bool = False
    continued_before: bool = False
    holds_points: bool = False


def labelled(text: str, read: str, nodes: Sequence[OpenNode], labels: HeadingLabels) -> tuple[OutlineNode, ...]:
    """Return the finished nodes of a text; `read` is the same text as `outline` reads it."""
    kinds = _kinds(nodes)
    result: list[OutlineNode] = []
    for node, kind in zip(nodes, kinds, strict=True):
        lone = node.end == node.heading_end and not is_title(read[node.start : node.heading_end])
        end = node.start if lone else node.heading_end
        heading = simplified(node.given) or read[node.start : end]
        result.append(
            OutlineNode(
                kind=kind,
                number=node.number,
                heading=node.given or text[node.start : end],
                heading_start=node.start,
                heading_end=end,
                start=node.start,
                end=node.end,
                parent=node.parent,
                declared=labels.declared(heading) if heading else None,
                role=_nearest_role(heading, node, labels)
                or (_role(heading, node, labels) if _may_name_role(result, node, kind) else None),
            )
        )
    return tuple(result)


def _nearest_role(heading: str, node: OpenNode, labels: HeadingLabels) -> str | None:
    """Return the role that a node has whatever stands above it: its heading names nothing else, or a label gives it."""
    if node.given or node.names_columns:
        return None
    return role_alone(heading.removeprefix(node.number), labels) or node.role


def _role(heading: str, node: OpenNode, labels: HeadingLabels) -> str | None:
    if node.names_columns:
        return NO_ROLE
    if not heading:
        return None
    if _EARLIER.search(heading):
        return NO_ROLE
    if node.given:
        return column_role(heading, labels)
    return None if names_several(heading, labels) else labels.role(heading)


def _may_name_role(above: Sequence[OutlineNode], node: OpenNode, kind: NodeKind) -> bool:
    """Return whether a heading may name a role: of a part or a column always, of a section where no part above has."""
    if kind == "paragraph":
        return bool(node.given) or node.names_columns
    parent = node.parent
    while parent is not None:
        if above[parent].role is not None:
            return False
        parent = above[parent].parent
    return kind in {"part", "section"}


def _kinds(nodes: Sequence[OpenNode]) -> list[NodeKind]:
    """Return the kind of each node: the outermost style makes the parts, what lies under them sections and points."""
    top = [RANKS[node.style] for node in nodes if node.parent is None and _numbers_parts(node)]
    outermost = min(top, default=-1)
    nesting = {nodes[node.parent].style for node in nodes if node.parent is not None and node.style != PARAGRAPH}
    return [_kind(node, outermost=outermost, nesting=nesting) for node in nodes]


def _numbers_parts(node: OpenNode) -> bool:
    return node.style not in _UNNUMBERED


def _kind(node: OpenNode, *, outermost: int, nesting: set[str]) -> NodeKind:
    if node.style == PARAGRAPH:
        return "paragraph"
    if not _numbers_parts(node):
        return "point"
    if node.parent is None and RANKS[node.style] == outermost:
        return "part"
    sectional = RANKS[node.style] <= RANKS["issue"]
    return "section" if sectional or node.style in nesting else "point"
