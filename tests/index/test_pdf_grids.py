from index.pdf_grids import fit, page_grids
from index.pdf_rules import Rule, Rules


def ruled(level, upright):
    return Rules(
        level=tuple(Rule(at=at, start=start, end=end) for at, start, end in level),
        upright=tuple(Rule(at=at, start=start, end=end) for at, start, end in upright),
    )


THREE = [(at, 0, 90) for at in (0, 30, 60)]


def test_the_cells_of_a_grid_are_told_from_the_top():
    (grid,) = page_grids(ruled(THREE, [(at, 0, 60) for at in (0, 45, 90)]))

    assert ((0, 45, 90), (60, 30, 0)) == (grid.columns, grid.rows)
    assert [(0, 0), (0, 1), (1, 0), (1, 1)] == [(box.row, box.column) for box in grid.boxes]
    assert [0, 1, 2, 3, None] == [grid.box_at(*at) for at in [(10, 50), (50, 50), (10, 10), (50, 10), (99, 10)]]


def test_cells_without_a_line_between_them_are_one():
    (grid,) = page_grids(ruled(THREE, [(0, 0, 60), (45, 0, 30), (90, 0, 60)]))

    assert [(2, 1), (1, 1), (1, 1)] == [(box.wide, box.high) for box in grid.boxes]


def test_borders_of_two_cells_that_stand_close_are_one_line():
    pieces = [(at, 0, 44) for at in (0, 28, 30, 60)] + [(at, 46, 90) for at in (0, 28, 30, 60)]

    (grid,) = page_grids(ruled(pieces, [(at, 0, 60) for at in (0, 44, 46, 90)]))

    assert 4 == len(grid.boxes)


def test_a_table_may_be_open_at_its_sides():
    (grid,) = page_grids(ruled(THREE, [(45, 0, 60)]))

    assert (0, 45, 90) == grid.columns


def test_what_encloses_anything_but_rectangles_is_no_grid():
    assert [] == page_grids(ruled([(0, 0, 90), (30, 45, 90), (60, 0, 90)], [(0, 0, 60), (45, 30, 60), (90, 0, 60)]))


def test_a_row_of_two_cells_is_a_grid_only_below_one_as_wide():
    row = ruled([(0, 0, 90), (30, 0, 90)], [(at, 0, 30) for at in (0, 45, 90)])
    (above,) = page_grids(ruled(THREE, [(at, 0, 60) for at in (0, 45, 90)]))

    assert [] == page_grids(row)
    assert 1 == len(page_grids(row, above))


def test_a_grid_in_a_cell_of_another_is_left_out():
    outer = [(at, 0, 300) for at in (0, 100, 200)]
    inner = [(at, 10, 90) for at in (20, 50, 80)]

    found = page_grids(
        ruled([*outer, *inner], [*[(at, 0, 200) for at in (0, 150, 300)], *[(at, 20, 80) for at in (10, 50, 90)]])
    )

    assert [(0, 150, 300)] == [grid.columns for grid in found]


def test_parts_of_a_table_fit_where_one_has_columns_of_the_other():
    assert fit((0, 50, 100), (10, 35, 60, 110))
    assert not fit((0, 50, 100), (0, 60, 100))
    assert not fit((0, 50, 100), (0, 50, 130))
