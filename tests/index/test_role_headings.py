import time

import pytest

from index.outline import outline
from models.taxonomy import load_taxonomy
from tests.index.outlines import depth_of

TAXONOMY = load_taxonomy()


def shape(text):
    nodes = outline(text, TAXONOMY)
    return [f"{'  ' * depth_of(nodes, node)}{node.kind} {node.heading} {node.role}" for node in nodes if node.heading]


@pytest.mark.parametrize("colon", ["", "："])
def test_the_name_of_a_role_alone_on_its_line_is_a_part_after_numbered_ones(colon):
    text = (
        "对照检查\n一、存在问题\n一是学得浅。甲。\n二是走得少。乙。\n"
        f"原因分析{colon}\n一是想得少。丙。\n努力方向和整改措施{colon}\n一是多读。丁。\n二、其他\n戊。"
    )

    assert [
        "part 一、存在问题 problem",
        "  point 一是学得浅。 None",
        "  point 二是走得少。 None",
        f"part 原因分析{colon} cause",
        "  point 一是想得少。 None",
        f"part 努力方向和整改措施{colon} measure",
        "  point 一是多读。 None",
        "part 二、其他 None",
    ] == shape(text)


def test_below_a_part_without_a_role_or_with_several_it_is_a_section():
    for part in ("一、学习方面", "一、存在问题、原因分析及整改措施"):
        found = shape(f"对照检查\n{part}\n存在问题\n（一）学得浅。甲。\n整改措施\n（一）多读。乙。\n二、其他\n丙。")

        assert [
            "  section 存在问题 problem",
            "    section （一）学得浅。 None",
            "  section 整改措施 measure",
            "    section （一）多读。 None",
            "part 二、其他 None",
        ] == found[1:]


def test_inside_a_list_that_goes_on_it_belongs_to_the_entry_also_of_the_last_one():
    below = "原因分析\n忙。\n整改措施\n多读。"
    for first, second in (("（一）", "（二）"), ("1.", "2.")):
        found = shape(f"对照检查\n一、存在问题\n{first}学得浅\n{below}\n{second}走得少\n{below}\n二、其他\n丁。")

        assert [line.split()[-2:] for line in found if line.startswith("    ")] == [
            ["原因分析", "cause"],
            ["整改措施", "measure"],
        ] * 2
        assert [line for line in found if line.startswith("part")] == [
            "part 一、存在问题 problem",
            "part 二、其他 None",
        ]


def test_above_numbered_parts_without_roles_such_lines_are_the_parts():
    text = "对照检查\n存在问题\n一、学习方面\n甲。\n二、作风方面\n乙。\n整改措施\n一、学习方面\n丙。"

    assert [
        "part 存在问题 problem",
        "  section 一、学习方面 None",
        "  section 二、作风方面 None",
        "part 整改措施 measure",
        "  section 一、学习方面 None",
    ] == shape(text)


@pytest.mark.parametrize("line", ["主要问题", "解决突出问题", "整改措施不实", "整改措施，", "目标任务"])
def test_a_line_that_names_the_role_above_or_more_than_a_role_is_none(line):
    assert ["part 一、存在问题 problem"] == shape(f"对照检查\n一、存在问题\n甲。\n{line}\n乙。")


def test_many_such_lines_take_little_time():
    started = time.thread_time()
    outline("一、存在问题\n" + "一、甲\n原因分析\n乙。\n" * 5000, TAXONOMY)

    assert time.thread_time() - started < 20


def test_in_a_part_of_several_roles_it_belongs_to_the_aspect_above_it_unless_it_once_stood_over_all():
    part = "对照检查\n一、查摆的问题、原因分析和整改措施\n"
    within = shape(f"{part}（一）担当方面\n存在的问题\n怕事。\n原因分析\n松懈。\n二、其他\n无。")
    over = shape(f"{part}存在的问题\n（一）担当方面\n怕事。\n原因分析\n松懈。\n二、其他\n无。")

    assert ["    section 存在的问题 problem", "    section 原因分析 cause"] == [
        line for line in within if line[4:5] == "s"
    ]
    assert ["  section 存在的问题 problem", "    section （一）担当方面 None", "  section 原因分析 cause"] == over[1:4]


def test_inside_an_aspect_it_need_not_be_worded_as_in_the_one_before():
    aspects = ("存在问题\n浅。\n产生原因\n忙。\n", "存在的问题\n怕。\n产生原因：\n怕。\n")
    found = shape(
        "对照检查\n一、存在的问题及原因分析\n（一）学习方面\n{}（二）担当方面\n{}二、其他\n无。".format(*aspects)
    )

    assert 4 == sum(line.startswith("    section") for line in found)


def test_measures_that_speak_of_problems_leave_the_parts_without_a_number():
    text = "对照检查\n存在的问题\n一、学习方面\n浅。\n整改措施\n一、加强学习，解决学得浅的问题\n多读。"

    assert ["part 存在的问题 problem", "part 整改措施 measure"] == [line for line in shape(text) if line[0] == "p"]
