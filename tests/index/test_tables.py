"""Tables of Word files and pages: cells as lines, their columns as roles, and what is no such table."""

import pytest

from index.outline import outline
from index.readers import parse_document
from index.readings import Line
from index.sentences import sentences
from index.tables import GridCell, GridRow, table_lines
from tests.index.heading_labels import AliasLabels
from tests.index.word_files import docx_bytes, para, run, table

LABELS = AliasLabels()


def grid(*rows):
    """Return the lines of a table of texts; a number after a text is how many columns its cell takes."""
    made = []
    for row in rows:
        cells = [cell if isinstance(cell, tuple) else (cell, 1, 1) for cell in row]
        made.append(
            GridRow(
                cells=tuple(
                    GridCell(lines=tuple(Line(text=line) for line in text.split("\n") if line), wide=wide, high=high)
                    for text, wide, high in cells
                )
            )
        )
    return list(table_lines(made))


def texts(*rows):
    return [line.text for line in grid(*rows)]


def columns(*rows):
    return {line.text: line.cell.column for line in grid(*rows) if line.cell and line.cell.opens != "table"}


def read(document):
    nodes = outline(document.text, LABELS, document.headings, document.cells)
    found = sentences(document.text, nodes)
    assert all(document.text[one.start : one.end] == one.text for one in found)
    ends = [0, *(one.end for one in found)]
    assert not "".join(document.text[end : one.start] for end, one in zip(ends, found, strict=False)).strip()
    return found


def word(body):
    return read(parse_document("a.docx", docx_bytes(body)))


def page(body):
    return read(parse_document("a.html", body.encode()))


def merged(text, *, begins):
    kind = ' w:val="restart"' if begins else ""
    return f"<w:tcPr><w:vMerge{kind}/></w:tcPr>{para(text)}"


def test_cells_of_word_are_sentences_with_the_role_and_the_path_of_their_column():
    found = word(para("一、主要问题") + table(("问题", "措施"), ("学习不够经常", "每周学习两次")))

    assert [(one.text, one.path, one.role, one.is_heading) for one in found] == [
        ("一、主要问题", (), "problem", True),
        ("问题 措施", ("一、主要问题",), "other", True),
        ("学习不够经常", ("一、主要问题", "问题"), "problem", False),
        ("每周学习两次", ("一、主要问题", "措施"), "measure", False),
    ]


def test_cells_of_a_page_are_sentences_with_the_role_of_their_column():
    found = page("<table><tr><td>问题<td>原因<td>措施<tr><td>学得浅<td>图省事<td>多读书</table>")

    assert [("问题 原因 措施", "other"), ("学得浅", "problem"), ("图省事", "cause"), ("多读书", "measure")] == [
        (one.text, one.role) for one in found
    ]


def test_a_cell_of_several_sentences_is_split_and_keeps_its_column():
    found = word(table(("问题", "措施"), ("学得浅。读得少。", para("1.多读书。") + para("2.写心得。"))))

    assert [("学得浅。", "问题"), ("读得少。", "问题"), ("1.多读书。", "措施"), ("2.写心得。", "措施")] == [
        (one.text, one.path[-1]) for one in found[1:]
    ]


def test_a_row_is_one_passage():
    found = word(table(("问题", "措施"), ("学得浅", "多读书。"), ("走得少", "多下乡。")))

    rows = [one.passage for one in found[1:]]
    assert rows[0] == rows[1] != rows[2] == rows[3]


def test_a_column_may_declare_a_dimension():
    found = word(table(("廉洁自律方面问题", "工作作风方面问题"), ("管得松", "走得少")))

    assert [("integrity", "problem"), ("style", "problem")] == [(one.declared, one.role) for one in found[1:]]


def test_a_cell_that_names_a_dimension_names_its_row_and_those_that_it_reaches_down_into():
    head = ("序号", "类别", "问题")
    below = ("2", merged("理论学习方面", begins=False), "读得少")
    found = word(table(head, ("1", merged("理论学习方面", begins=True), "学得浅"), below, ("3", "纪律", "管得松")))

    assert [
        ("1 理论学习方面", ()),
        ("学得浅", ("1 理论学习方面", "问题")),
        ("2 读得少", ("1 理论学习方面", "问题")),
        ("3 纪律", ("类别",)),
        ("管得松", ("问题",)),
    ] == [(one.text, one.path) for one in found[1:]]
    assert ["theory"] * 3 + [None] * 2 == [one.declared for one in found[1:]]


def test_a_row_across_all_columns_is_a_heading_for_the_rows_below_it():
    across = f'<w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{para("（一）工作作风方面")}'
    found = word(
        para("一、台账") + table(("问题", "措施"), (across,), ("走得少", "多下乡")) + para("二、说明") + para("无。")
    )

    assert ("一、台账", "（一）工作作风方面", "问题") == found[3].path
    assert "style" == found[3].declared
    assert ("二、说明",) == found[-1].path


def test_numbers_and_lists_in_cells_number_nothing_around_the_table():
    rows = table(("问题", "措施"), ("一、学得浅", "二、多读书"))
    found = word(para("一、问题") + para("（一）学习方面") + rows + para("（二）作风方面") + para("走得少。"))

    assert ("一、问题", "（二）作风方面") == found[-1].path


TABLE = table(("问题", "措施"), ("学得浅", "多读书"))
BOX = para(f"<w:r><w:txbxContent>{para('不插手工程。')}</w:txbxContent></w:r>")
FORM = table(("姓名", "张三"))


@pytest.mark.parametrize("block", [TABLE, BOX, FORM])
@pytest.mark.parametrize(
    "points",
    [
        ("1.每月下乡两天，不打招呼。",),
        ("1.下乡少。", "2.走访少。", "一年不到三次。"),
        ("1.下乡少", "2.走访少"),
        ("（1）下乡：每月两天。",),
    ],
)
def test_a_table_or_a_text_box_below_a_list_belongs_to_the_section(points, block):
    found = word(para("一、措施") + "".join(map(para, points)) + block + para("二、说明") + para("无。"))

    assert ("一、措施",) == found[-4 if block == TABLE else -3].path[:1]
    assert not any("1" in words or "2" in words for one in found[-5 if block == TABLE else -3 :] for words in one.path)


@pytest.mark.parametrize(
    "points",
    [
        ("1.理论学习方面",),
        ("1.下乡少。", "2.整改台账如下："),
        ("1.理论学习方面", "学得浅。", "2.工作作风方面"),
        ("（一）每月下乡两天，不打招呼。",),
        ("1.学得浅。", "（1）读得少。", "2.下乡方面"),
    ],
)
def test_a_table_below_a_heading_belongs_to_it(points):
    found = word(para("一、措施") + "".join(map(para, points)) + TABLE)

    assert ["一、措施", points[-1]] == list(found[-1].path[:2])


def test_a_table_between_two_points_of_a_list_belongs_to_the_first():
    found = word(para("一、措施") + para("1.下乡少。") + TABLE + para("2.走访少。") + para("二、说明"))

    assert [("一、措施", "1.下乡少。", "措施"), ("一、措施",)] == [one.path for one in found[4:6]]


def test_a_table_below_the_list_of_a_page_inherits_nothing_from_its_last_point():
    rows = "<table><tr><th>问题<th>措施<tr><td>开会多<td>少开会</table>"
    found = page(f"<h2>一、能力本领方面</h2><ol><li>用不好。<li>廉洁自律不严。</ol>{rows}")

    assert ["ability"] * 3 == [one.declared for one in found[-3:]]


def test_names_at_the_end_of_a_table_do_not_close_the_report():
    found = word(para("一、台账") + table(("问题", "责任人"), ("学得浅", "张三")))

    assert [("学得浅", ("一、台账", "问题")), ("张三", ("一、台账", "责任人"))] == [
        (one.text, one.path) for one in found[2:]
    ]


def test_the_columns_of_who_and_when_argue_nothing_whatever_part_they_stand_in():
    rows = table(("存在问题", "整改措施", "整改时限", "整改责任人"), ("学得浅", "多读书", "六月底", "张三"))
    found = word(para("一、整改措施") + rows)

    assert ["problem", "measure", "other", "other"] == [one.role for one in found[2:]]


def test_a_number_stands_before_the_first_words_and_nothing_is_no_line():
    assert ["序号 问题 措施", "1 学得浅", "多读书", "（二） 走得少"] == texts(
        ("序号", "问题", "措施"), ("1", "学得浅", "多读书"), ("（二）", "走得少", "/"), ("", "", "——")
    )


def test_a_row_with_nothing_but_a_number_is_a_line():
    assert ["问题 措施", "学得浅", "多读书", "2"] == texts(("问题", "措施"), ("学得浅", "多读书"), ("2", ""))


def test_a_line_that_was_broken_by_hand_inside_a_cell_is_one_again():
    long = "平时总说工作忙，静不下心来好好地", "读一本书，写一篇心得。"

    assert "".join(long) == texts(("问题", "措施"), ("\n".join(long), "多读书"))[1]


def test_words_spread_over_the_width_of_a_heading_are_read_as_words():
    assert {"学得浅": "问题", "多读书": "整改措施"} == columns(("问  题", "整 改\n措 施"), ("学得浅", "多读书"))


def test_cells_below_one_that_reaches_down_keep_their_columns():
    assert {"学得浅": "问题", "多读书": "措施", "写心得": "措施"} == columns(
        ("问题", "措施"), (("学得浅", 1, 2), "多读书"), ("写心得",)
    )


def test_two_rows_of_headings_give_the_lower_one():
    head = (("问题", 1, 2), ("整改情况", 2, 1)), ("整改措施", "完成时限")

    assert {"学得浅": "问题", "多读书": "整改措施", "六月底": "完成时限"} == columns(
        *head, ("学得浅", "多读书", "六月底")
    )


def test_headings_that_the_format_shows_may_have_any_words():
    head = table(("表述", "做法怎样改")).replace("<w:tr>", "<w:tr><w:trPr><w:tblHeader/></w:trPr>")
    body = head.replace("</w:tbl>", table(("学得浅", "多读书")).removeprefix("<w:tbl>"))

    assert ["表述", "做法怎样改"] == [one.path[-1] for one in word(body)[1:]]
    assert ["甲", "乙"] == [one.path[-1] for one in page("<table><tr><th>甲<th>乙<tr><td>学得浅<td>多读书</table>")[1:]]


def test_a_title_above_the_headings_is_a_paragraph():
    assert ["整改台账", "问题 措施", "学得浅", "多读书"] == texts(
        (("整改台账", 2, 1),), ("问题", "措施"), ("学得浅", "多读书")
    )


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([("姓名", "张三"), ("职务", "副局长")], ["姓名 张三", "职务 副局长"]),
        ([("存在问题", "3"), ("整改措施", "")], ["存在问题 3", "整改措施"]),
        ([("一、存在问题", "学得浅"), ("姓名", "措施")], ["一、存在问题 学得浅", "姓名 措施"]),
        ([("存在问题", "学得浅", "走得少")], ["存在问题 学得浅 走得少"]),
        ([("单位", "某局", "时间", "六月"), ("姓名", "张三", "", "")], ["单位 某局 时间 六月", "姓名 张三"]),
        ([("问题",), ("学得浅",)], ["问题", "学得浅"]),
        ([("问题", "措施")], ["问题 措施"]),
        ([("问题", "措施"), ("", "")], ["问题 措施"]),
        ([("问题，很多。", "措施"), ("学得浅", "多读书")], ["问题，很多。 措施", "学得浅 多读书"]),
        ([("学得浅。" * 20, "措施"), ("走得少", "多下乡")], ["学得浅。" * 20, "措施", "走得少 多下乡"]),
        ([], []),
    ],
)  # fmt: skip
def test_forms_and_layouts_give_plain_lines(rows, lines):
    found = grid(*rows)

    assert lines == [line.text for line in found]
    assert [None] * len(found) == [line.cell for line in found]


FORM_ROWS = (("姓名", "张三"), ("存在问题", "1.学得浅。2.走得少。"), ("原因分析：", "图省事。"), ("措施", "多读书"))


def test_a_row_of_a_form_that_names_a_part_gives_its_role_to_the_second_cell():
    found = word(para("查摆表") + table(*FORM_ROWS, ("审核人", "李四")))
    rows = "".join(f"<tr><td>{name}<td>{words}" for name, words in FORM_ROWS)

    assert [
        ("姓名 张三", (), None),
        ("存在问题", (), "other"),
        ("1.学得浅。", ("存在问题",), "problem"),
        ("2.走得少。", ("存在问题",), "problem"),
        ("原因分析：", (), "other"),
        ("图省事。", ("原因分析",), "cause"),
        ("措施", (), "other"),
        ("多读书", ("措施",), "measure"),
        ("审核人 李四", (), None),
    ] == [(one.text, one.path, one.role) for one in found[1:]]
    assert [one.role for one in found[1:-1]] == [one.role for one in page(f"<p>查摆表<table>{rows}</table>")[1:]]


def test_a_part_of_a_form_reaches_down_into_the_rows_below_it():
    rows = (merged("存在问题", begins=True), "学得浅。"), (merged("存在问题", begins=False), "走得少。")
    found = word(para("一、查摆") + table(*rows, ("备注", "无。")))

    assert ["problem", "problem", None] == [one.role for one in found[2:]]


def test_a_long_cell_of_a_form_keeps_its_own_outline():
    problems = para("（一）理论学习方面") + para("学得浅。") + para("（二）工作作风方面") + para("走得少。")
    found = word(para("查摆表") + table(("姓名", "张三"), ("存在问题", problems), ("整改措施", "多读书。")))

    assert ("走得少。", ("存在问题", "（二）工作作风方面"), "problem", "style") in [
        (one.text, one.path, one.role, one.declared) for one in found
    ]
    assert ("多读书。", ("整改措施",), "measure") == (found[-1].text, found[-1].path, found[-1].role)


def test_a_table_in_a_cell_belongs_to_its_column():
    inner = para("多读书") + table(("每周", "两次"))

    assert [("学得浅", "问题"), ("多读书", "措施"), ("每周 两次", "措施")] == [
        (one.text, one.path[-1]) for one in word(table(("问题", "措施"), ("学得浅", inner)))[1:]
    ]


def test_a_table_for_layout_may_hold_one_with_headings():
    outer = table((para("材料") + table(("问题", "措施"), ("学得浅", "多读书")),))

    assert ["problem", "measure"] == [one.role for one in word(outer)[-2:]]


def test_soft_line_ends_in_a_cell_make_no_lines_without_a_column():
    found = word(table(("问题", "措施"), (para(run("学得浅\n读得少")), "多读书")))

    assert [("学得浅", "问题"), ("读得少", "问题"), ("多读书", "措施")] == [
        (one.text, one.path[-1]) for one in found[1:]
    ]


def test_a_page_of_absurd_spans_is_read():
    row = '<tr><td colspan="99999" rowspan="99999">甲<td rowspan="99999">乙'

    assert "甲 乙" in parse_document("a.html", f"<table>{row * 2_000}</table>".encode()).text


def test_a_table_below_the_last_point_of_a_second_section_belongs_to_that_section():
    lists = (
        "<p>一、存在问题<p>（一）理论学习方面<p>1.学得浅。<p>2.用得少。<p>（二）廉洁自律方面<p>1.要求松。<p>2.抓得软。"
    )
    found = page(f"{lists}<table><tr><th>问题<th>措施<th>责任人<tr><td>开会多<td>少开会<td>张三</table>")

    row = next(one for one in found if one.text == "开会多")
    assert ("一、存在问题", "（二）廉洁自律方面") == tuple(row.path[:2])


def test_what_only_ends_in_the_word_for_problems_names_no_part():
    found = word(table(("学风不实的问题", "制定学习计划，每周学一次。"), ("作风不实的问题", "每月下乡，走到户。")))

    assert not {"problem"} & {one.role for one in found if "计划" in one.text or "下乡" in one.text}
