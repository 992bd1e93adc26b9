import codecs

import pytest

from index.readers import parse_document
from tests.index.files import REPORT

TRADITIONAL = "理論學習不夠深入，存在碎片化的現象，對黨的創新理論學習不系統，工作作風不夠紮實，群眾觀念有所淡化。" * 3


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk", "gb2312"]
)
def test_a_text_file_is_read_in_every_encoding_that_offices_use(encoding):
    document = parse_document("a.txt", REPORT.encode(encoding))

    assert (document.text, document.title) == (REPORT, "副镇长对照检查材料")


@pytest.mark.parametrize(
    "mark", [codecs.BOM_UTF16_BE + REPORT.encode("utf-16-be"), b"\x84\x31\x95\x33" + REPORT.encode("gb18030")]
)
def test_a_byte_order_mark_settles_the_encoding(mark):
    assert parse_document("a.txt", mark).text == REPORT


@pytest.mark.parametrize("encoding", ["big5", "gbk", "utf-8"])
def test_traditional_characters_are_read_too(encoding):
    assert parse_document("a.txt", TRADITIONAL.encode(encoding)).text == TRADITIONAL


def test_two_characters_of_gb18030_that_happen_to_be_utf8_are_still_read():
    assert parse_document("a.txt", "学习".encode("gb18030")).text == "学习"


def test_an_english_text_is_read():
    assert parse_document("a.txt", b"Plain words.\r\nMore words.").text == "Plain words.\nMore words."


@pytest.mark.parametrize("text", ["學習不深。", "存在的問題", "副局長對照檢查材料\n學習不夠深入，聯繫實際不緊密。"])
def test_a_few_words_of_big5_are_told_from_gb18030(text):
    assert parse_document("a.txt", text.encode("big5")).text == text


@pytest.mark.parametrize("text", ["学习不深。", "存在的问题", "理论", "𠮷林省㐀某局长", "**同志", "（二）工作作风方面"])
def test_a_few_words_of_gb18030_are_not_taken_for_big5(text):
    assert parse_document("a.txt", text.encode("gb18030")).text == text
