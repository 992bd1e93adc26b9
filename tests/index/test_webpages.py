import time

import pytest

from index.errors import UnreadableDocument
from index.outline import outline
from index.readers import parse_document
from index.sentences import sentences
from tests.index.outlines import LABELS


def lines(page):
    return parse_document("a.html", page.encode()).text.split("\n")


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ('type="A"', ["C. 甲", "D. 乙"]),
        ('type="i"', ["iii. 甲", "iv. 乙"]),
        ('style="list-style-type:simp-chinese-informal"', ["三、甲", "四、乙"]),
        ("", ["3. 甲", "4. 乙"]),
    ],
)
def test_a_list_has_the_numbers_that_a_page_draws(kind, numbers):
    assert numbers == lines(f"<ol {kind} start=3><li>甲<li>乙</ol>")


def test_an_entry_may_set_its_number_and_lists_without_numbers_have_none():
    assert ["1. 甲", "内", "7. 乙", "8. 丙"] == lines("<ol><li>甲<ul><li>内</ul><li value=7>乙<li>丙</ol>")


def sentences_of(page):
    document = parse_document("a.html", page.encode())
    return [one.text for one in sentences(document.text, outline(document.text, LABELS))]


@pytest.mark.parametrize("end", ["，", "；", "、", ""])
@pytest.mark.parametrize("tag", ["ul", "ol", 'ol type="A"'])
def test_an_entry_of_a_list_goes_on_in_no_other_whatever_it_ends_in(tag, end):
    entries = [f"学习理论不够系统，读原著不够多{end}", f"调研走访少，{end}", f"推动工作落实不够有力，抓得不紧{end}"]
    after = "以上几点，今后要改。"

    found = sentences_of(f"<p>问题有：<{tag}>{''.join(f'<li>{one}' for one in entries)}</{tag[:2]}><p>{after}")

    assert [*entries, after] == [one.lstrip("0123456789ABC. ") for one in found[1:]]


def test_lines_inside_an_entry_are_joined_as_elsewhere_and_sound_lists_have_no_blank_lines():
    assert ["学得浅，\n还不深。", "走得少。"] == sentences_of("<ul><li>学得浅，<br>还不深。<li>走得少。</ul>")
    assert ["学得浅，", "还不深。", "走得少；", "干得慢。"] == lines(
        "<ul><li><p>学得浅，<p>还不深。<li>走得少；</ul><p>干得慢。"
    )


def test_a_row_of_short_cells_is_one_line_and_of_long_ones_a_line_each():
    long = "学得浅。" * 20

    assert ["姓名 张三", "问题", long] == lines(
        f"<table><tr><td>姓名<td>张三</table><table><tr><td>问题<td>{long}</table>"
    )


def test_text_laid_out_by_spaces_keeps_its_lines_only_where_the_page_does():
    assert ["甲 乙", "甲", "乙"] == lines("<p>甲\n乙</p><pre>甲\n乙</pre>")


@pytest.mark.parametrize(
    "piece", ["<table><tr><td>x", "<ol><li>", "<div>", "<b>", "<p>", "<!--", "<", "<td>", "</tr>", "&"]
)
def test_a_page_that_only_opens_is_read_in_no_time(piece):
    began = time.process_time()
    try:
        assert "学得浅。" in parse_document("a.html", ("<p>学得浅。</p>" + piece * 50_000).encode()).text
    except UnreadableDocument as error:
        assert "5,000 elements inside each other" in str(error)

    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title>某局</title><div>首页 | 返回</div><h1>个人<br>检查材料</h1><p>学得浅。", "个人 检查材料"),
        ("<title>检查材料 - 某网</title><div>首页 | 返回</div><p>检查材料<p>学得浅。", "检查材料"),
        ("<title>首页说明书</title><p>首页<p>检查材料<p>学得浅。", "首页"),
        ("<title>Word 文档</title><p>检查材料<p>学得浅。", "检查材料"),
        ("<p>检查材料<h1>存在的问题</h1><p>学得浅。<h1>整改措施</h1><p>去读。", "检查材料"),
        ("<p>检查材料<h1>一、存在的问题</h1><p>学得浅。", "检查材料"),
        ("<nav><h1>某网</h1></nav><svg><title>图</title></svg><p>检查材料<p>学得浅。", "检查材料"),
    ],
)
def test_the_title_is_the_only_first_heading_or_what_the_page_calls_itself(page, title):
    assert title == parse_document("a.html", page.encode()).title


def test_the_running_head_and_foot_of_libreoffice_are_left_out():
    body = '<div title="header"><p>某局</p></div><p>学得浅。</p><div title="footer"><p>— 2 —</p></div>'

    assert "学得浅。" == parse_document("a.html", body.encode()).text
