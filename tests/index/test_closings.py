import pytest

from index.outline import outline
from tests.index.outlines import LABELS


@pytest.mark.parametrize(
    "closing",
    [
        "以上是我个人的对照检查情况，请同志们批评指正。",
        "由于自己的思想认识水平有限，剖析还不够深刻，恳请各位同志批评指正。",
        "不妥之处，请批评指正。",
        "检查就到这里，请大家多提意见。",
        "汇报人：张三\n2023年8月5日",
        "何立\n2024.12.3",
        "何立\n2024-12-03",
        "以上检视还不够深刻，我一定认真改正。",
        "报告完毕，请大家评议。",
        "文笔粗浅，请大家不吝赐教。",
        "（责任编辑：小雅）\n上一篇：述职报告  下一篇：没有了\n分享到：微信 QQ空间",
        "何立\n（此件公开发布）\n— 3 —",
        "END\n来源：某街道\n阅读 2369   赞 18",
        "最后，恳请各位领导和同志们批评帮助。",
    ],
)
def test_closing_words_belong_to_no_section(closing):
    nodes = outline(f"一、整改措施\n（一）多读书。每天一小时。\n{closing}", LABELS)

    assert [(node.kind, node.parent, node.role) for node in nodes if node.start >= nodes[1].end] == [
        ("paragraph", None, None) for _ in closing.split("\n")
    ]


def test_a_measure_that_asks_for_criticism_closes_nothing():
    text = "一、整改措施\n（一）接受监督。请同志们监督我。\n（二）多读书。每天读。"

    assert [node.parent for node in outline(text, LABELS)] == [None, 0, 0]


@pytest.mark.parametrize(
    "last", ["阅读3本书，写3篇笔记。", "来源：群众反映的事，件件有着落。", "以上检视的问题，年底前改完。"]
)
def test_a_last_measure_that_begins_as_the_foot_of_a_page_stays_a_measure(last):
    nodes = outline(f"一、整改措施\n（一）多读书。每天一小时。\n{last}", LABELS)

    assert nodes[-1].parent is not None


def test_what_follows_the_end_of_a_report_is_no_part_of_it():
    text = (
        "一、问题\n学得浅。\n二、整改措施\n多读。\n以上是我的对照检查，请同志们批评指正。\n何立\n附件：清单\n"
        "1.学得浅。多读。\n2.走得少。多走。"
    )

    assert [node.parent for node in outline(text, LABELS)] == [None, 0, None, 2, None, None, None, None, None]
