import pytest

from index.numerals import numeral


@pytest.mark.parametrize(
    ("count", "kind", "drawn"),
    [
        (10, "chineseCounting", "十"),
        (19, "chineseCountingThousand", "十九"),
        (20, "taiwaneseCounting", "二十"),
        (105, "chineseCounting", "一百零五"),
        (110, "chineseCounting", "一百一十"),
        (2010, "chineseCounting", "二千零一十"),
        (12, "chineseLegalSimplified", "壹拾贰"),
        (12, "ideographDigital", "一二"),
        (1, "ideographZodiac", "子"),
        (13, "ideographZodiac", "13"),
        (14, "lowerRoman", "xiv"),
        (1994, "upperRoman", "MCMXCIV"),
        (28, "lowerLetter", "bb"),
        (21, "decimalEnclosedCircle", "21"),
        (0, "chineseCounting", "0"),
        (7, "somethingNew", "7"),
    ],
)
def test_a_number_is_drawn_as_word_draws_it(count, kind, drawn):
    assert drawn == numeral(count, kind)
