import pytest

from index.outline import outline
from tests.index.outlines import LABELS, shape


def test_a_part_ends_where_its_first_section_follows_on_the_line():
    text = (
        "一、存在问题（一）理论学习方面。学得浅。（二）工作作风方面。走得少。"
        "二、原因分析（一）党性不强。三、整改措施（一）多学。"
    )

    assert shape(text) == [
        "part 一、存在问题",
        "  section （一）理论学习方面。",
        "  section （二）工作作风方面。",
        "part 二、原因分析",
        "  section （一）党性不强。",
        "part 三、整改措施",
        "  section （一）多学。",
    ]
    assert [node.role for node in outline(text, LABELS) if node.kind == "part"] == ["problem", "cause", "measure"]


@pytest.mark.parametrize("part", ["一、存在问题", "一、存在问题：", "一、存在问题 "])
def test_a_section_that_follows_its_part_may_end_in_a_colon_and_go_on_over_lines(part):
    text = f"{part}（一）理论学习方面：一是学得浅。\n读得少。\n（二）工作作风方面：走得少。\n二、原因分析\n甲。"

    assert shape(text) == [
        f"part {part.strip()}",
        "  section （一）理论学习方面：",
        "    point 一是学得浅。",
        "    paragraph",
        "  section （二）工作作风方面：",
        "part 二、原因分析",
        "  paragraph",
    ]


def test_an_aspect_ends_where_its_first_point_follows():
    assert shape("一、存在的问题\n（一）理论学习方面1.学得浅。平时读得少。2.学得偏。只读业务。") == [
        "part 一、存在的问题",
        "  section （一）理论学习方面",
        "    point 1.学得浅。",
        "    point 2.学得偏。",
    ]


def test_points_and_parts_of_a_line_without_full_stops_are_counted_on():
    text = "一、存在的问题1.学得浅，读了2.5本2.做得慢，走马观花3.管得松二、整改措施1.多读2.多走"

    assert shape(text) == [
        "part 一、存在的问题",
        "  point 1.学得浅，读了2.5本",
        "  point 2.做得慢，走马观花",
        "  point 3.管得松",
        "part 二、整改措施",
        "  point 1.多读",
        "  point 2.多走",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "一、存在问题1.5万元的由来", "一、针对问题（一）的说明", "一、整改措施（2）落实", "一、涉及问题1、2号楼的整改",
        "一、基本情况（一）班共有十人", "一、问题1.", "（一）理论学习1.多读", "一、学习了文件，查出问题1.学得浅",
    ],
)  # fmt: skip
def test_other_headings_are_not_cut_at_a_number(line):
    assert [node.start for node in outline(line, LABELS)] == [0]
