import pytest

from index.pdf_lines import PdfLine, half_width


def test_a_chinese_character_is_two_half_characters_wide():
    assert [0, 1, 2, 3] == [half_width(text) for text in ("", "a", "一", "一a")]


@pytest.mark.parametrize(
    ("text", "right", "size"),
    [("学得浅", 48, 16), ("学 得 浅", 48, 12), ("2025", 32, 16), ("", 0, 1), ("学", 9000, 200)],
)
def test_the_size_of_a_line_is_the_width_of_a_chinese_character_in_it(text, right, size):
    assert size == PdfLine(text=text, left=0, right=right).size
