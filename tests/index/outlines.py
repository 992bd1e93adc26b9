"""Outlines as short lines, and texts made of the pieces of reports, for the tests of outline and sentences."""

from hypothesis import strategies as st

from index.outline import outline
from tests.index.heading_labels import AliasLabels

LABELS = AliasLabels()
# Pieces that reports are made of, in any order: closer to trouble than arbitrary characters.
PIECES = st.sampled_from((
    "一、", "二、", "三、", "（一）", "（二）", "(一)", "1.", "2、", "（1）", "①", "②", "一是", "二是", "第一，",
    "首先，", "其次，", "最后，", "一要", "1.5万元", "2023.6", "存在的问题", "原因分析", "整改措施", "理论学习",
    "以上是我的检查，请批评指正", "另外，", "。", "！", "；", "：", "，", "“", "”", "（", "）", "《", "》", "\n",
    "\n\n", " ", "\u3000", "\xa0", "**", "…", "a", ".",
))  # fmt: skip
REPORTS = st.lists(PIECES, max_size=60).map("".join) | st.text()


def shape(text):
    """Return the outline as lines of depth, kind, number and heading, which is what most tests ask about."""
    return _lines(outline(text, LABELS))


def document_shape(document):
    """Return the outline of a document, its headings by format included, as `shape` does that of a text."""
    return _lines(outline(document.text, LABELS, document.headings, document.cells))


def _lines(nodes):
    return [f"{'  ' * depth_of(nodes, node)}{node.kind} {node.heading or node.number}".rstrip() for node in nodes]


def depth_of(nodes, node):
    return 0 if node.parent is None else 1 + depth_of(nodes, nodes[node.parent])


def headings(text):
    return [node.heading for node in outline(text, LABELS) if node.heading]
