import pytest

from index.numbering import is_bare_mark, marks, starts_numbered, value_of


@pytest.mark.parametrize(
    ("number", "value"),
    [("一、", 1), ("（十）", 10), ("十二是", 12), ("二十、", 20), ("三十五、", 35), ("12.", 12), ("（３）", 3),
     ("⑳", 20), ("⑵", 2), ("⒊", 3), ("㈣", 4), ("首先", 1), ("最后", 6), ("第三，", 3), ("文", 0),
     ("叁、", 3), ("拾贰、", 12), ("反馈问题二：", 2), ("问题10：", 10)],
)  # fmt: skip
def test_a_number_has_the_value_that_it_counts(number, value):
    assert value_of(number) == value


def test_a_mark_knows_its_style_and_place():
    text = "学习。（二）作风"

    (mark,) = marks(text)

    assert (mark.style, mark.number, mark.value, text[mark.start : mark.end]) == (
        "chinese_bracket",
        "（二）",
        2,
        "（二）",
    )
    assert mark.inline


def test_the_end_of_the_text_is_no_part_of_a_series():
    assert marks("首先，我学习了。最好的是其次。") == ()
    assert [mark.number for mark in marks("首先，学习。其次，担当。最后，作风。")] == ["首先", "其次", "最后"]


@pytest.mark.parametrize(
    "line",
    [
        "一、问题",
        "壹、问题",
        "问题一：学得浅",
        "  （一）问题",
        "1.问题",
        "①问题",
        "一是问题",
        "第一，问题",
        "第一方面，问题",
        "1.2023年以来",
    ],
)
def test_a_line_that_begins_with_a_mark_is_numbered(line):
    assert starts_numbered(line)


@pytest.mark.parametrize("line", ["", "问题", "1.5万元", "首先，问题", "三、四月份", "第一时间", "一要紧的是"])
def test_a_line_that_begins_otherwise_is_not(line):
    assert not starts_numbered(line)


def test_only_a_mark_without_words_is_bare():
    assert [is_bare_mark(piece) for piece in ("一、", "（一）。", "一是", "一是学", "学", "", "1.")] == [
        True, True, True, False, False, False, True,
    ]  # fmt: skip


def test_decimal_numbers_at_line_starts_that_count_on_are_marks():
    text = "1.1 学习不系统。\n1.1.1读得少。\n1.2 下访少。\n2.1 怕担责。\n4.1 作风\n2.3 作风"

    assert [(mark.style, mark.number, mark.value) for mark in marks(text)] == [
        ("decimal", "1.1", 1),
        ("subdecimal", "1.1.1", 1),
        ("decimal", "1.2", 2),
        ("decimal", "2.1", 1),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "1.1 学习不系统。", "1.1万元用于培训。\n1.2万元用于走访。", "12.3 参加会议。\n12.4 走访。",
        "9.1 开学。\n9.2 上课。", "学习1.1 读书。1.2 下访。", "1.1.\n1.2.", "1.5 本书。\n1.6 本书。",
    ],
)  # fmt: skip
def test_dates_and_amounts_are_no_decimal_numbers(text):
    assert marks(text) == ()
