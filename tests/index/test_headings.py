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


def test_lines_that_end_in_an_aspect_are_sections_of_any_name_where_there_are_several():
    text = "一、存在的问题\n“庸”的方面\n业务生疏。\n“懒”的方面\n巡查少。\n二、整改措施\n多读。"

    assert [line for line in shape(text) if "section" in line] == ["  section “庸”的方面", "  section “懒”的方面"]
    assert "section" not in " ".join(shape(text.replace("“懒”的方面\n", "")))


def test_an_aspect_before_a_comma_and_a_list_is_a_heading():
    assert headings("（一）在理论学习方面，一是学得浅；二是学得偏。")[0] == "（一）在理论学习方面，"
    assert headings("（一）学得还不够，一是学得浅；二是学得偏。")[0] == "二是学得偏。"


def test_spheres_alone_on_a_line_before_a_colon_are_sections_where_there_are_several():
    text = "一、存在的问题\n在思想上：\n学得浅。\n在工作上：\n做得慢。\n二、整改措施\n多读。"

    assert headings(text) == ["一、存在的问题", "在思想上：", "在工作上：", "二、整改措施"]


def test_short_lines_of_any_words_above_paragraphs_are_parts_where_nothing_else_makes_them():
    prose = "这一年走村入户的时候少了，坐在屋里等人上门的时候多了，有两户人家的事情一拖就是半年，到现在还没有办完。"
    text = (
        f"个人材料\n刘某\n{prose}\n照镜子：毛病在哪\n{prose}\n开药方：往后怎么改\n1.走到户。{prose}\n2.问到底。{prose}"
    )

    assert [line for line in shape(text) if "part" in line] == [
        "part 照镜子：毛病在哪",
        "part 开药方：往后怎么改",
    ]
    assert "part 照镜子：毛病在哪" not in shape(f"个人材料\n刘某\n{prose}\n照镜子：毛病在哪\n{prose}\n{prose}")


def test_lines_that_begin_with_an_aspect_or_a_name_in_black_brackets_are_sections_where_several_have_a_dimension():
    aspects = "标题\n理论学习方面：学得浅。\n思想方面：信念松动。\n工作作风方面：走得少。\n今后的打算\n多读。"
    framed = "一、问题\n【理论学习】\n1.学得浅。甲。\n【工作作风】走得少。\n【时限】年底。\n二、打算\n多读。"

    assert headings(aspects) == ["理论学习方面：", "思想方面：", "工作作风方面：", "今后的打算"]
    assert headings(framed) == ["一、问题", "【理论学习】", "1.学得浅。", "【工作作风】", "二、打算"]
    assert headings("标题\n理论学习方面：学得浅。\n思想方面：信念松动。") == []
