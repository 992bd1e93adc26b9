import pypdfium2
import pytest

from index.pdf_rules import page_rules
from tests.index.files import pdf_bytes


def rules_of(drawn, *, turned=0):
    document = pypdfium2.PdfDocument(pdf_bytes(drawn))
    page = document[0]
    page.set_rotation(turned)
    found = page_rules(page)
    document.close()
    return [
        [(round(rule.at), round(rule.start), round(rule.end)) for rule in rules]
        for rules in (found.level, found.upright)
    ]


@pytest.mark.parametrize(
    ("drawn", "level", "upright"),
    [
        (b"10 20 m 90 20 l S", [(20, 10, 90)], []),
        (b"10 20 80 1 re f 10 20 1 50 re f", [(20, 10, 90)], [(10, 20, 70)]),
        (b"10 20 80 50 re S", [(20, 10, 90), (70, 10, 90)], [(90, 20, 70), (10, 20, 70)]),
        (b"q 2 0 0 2 5 5 cm 10 20 m 40 20 l S Q", [(45, 25, 85)], []),
    ],
    ids=["a stroke", "thin boxes", "a box", "a stroke set larger"],
)
def test_straight_lines_are_ruling_lines(drawn, level, upright):
    found = rules_of(drawn)

    assert [sorted(level), sorted(upright)] == [sorted(rules) for rules in found]


@pytest.mark.parametrize(
    "drawn",
    [b"10 20 80 50 re f", b"10 20 m 90 70 l S", b"10 20 m 20 20 80 20 90 20 c S", b"10 20 80 50 re n"],
    ids=["shade", "a slope", "a curve", "what is not painted"],
)
def test_what_is_no_line_is_none(drawn):
    assert [[], []] == rules_of(drawn)


def test_lines_turn_with_the_page():
    assert [[], [(20, -90, -10)]] == rules_of(b"10 20 m 90 20 l S", turned=90)
