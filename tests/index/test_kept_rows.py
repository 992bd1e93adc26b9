from concurrent.futures import ThreadPoolExecutor

import pytest

from index.kept_rows import KeptRows
from index.records import Moment

NOW, LATER = Moment(generation=1, token="a"), Moment(generation=2, token="b")


@pytest.fixture
def asked():
    return []


@pytest.fixture
def kept(asked):
    """Rows from 1 to 99, each known by its own name and by how often anything was read."""

    def read(rows):
        asked.append(list(rows))
        return {row: f"{row} read at {len(asked)}" for row in rows if row < 100}

    return KeptRows(read, most=4)


def test_a_row_is_read_once_and_those_that_are_not_there_are_left_out(kept, asked):
    first = kept.at(NOW, [2, 1, 100])

    assert {1: "1 read at 1", 2: "2 read at 1"} == first
    assert {**first, 3: "3 read at 2"} == kept.at(NOW, [3, 1, 2])
    assert [[2, 1, 100], [3]] == asked


def test_nothing_is_kept_of_another_moment_earlier_or_later(kept):
    kept.at(NOW, [1])

    assert {1: "1 read at 2"} == kept.at(LATER, [1])
    assert {1: "1 read at 2"} == kept.at(LATER, [1])
    assert {1: "1 read at 3"} == kept.at(NOW, [1])


def test_no_more_rows_are_kept_than_may_be_and_all_asked_for_are_given(kept, asked):
    kept.at(NOW, [1, 2, 3])

    assert [1, 2, 3, 4, 5] == sorted(kept.at(NOW, [1, 2, 3, 4, 5]))
    assert [4, 5] == asked[-1]
    assert ["4 read at 2", "1 read at 3"] == [kept.at(NOW, [4, 1])[row] for row in (4, 1)]
    assert list(range(20)) == sorted(kept.at(NOW, range(20)))
    assert "1 read at 5" == kept.at(NOW, [1])[1]


def test_nothing_asked_for_reads_nothing(kept, asked):
    assert ({}, []) == (kept.at(NOW, []), asked)


def test_threads_that_ask_at_different_moments_all_get_their_own():
    kept = KeptRows(lambda rows: {row: row for row in rows}, most=50)

    def right(number):
        moment, rows = Moment(generation=number % 3, token=""), range(number % 40, number % 40 + 15)
        return kept.at(moment, rows) == {row: row for row in rows}

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(right, range(4_000)))
