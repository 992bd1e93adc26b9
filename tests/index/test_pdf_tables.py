import pytest

from index.readers import parse_document
from tests.index.pdf_files import SIZE, ruled_pdf

LEFT, WIDE, HIGH, MARGIN = 60, 120, 60, 6
HEADINGS = ["序号", "存在问题", "整改措施"]
FIRST = ["1", "学得浅看得少", "每周读书两次"]
SECOND = ["2", "走得少听得少", "每月下村五天"]


def grid(rows, *, top=700, frame=True, high=HIGH):
    """Return what is drawn for a table: a cell is its lines, each a string; None joins it with the cell above."""
    columns, bottom = len(rows[0]), top - high * len(rows)
    right = LEFT + WIDE * columns
    drawn = [(LEFT + WIDE * place, bottom, LEFT + WIDE * place, top) for place in range(columns + 1)]
    drawn += [(LEFT, top, right, top), (LEFT, bottom, right, bottom)] if frame else []
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            x, y = LEFT + WIDE * column, top - high * place
            if place and cell is not None:
                drawn.append((x, y, x + WIDE, y))
            for number, line in enumerate([cell] if isinstance(cell, str) else cell or ()):
                drawn += [(x + MARGIN, y - (number + 1) * (SIZE + 3), line)] if line else []
    return drawn


def read(*pages):
    found = parse_document("a.pdf", ruled_pdf(*pages))
    place, lines = 0, []
    for line in found.text.split("\n"):
        cell = found.cells.get(place)
        lines.append((line, cell.column if cell else None))
        place += len(line) + 1
    return lines


def test_a_cell_stands_below_the_heading_of_its_column_with_its_lines_put_together():
    row = ["1", ["学得浅，读得", "少而慢"], ["思想上重业", "务、轻学习"]]

    found = read([(LEFT, 760, "问题清单"), *grid([HEADINGS, row])])

    assert [
        ("问题清单", None),
        ("序号 存在问题 整改措施", ""),
        ("1 学得浅，读得少而慢", "存在问题"),
        ("思想上重业务、轻学习", "整改措施"),
    ] == [line for line in found if line[0]]


def test_a_table_goes_on_over_the_end_of_a_page_below_its_headings():
    found = read(grid([HEADINGS, FIRST]), grid([HEADINGS, SECOND]))

    assert [("2 走得少听得少", "存在问题"), ("每月下村五天", "整改措施")] == found[-2:]
    assert 1 == sum("序号" in line for line, _ in found)


def test_a_row_goes_on_over_the_end_of_a_page_where_its_number_is_above():
    found = read(grid([HEADINGS, ["1", "学得浅看得少", "读书"]]), grid([["", "又不去想", ""], SECOND]))

    assert [("1 学得浅看得少又不去想", "存在问题"), ("读书", "整改措施"), ("2 走得少听得少", "存在问题")] == found[1:4]


def test_rows_that_are_alike_are_not_all_taken_for_headings():
    found = read(grid([HEADINGS, *[FIRST] * 5]), grid([HEADINGS, *[FIRST] * 5]))

    assert 2 * 5 - 2 == sum(column == "存在问题" for _, column in found)


def test_a_cell_over_two_rows_stands_before_both():
    rows = [["类别", "存在问题", "整改措施"], ["学习方面", *FIRST[1:]], [None, *SECOND[1:]]]

    found = read(grid(rows))

    assert [("走得少听得少", "存在问题"), ("每月下村五天", "整改措施")] == found[-2:]


@pytest.mark.parametrize(
    "page",
    [
        [(40, 40, 40, 800), (550, 40, 550, 800), (40, 40, 550, 40), (40, 800, 550, 800), (90, 700, "学得浅。")],
        [(LEFT, 700, 500, 700), (LEFT, 640, 500, 640), (90, 680, "学得浅。")],
        grid([["学得浅。", "走得少。"]]),
    ],
    ids=["a frame", "lines without upright ones", "two boxes side by side"],
)
def test_what_is_no_grid_is_read_as_text(page):
    assert all(column is None for _, column in read(page))


def test_a_page_of_very_many_lines_is_a_drawing():
    lines = [(10 + n % 500, 10, 10 + n % 500, 800) for n in range(10_001)]

    assert all(column is None for _, column in read([*grid([HEADINGS, FIRST]), *lines]))
