import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.scripts import simplified
from index.terms import highlights, terms


@pytest.mark.parametrize(
    ("traditional", "plain"),
    [
        ("理論學習不夠深入，瞭解不多", "理论学习不够深入，了解不多"),
        ("幹部後來於會上說", "干部后来于会上说"),
        ("理论学习不够深入，著作等身", "理论学习不够深入，著作等身"),
        ("**局長 2023", "**局长 2023"),
        ("", ""),
    ],
)
def test_traditional_characters_are_read_as_simplified_ones(traditional, plain):
    assert plain == simplified(traditional)
    assert plain == simplified(plain)


@given(st.text())
def test_the_length_stays_what_it_is_so_that_places_hold(text):
    assert len(text) == len(simplified(text))


def test_either_script_finds_the_other_and_marks_it_in_place():
    assert terms("群众观念淡薄") == terms("群眾觀念淡薄")
    assert [((3, 5),)] == highlights("群众", ["脱离了群眾"])
    assert [((3, 5),)] == highlights("群眾", ["脱离了群众"])


def test_a_text_in_simplified_characters_does_not_load_the_converter(monkeypatch):
    def refuse():
        raise AssertionError

    monkeypatch.setattr("index.scripts._converter", refuse)

    assert "检视问题，整改落实" == simplified("检视问题，整改落实")
