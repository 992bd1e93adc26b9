import time

import pytest

from index.deadlines import Deadline
from index.pdf_lines import PdfLine, half_width
from index.pdf_paragraphs import pdf_paragraphs as joined

LEADING = 1.75


def pdf_paragraphs(pages):
    return joined(pages, Deadline("a.pdf"))


def set_lines(*texts, left=100.0, top=700.0, size=16.0, spread=1.0):
    """Return lines of one size below each other; a leading 　 is an indent of one character."""
    result = []
    for place, text in enumerate(texts):
        words = text.lstrip("　")
        start = left + (len(text) - len(words)) * size
        bottom = top - size - place * LEADING * size
        end = start + half_width(words) * size / 2 * spread
        result.append(PdfLine(text=words, left=start, right=end, bottom=bottom, top=bottom + size))
    return result


def test_a_paragraph_broken_at_the_edge_is_one():
    lines = set_lines(
        "　　平时只看标题读得少想得更少", "对新要求停留在知道的层面没有真", "正入脑入心。", "　　每天读书。"
    )

    assert ["".join(line.text for line in lines[:3]), "每天读书。"] == pdf_paragraphs([lines])


def test_the_columns_of_a_page_have_an_edge_each():
    words = "平时只看标题，读书少，想得更少，没有真正入脑入心，更没有联系工作，一年里下乡两次，到了村里也只同干部见。"
    lines = [words[at : at + 7] for at in range(0, len(words), 7)]

    found = pdf_paragraphs([[*set_lines(*lines), *set_lines(*lines, left=300.0)]])

    assert [words, words] == found


def test_a_cell_of_a_table_has_edges_of_its_own_and_ends_where_it_ends():
    above = set_lines("　　现将查摆出来的问题和整改的措施", "列在下面。")
    cells = [
        set_lines("理论学习缺少计", "划", top=600.0, size=12.0),
        set_lines("思想上重业务轻", "学习", left=200.0, top=600.0, size=12.0),
        set_lines("每周读两次书", left=300.0, top=600.0, size=12.0),
    ]

    found = pdf_paragraphs([[*above, *(line for cell in cells for line in cell)]])

    assert [above[0].text + above[1].text, "理论学习缺少计划", "思想上重业务轻学习", "每周读两次书"] == found


def test_a_heading_that_ends_near_the_edge_is_none_of_the_indented_paragraph_below_it():
    heading, *text = set_lines("　　带头管党治党方面存在的问题", "　　对分管的采购小组提醒得少没", "有追究。")

    assert [heading.text, text[0].text + text[1].text] == pdf_paragraphs([[heading, *text]])


def test_the_rest_of_a_point_may_hang_below_its_words():
    lines = set_lines("1.对分管的采购小组提醒得少了点", "　　没有按规定记录和追究，也没", "　　有改正。", "2.会多。")

    assert [lines[0].text + lines[1].text + lines[2].text, "2.会多。"] == pdf_paragraphs([lines])


def test_the_head_of_a_table_is_a_line_of_its_own():
    lines = set_lines("问题清单 产生原因 整改措施 期限", "1 理论学习缺少计划，思想上重业务", "轻学习。")

    assert [lines[0].text] == pdf_paragraphs([lines])[:1]


def test_lines_of_a_title_in_larger_type_are_one_line():
    title = set_lines("　　青石街道党工委", "领导班子对照检查材料", size=22.0, top=760.0)
    name = set_lines("　　　　　王　某", top=700.0)
    text = set_lines("　　按要求作了检查，现将情况汇报如", "下。", top=660.0)

    found = pdf_paragraphs([[*title, *name, *text * 3]])

    assert ["青石街道党工委领导班子对照检查材料", "王　某"] == found[:2]


def test_a_signature_at_the_right_is_not_joined_with_its_date():
    text = set_lines("　　以上检查如有不妥请大家批评指正", "我一定改正。")
    signed = set_lines("　　　　　　　　　　青石街道党工委", "　　　　　　　　　　2025年1月8日", top=640.0)

    assert ["青石街道党工委", "2025年1月8日"] == pdf_paragraphs([[*text, *signed]])[1:]


def test_a_sentence_goes_on_over_a_page_end():
    first = set_lines("　　平时只看标题读得少想得更少", "对新要求停留在知道的层面没有真")
    second = set_lines("正入脑入心。", "　　今后每天读书。")

    assert ["今后每天读书。"] == pdf_paragraphs([first, second])[1:]


@pytest.mark.parametrize("pages", [[], [[]], [[PdfLine(text="")]]])
def test_pages_without_lines_give_no_paragraph(pages):
    assert [] == [text for text in pdf_paragraphs(pages) if text]


def test_a_page_of_very_many_lines_takes_little_time():
    lines = set_lines(*["学得浅，读得少"] * 20_000)
    start = time.monotonic()

    pdf_paragraphs([lines])

    assert time.monotonic() - start < 10
