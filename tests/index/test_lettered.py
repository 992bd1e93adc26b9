import pytest

from index.outline import outline
from tests.index.outlines import LABELS, headings, shape


@pytest.mark.parametrize(
    ("one", "two"), [("Ⅰ、", "Ⅱ、"), ("Ⅰ. ", "Ⅱ. "), ("I．", "II．"), ("A. ", "B. "), ("A、", "B、")]
)
def test_parts_may_be_numbered_by_letters_and_roman_numerals(one, two):
    text = f"检查材料\n{one}存在的问题\n1.理论学习方面\n读得少。\n{two}整改措施\n1.多读。每天读。\n2.多走。每月去。"

    assert shape(text) == [
        "paragraph",
        f"part {one}存在的问题",
        "  point 1.理论学习方面",
        "    paragraph",
        f"part {two}整改措施",
        "  point 1.多读。",
        "  point 2.多走。",
    ]
    assert ["problem", "measure"] == [node.role for node in outline(text, LABELS) if node.kind == "part"]


@pytest.mark.parametrize(("one", "two"), [("（Ⅰ）", "（Ⅱ）"), ("(I)", "(II)"), ("Ⅰ.", "Ⅱ."), ("A.", "B.")])
def test_below_chinese_numbers_they_number_what_is_inside(one, two):
    text = "".join(
        f"{part}\n{one}理论学习方面\n{words}\n{two}工作作风方面\n{words}\n"
        for part, words in (("一、存在的问题", "做得少。"), ("二、整改措施", "多做。"))
    )

    nodes = outline(text.strip(), LABELS)

    depth = [(node.heading, nodes[node.parent].heading) for node in nodes if node.parent is not None and node.heading]
    assert [
        (f"{mark}{aspect}", part)
        for part in ("一、存在的问题", "二、整改措施")
        for mark, aspect in ((one, "理论学习方面"), (two, "工作作风方面"))
    ] == depth
    assert ["theory", "style"] * 2 == [node.declared for node in nodes if node.declared]


def test_letters_below_arabic_numbers_stay_below_the_last_of_them():
    text = "一、存在的问题\n1.学得浅。\nA.读得少。从不做笔记。\nB.想得少。从不问。\n2.走得少。\nA.下村少。\nB.进门少。"

    nodes = outline(text, LABELS)

    assert ["1.", "1.", "2.", "2."] == [nodes[node.parent].number for node in nodes if node.number in {"A.", "B."}]


def test_letters_that_list_names_are_below_the_numbers_that_go_on_after_them():
    text = (
        "一、存在的问题\n（一）监管不严。涉及企业：\nA.某公司\nB.某集团\n1.审批不严。\n2.验收走过场。\n（二）担当不够。"
    )

    nodes = outline(text, LABELS)

    assert ["（一）", "（一）"] == [nodes[node.parent].number for node in nodes if node.number in {"1.", "2."}]


@pytest.mark.parametrize(
    "text",
    [
        "存在的问题\nA.某公司拖欠工资。\n没有去催。",
        "存在的问题\nB.某公司拖欠工资。\nC.某公司也是。",
        "存在的问题\nA、B两类问题多。\nB类更多。",
        "存在的问题\nA级景区少。\nB级景区多。",
        "存在的问题\n学得浅。A.读得少。B.想得少。",
        "存在的问题\nA.I.技术不会用。\nB.I.也不会。",
    ],
)
def test_names_and_letters_out_of_a_series_are_no_numbers(text):
    assert not [node.number for node in outline(f"检查材料\n{text}", LABELS) if node.number]


def test_a_line_that_a_letter_or_a_numeral_opens_is_joined_with_none():
    text = "一、问题\nⅠ.在理论学习方面，在工作作风方面下的功夫不够\n读得少，\nⅡ.走得少，\nA.下村少。"

    assert ["一、问题", "Ⅰ.在理论学习方面，在工作作风方面下的功夫不够"] == headings(text)
    assert [node.number for node in outline(text, LABELS) if node.number] == ["一、", "Ⅰ.", "Ⅱ."]


def test_stars_around_a_line_that_names_a_role_or_an_aspect_make_it_a_heading():
    text = "检查材料\n★存在的问题★\n★理论学习方面★\n读得少。\n★整改措施★\n多读。\n★★★\n★请看★\n完。"

    assert ["★存在的问题★", "★理论学习方面★", "★整改措施★"] == headings(text)
    assert ["part", "section", "part"] == [node.kind for node in outline(text, LABELS) if node.heading]
