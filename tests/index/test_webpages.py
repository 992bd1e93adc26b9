import time

import pytest

from index.errors import UnreadableDocument
from index.readers import parse_document


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
