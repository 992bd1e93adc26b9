import pytest
from hypothesis import given, settings

from index.paragraphs import paragraphs
from index.text import normalize
from tests.index.outlines import REPORTS

BROKEN = "说起来难为情，我年轻时扛两百斤的麻包都"


def texts(text):
    return [text[one.start : one.end] for one in paragraphs(text)]


def test_every_line_is_a_paragraph_and_blank_ones_are_not():
    assert texts("  对照检查材料\n\n \n学得不深。 \n") == ["对照检查材料", "学得不深。"]


def test_a_line_broken_inside_a_sentence_goes_on():
    assert texts(f"{BROKEN}\n不皱眉头。\n后来我改了。") == [f"{BROKEN}\n不皱眉头。", "后来我改了。"]


@pytest.mark.parametrize("following", ["一、问题。", "\u3000\u3000不皱眉头。", "\n不皱眉头。", "不皱眉头"])
def test_a_mark_an_indent_a_blank_line_or_an_open_end_keep_lines_apart(following):
    assert len(texts(f"{BROKEN}\n{following}")) == 2


def test_a_salutation_goes_on_with_nothing_above_it():
    assert len(texts("2023年9月18日，来源：县局，点击1,284次，字号大中小\n各位领导、同志们：\n我来汇报。")) == 3


@pytest.mark.parametrize(
    "text",
    [
        "走访少，\n且不深入。",
        "\u3000\u3000学得不深，\n\u3000\u3000浮在表面。",
        "读书、\n看报、\n听课都少",
        "1.走访少，\n且浅。",
        "走访少，\n——还浅。",
    ],
)
def test_a_line_that_ends_in_a_comma_goes_on_however_short(text):
    assert [text.strip()] == texts(text)


@pytest.mark.parametrize(
    "following",
    [
        "二是不读书。",
        "\n不读书。",
        "• 不读书。",
        "✓不读书。",
        "（一）不读书",
        "整改措施",
        "担当作为方面的差距和不足之处",
        "性别：男",
    ],
)
def test_a_number_a_bullet_a_title_or_a_blank_line_ends_what_stops_at_a_comma(following):
    assert 2 == len(texts(f"走访少，\n{following}"))


def test_a_comma_joins_two_lines_and_not_the_title_below_them():
    assert ["走访少，\n且浅，也从来没有认认真真地想一想为什么", "原因"] == texts(
        "走访少，\n且浅，也从来没有认认真真地想一想为什么\n原因"
    )


def test_a_mark_alone_takes_the_next_line():
    assert texts("一、\n存在的问题\n学得不深。") == ["一、\n存在的问题", "学得不深。"]


@settings(deadline=None)
@given(REPORTS)
def test_every_written_character_lies_in_exactly_one_paragraph(text):
    text = normalize(text)

    found = paragraphs(text)

    position, outside = 0, ""
    for one in found:
        assert position <= one.start < one.end
        outside += text[position : one.start]
        position = one.end
    assert (outside + text[position:]).strip() == ""
