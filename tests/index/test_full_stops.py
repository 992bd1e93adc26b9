import pytest
from hypothesis import given

from index.full_stops import with_full_stops
from index.outline import outline
from index.sentences import sentences
from tests.index.outlines import LABELS, REPORTS, shape


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("一是学习不深.读书太少.笔记不做.", "一是学习不深。读书太少。笔记不做。"),
        ("他说“学得浅.”我说“读得少”. 笔记不做", "他说“学得浅。”我说“读得少”。 笔记不做"),
        ("学得浅.（一）读得少.", "学得浅。（一）读得少。"),
        ("学得浅．读得少．\n走得少", "学得浅。读得少。\n走得少"),
    ],
)
def test_a_half_width_stop_between_chinese_words_is_a_full_stop(text, read):
    assert read == with_full_stops(text)


@pytest.mark.parametrize(
    "text",
    [
        "一.存在问题", "（一）.理论学习", "第一.学习", "学习不够...读得少", "完成3.5万元", "第1.1条",
        "对总书记七.一重要讲话学得不深。", "在八.一慰问中走过场", "问题一.理论学习不深入",
        "到买买提.阿布家里去过。",
        "见www.gov.cn网站", "附件：清单.docx", "卡尔.马克思的著作", "列夫.托尔斯泰写道", "学了a.学了b",
    ],
)  # fmt: skip
def test_a_dot_of_a_number_an_address_a_name_or_a_mark_is_none(text):
    assert text == with_full_stops(text)


def test_sentences_and_headings_end_at_half_width_stops():
    text = "一.存在问题\n一是学习不深.读书太少.二是做得慢.总往后拖."

    nodes = outline(text, LABELS)

    assert ["part 一.存在问题", "  point 一是学习不深.", "  point 二是做得慢."] == shape(text)
    assert ["一.存在问题", "一是学习不深.", "读书太少.", "二是做得慢.", "总往后拖."] == [
        sentence.text for sentence in sentences(text, nodes)
    ]


@given(REPORTS)
def test_reading_stops_changes_no_place(text):
    read = with_full_stops(text)

    assert len(read) == len(text)
    assert [place for place, char in enumerate(text) if char != read[place]] == [
        place for place, char in enumerate(text) if char in ".．" and read[place] == "。"
    ]
