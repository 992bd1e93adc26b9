import hashlib
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings

from index.outline import outline
from index.text import normalize
from tests.index.outlines import LABELS, REPORTS, depth_of, shape

OUTLINES = sorted((Path(__file__).parents[1] / "data" / "outlines").glob("*.json"))
SEEDS = Path(__file__).parents[3] / "shared" / "seeds"


@pytest.mark.parametrize("expected", OUTLINES, ids=lambda path: path.stem)
def test_the_outline_of_a_real_report_is_what_a_reader_sees(expected):
    seed = SEEDS / f"{expected.stem}.txt"
    if not seed.is_file():
        pytest.skip(f"{seed} is not at hand: the real reports are no part of the repository")
    text = normalize(seed.read_text(encoding="utf-8"))

    nodes = outline(text, LABELS)

    wanted = json.loads(expected.read_text(encoding="utf-8"))
    assert [described(text, nodes, node) for node in nodes] == wanted["nodes"]
    assert {kind: sum(node.kind == kind for node in nodes) for kind in wanted["counts"]} == wanted["counts"]


def described(text, nodes, node):
    digest = hashlib.sha256(node.heading.encode("utf-8")).hexdigest()[:12]
    return {
        "line": text.count("\n", 0, node.start) + 1,
        "depth": depth_of(nodes, node),
        "kind": node.kind,
        "number": node.number,
        "heading_length": len(node.heading),
        "heading_sha256": digest if node.heading else "",
        "role": node.role,
        "declared": node.declared,
    }


def test_parts_hold_sections_and_sections_hold_points():
    text = (
        "一、存在的问题\n（一）理论学习方面\n1.学得浅。平时读得少。\n（二）工作作风方面\n"
        "二、整改措施\n（一）多读书。每天一小时。"
    )

    assert shape(text) == [
        "part 一、存在的问题",
        "  section （一）理论学习方面",
        "    point 1.学得浅。",
        "  section （二）工作作风方面",
        "part 二、整改措施",
        "  section （一）多读书。",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("一、", "二、"), ("一．", "二．"), ("（一）", "（二）"), ("(一)", "(二)"), ("（一)", "（二)"), ("㈠", "㈡"),
        ("1.", "2."), ("1、", "2、"), ("1．", "2．"), ("１、", "２、"), ("（1）", "（2）"), ("1）", "2）"), ("①", "②"),
        ("⑴", "⑵"), ("一是", "二是"), ("第一，", "第二，"), ("第一、", "第二、"), ("其一，", "其二，"),
        ("首先，", "其次，"), ("一要", "二要"), ("第一部分", "第二部分"),
    ],
)  # fmt: skip
def test_every_numbering_style_opens_two_entries_side_by_side(first, second):
    nodes = outline(f"{first}学习不深入。平时读得少。\n{second}担当不主动。遇事绕着走。", LABELS)

    assert [node.heading for node in nodes] == [f"{first}学习不深入。", f"{second}担当不主动。"]
    assert [node.parent for node in nodes] == [None, None]


def test_points_inside_one_paragraph_open_one_by_one():
    text = "一、存在的问题\n我认真对照。一是学得浅。读得少；用得更少。二是做得慢。总往后拖。"

    assert shape(text) == ["part 一、存在的问题", "  paragraph", "  point 一是学得浅。", "  point 二是做得慢。"]


def test_a_point_after_a_semicolon_opens_too():
    text = "主要做了三件事：一是整合资源；二是创新方式；三是抓好队伍。"

    assert [node.number for node in outline(text, LABELS)] == ["", "一是", "二是", "三是"]


def test_the_first_point_may_follow_a_comma_when_the_second_follows_a_stop():
    text = "有两点不足，一是学得浅；二是做得慢。"

    assert [node.number for node in outline(text, LABELS)] == ["", "一是", "二是"]


def test_repeated_and_skipped_numbers_open_as_they_stand():
    text = "一、存在的问题\n一是学得浅。甲。\n二是学得偏。乙。\n二是做得慢。丙。\n五是管得松。丁。"

    assert [node.number for node in outline(text, LABELS)] == ["一、", "一是", "二是", "二是", "五是"]
    assert {node.parent for node in outline(text, LABELS)[1:]} == {0}


def test_the_outermost_style_makes_the_parts_whatever_it_is():
    assert shape("1. 存在的问题\n（1）学得浅。甲。\n（2）学得偏。乙。\n2. 整改措施\n（1）多读。丙。") == [
        "part 1. 存在的问题",
        "  point （1）学得浅。",
        "  point （2）学得偏。",
        "part 2. 整改措施",
        "  point （1）多读。",
    ]


def test_parts_numbered_with_the_signs_of_cheques_hold_those_with_plain_ones():
    text = "壹、存在的问题\n一、理论学习方面\n甲。\n二、工作作风方面\n乙。\n贰、原因\n丙。"

    assert [line for line in shape(text) if "paragraph" not in line] == [
        "part 壹、存在的问题",
        "  section 一、理论学习方面",
        "  section 二、工作作风方面",
        "part 贰、原因",
    ]


def test_the_last_entry_of_a_list_holds_what_those_before_it_did():
    text = "第一、问题\n1、学得浅。甲。\n2、走得少。乙。\n第二、措施\n1、多读。丙。\n2、多走。丁。"

    assert [node.parent for node in outline(text, LABELS) if node.heading] == [None, 0, 0, None, 3, 3]


def test_an_inner_style_may_be_an_outer_one_elsewhere():
    text = "一、问题\n一是学得浅：1.读得少。甲。2.记得少。乙。\n二是做得慢。丙。\n二、措施\n1.多读。丁。"

    assert shape(text) == [
        "part 一、问题",
        "  point 一是学得浅：",
        "    point 1.读得少。",
        "    point 2.记得少。",
        "  point 二是做得慢。",
        "part 二、措施",
        "  point 1.多读。",
    ]


def test_points_with_decimal_numbers_have_headings_below_every_kind_of_part():
    points = "1.1 学得浅。平时读得少。\n1.1.1 读得少。一年两本。\n1.2 走得少。总坐着。"
    shaped = ["  section 1.1 学得浅。", "    point 1.1.1 读得少。", "  section 1.2 走得少。"]

    for part in ("一、存在的问题", "1.存在的问题", "1 存在的问题"):
        assert shape(f"前言。\n{part}\n{points}") == ["paragraph", f"part {part}", *shaped]


def test_a_list_inside_a_line_does_not_go_on_with_the_parts():
    text = "一、问题\n学习有三件事：一、读书。二、记录。\n二、措施\n多读。"

    assert [node.number for node in outline(text, LABELS) if node.kind == "part"] == ["一、", "二、"]


@pytest.mark.parametrize(
    "text",
    [
        "投入1.5万元。", "1.5万元用于培训。", "2023.6以来多次学习。", "第一时间到现场。", "第一书记驻村。",
        "最后还是没有办成。", "一是一，二是二。", "三、四月份正是忙时。", "会后，最后的结果不好。", "这一是因为忙。",
        "十个坚持。", "首先，我学习了文件。", "100.5分。", "3、4号楼的老人。", "12月总结。",
    ],
)  # fmt: skip
def test_numbers_and_words_that_only_look_like_marks_open_nothing(text):
    assert shape(text) == ["paragraph"]
    assert shape(f"学习不够。{text}") == ["paragraph"]


def test_a_whole_report_in_one_line_still_has_its_parts():
    text = "一、存在的问题 （一）理论学习方面。读得少。 二、整改措施 （一）多读。每天读。"

    assert shape(text) == [
        "part 一、存在的问题",
        "  section （一）理论学习方面。",
        "part 二、整改措施",
        "  section （一）多读。",
    ]


def test_what_stands_before_the_first_part_has_neither_parent_nor_role():
    first = outline("对照检查材料\n按照要求，我作了检查。\n一、存在的问题\n学得浅。", LABELS)[:2]

    assert [(node.kind, node.parent, node.role, node.declared) for node in first] == [
        ("paragraph", None, None, None)
    ] * 2


def test_a_part_that_names_no_role_has_none_and_its_sections_may_name_one():
    text = "一、理论学习\n（一）存在问题\n学得浅。\n（二）整改措施\n多读。"

    assert [node.role for node in outline(text, LABELS) if node.heading] == [None, "problem", "measure"]


def test_a_section_cannot_speak_against_the_role_of_its_part():
    nodes = outline("一、整改措施\n（一）解决学习中的问题。每天读。", LABELS)

    assert [node.role for node in nodes] == ["measure", None]


def test_words_about_the_whole_part_leave_the_last_point():
    text = "一、存在的问题\n（一）工作作风方面\n一是学得浅。甲。\n二是做得慢。乙。\n另外，说明个人有关事项。\n二、原因"

    nodes = outline(text, LABELS)

    assert [(node.kind, node.parent) for node in nodes][-2:] == [("paragraph", 0), ("part", None)]


def test_words_about_all_points_leave_a_list_that_makes_no_parts():
    text = "首先，学得浅。甲。\n乙。\n其次，走得少。丙。\n以上毛病打哪来，我也想过。\n丁。"

    assert [node.parent for node in outline(text, LABELS)] == [None, 0, None, None, None]


def test_words_about_all_aspects_leave_the_last_of_those_that_are_the_parts():
    text = "一、学史明理方面\n学得浅。\n二、学史力行方面\n走得少。\n另外，报告个人有关事项。\n乙。"

    assert [node.parent for node in outline(text, LABELS)] == [None, 0, None, 2, None, None]
    assert outline(f"{text}\n三、能力本领方面", LABELS)[4].parent == 2


def test_what_was_mended_the_year_before_is_no_measure():
    text = "一、上年度民主生活会整改措施落实情况\n27条已完成25条。\n二、整改措施落实计划\n多读。"

    assert ["other", "measure"] == [node.role for node in outline(text, LABELS) if node.kind == "part"]


def test_numbered_problems_hold_what_is_said_of_them():
    text = (
        "一、对照情况\n反馈问题一：学习走过场。\n个人对照：缺席3次。\n乙。\n反馈问题二：走访少。\n丙。\n二、打算\n改。"
    )

    assert shape(text) == [
        "part 一、对照情况",
        "  section 反馈问题一：学习走过场。",
        "    paragraph",
        "    paragraph",
        "  section 反馈问题二：走访少。",
        "    paragraph",
        "part 二、打算",
        "  paragraph",
    ]
    assert "section" not in " ".join(shape(text.replace("反馈问题二：", "")))


def test_a_second_paragraph_of_a_point_stays_in_it_and_a_summary_after_the_list_does_not():
    going_on = "一、问题\n1.学得浅。甲。\n乙。\n2.做得慢。丙。\n丁。"
    summed_up = "一、问题\n1.学得浅。甲。\n2.做得慢。丙。\n丁。"

    assert [node.parent for node in outline(going_on, LABELS) if node.kind == "paragraph"] == [1, 3]
    assert [node.parent for node in outline(summed_up, LABELS) if node.kind == "paragraph"] == [0]


def test_spans_count_code_points():
    text = "𠮷日𠮷。\n一、存在的问题\n学得浅。"

    node = outline(text, LABELS)[1]

    assert text[node.heading_start : node.heading_end] == node.heading == "一、存在的问题"


def test_an_empty_text_has_no_outline():
    assert outline("", LABELS) == ()


@settings(max_examples=300, deadline=None)
@given(REPORTS)
def test_any_text_has_an_outline_that_nests(text):
    text = unicodedata.normalize("NFC", text)

    nodes = outline(text, LABELS)

    for place, node in enumerate(nodes):
        assert 0 <= node.start == node.heading_start <= node.heading_end <= node.end <= len(text)
        assert text[node.heading_start : node.heading_end] == node.heading
        assert node.parent is None or (
            node.parent < place and nodes[node.parent].start <= node.start and node.end <= nodes[node.parent].end
        )
    for parent in {node.parent for node in nodes}:
        siblings = [node for node in nodes if node.parent == parent]
        assert all(left.end <= right.start for left, right in zip(siblings, siblings[1:], strict=False))


@settings(max_examples=200, deadline=None)
@given(REPORTS)
def test_every_written_character_lies_in_a_node(text):
    covered = {place for node in outline(text, LABELS) for place in range(node.start, node.end)}

    assert all(place in covered for place, char in enumerate(text) if not char.isspace())
