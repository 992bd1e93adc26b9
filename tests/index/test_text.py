import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text import document_id, normalize, trim

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_every_kind_of_line_end_becomes_a_line_feed(end):
    assert normalize(f"学习。{end}担当。") == "学习。\n担当。"


@pytest.mark.parametrize("mark", ["\ufeff", "\u200b", "\x00", "\x1f", "\x7f", "\u202e", "\xad", "\ud800", "\ufffe"])
def test_characters_that_nobody_sees_are_removed(mark):
    assert normalize(f"{mark}学{mark}习") == "学习"


def test_a_tab_becomes_one_space():
    assert normalize("姓名\t张三") == "姓名 张三"


def test_letters_and_their_accents_are_composed():
    assert normalize("cafe\u0301") == "café"


def test_radicals_that_stand_for_characters_become_them():
    assert normalize("⼀、⽣活⻓远，⻛⽓⺠意⻅，⾛⼾") == "一、生活长远，风气民意见，走户"


def test_strokes_that_are_no_characters_stay():
    assert normalize("⺀⺮⻌") == "⺀⺮⻌"


def test_white_space_around_the_text_is_removed_and_inside_it_is_kept():
    assert normalize("\n\u3000\u3000一、问题\n\n  学习。\n\n") == "一、问题\n\n  学习。"


def test_the_same_words_in_another_file_format_have_the_same_id():
    assert document_id(normalize("\ufeff一、问题\r\n学习。\r\n")) == document_id(normalize("一、问题\n学习。"))


def test_an_id_is_sixteen_hex_digits_and_differs_for_another_text():
    first, second = document_id("学习"), document_id("担当")

    assert len(first) == 16 and int(first, 16) >= 0
    assert first != second


def test_trimming_gives_the_span_of_the_words_and_nothing_for_a_blank():
    assert trim("  学习 \n", 0, 6) == (2, 4)
    assert trim("  \n ", 1, 4) == (1, 1)


@given(ANY_TEXT)
def test_normalising_twice_changes_nothing_more(text):
    once = normalize(text)

    assert normalize(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in once if char != "\n")
    document_id(once)
