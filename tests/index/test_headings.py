import pytest

from index.outline import outline
from tests.index.outlines import LABELS, headings, shape


def test_a_heading_that_ends_in_a_full_stop_leaves_the_rest_of_its_line():
    text = "一、存在的问题\n（一）在理论学习方面。一是学得浅。读得少。二是学得偏。只读业务。"

    assert shape(text) == [
        "part 一、存在的问题",
        "  section （一）在理论学习方面。",
        "    point 一是学得浅。",
        "    point 二是学得偏。",
    ]


def test_a_heading_may_end_in_a_colon():
    assert headings("（一）理论学习方面：读得少，想得更少。用得不多。") == ["（一）理论学习方面："]


def test_a_heading_that_names_an_aspect_may_be_long_and_have_nothing_below_it():
    heading = "（一）带头严守政治纪律和政治规矩，维护党的团结统一，做到廉洁自律方面。"

    assert headings(f"一、存在的问题\n{heading}") == ["一、存在的问题", heading]


def test_a_heading_on_its_own_line_may_be_long():
    heading = "（一）在带头" + "贯彻新发展理念，" * 15 + "担当作为方面"

    assert headings(f"{heading}\n一是学得浅。读得少。")[0] == heading


def test_a_numbered_line_that_is_a_sentence_has_a_number_and_no_heading():
    text = "一、整改措施\n1、每周二上午开门前半小时集中学习，每人每季度讲一个案例，讲不清楚的，下一周再讲一次。"

    node = outline(text, LABELS)[1]

    assert (node.number, node.heading, node.heading_start, node.heading_end) == ("1、", "", node.start, node.start)


def test_unnumbered_headings_inside_a_paragraph_stay_sentences():
    text = "二、存在的问题\n（一）政治素质方面\n学习内容需更全面。时常忙于事务；党性修养需再提高。认识还有距离。"

    assert shape(text) == ["part 二、存在的问题", "  section （一）政治素质方面", "    paragraph"]


def test_a_mark_alone_on_its_line_takes_the_next_line_as_heading():
    assert headings("一、\n存在的问题\n（一）\n理论学习方面") == ["一、\n存在的问题", "（一）\n理论学习方面"]


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


def test_unnumbered_lines_that_name_a_role_are_parts_where_nothing_else_numbers_parts():
    text = "关于问题的报告\n前言。\n存在的问题\n1.学得浅。甲。\n2.做得慢。乙。\n整改措施：\n多读书。"

    assert shape(text) == [
        "paragraph",
        "paragraph",
        "part 存在的问题",
        "  point 1.学得浅。",
        "  point 2.做得慢。",
        "part 整改措施：",
        "  paragraph",
    ]
    assert [node.role for node in outline(text, LABELS) if node.kind == "part"] == ["problem", "measure"]
    assert "part 存在的问题" not in shape(f"一、情况\n{text}")


def test_an_unnumbered_line_that_names_an_aspect_is_a_section():
    text = "一、存在的问题\n理论学习方面\n一是学得浅。甲。\n工作作风方面：\n走得少。\n二、整改措施\n多读。"

    assert shape(text) == [
        "part 一、存在的问题",
        "  section 理论学习方面",
        "    point 一是学得浅。",
        "  section 工作作风方面：",
        "    paragraph",
        "part 二、整改措施",
        "  paragraph",
    ]


def test_a_first_line_that_is_named_as_the_parts_below_it_is_a_part_and_a_title_is_none():
    parts = "原因分析\n想得少。\n整改措施\n多读书。"

    assert ["存在问题", "原因分析", "整改措施"] == headings(f"存在问题\n学得浅。\n{parts}")
    assert ["原因分析", "整改措施"] == headings(f"存在问题整改报告\n学得浅。\n{parts}")


def test_a_line_in_black_brackets_that_names_a_role_is_a_part_above_numbers_that_follow_it():
    text = "【存在问题】\n一、学习方面\n学得浅。\n【整改措施】\n一、学习方面\n多读。\n【大事】\n甲。"

    assert shape(text) == [
        "part 【存在问题】",
        "  section 一、学习方面",
        "    paragraph",
        "part 【整改措施】",
        "  section 一、学习方面",
        "    paragraph",
        "    paragraph",
        "    paragraph",
    ]


def test_a_line_in_black_brackets_is_a_section_of_the_numbered_part_before_it():
    nodes = outline("一、学习方面\n【存在问题】\n学得浅。\n【整改措施】\n多读。\n二、其他\n甲。", LABELS)

    assert [(node.heading, node.parent, node.role) for node in nodes if node.heading] == [
        ("一、学习方面", None, None),
        ("【存在问题】", 0, "problem"),
        ("【整改措施】", 0, "measure"),
        ("二、其他", None, None),
    ]


def test_a_line_in_black_brackets_is_no_part_above_numbered_parts_that_name_roles():
    assert headings("【主要问题】\n甲。\n一、存在问题\n学得浅。\n二、整改措施\n多读。") == [
        "一、存在问题",
        "二、整改措施",
    ]
