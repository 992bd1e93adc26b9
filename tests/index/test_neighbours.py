import pytest

from index.corpus import Corpus
from index.neighbours import around
from tests.doubles import HashEmbedder
from tests.index.reports import add, report

EMBEDDER = HashEmbedder(dim=16)
LINES = [f"第{number}句话说的是学习。" for number in "一二三四五六"]


@pytest.fixture
def sentences(tmp_path):
    with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
        add(corpus, report("d1", LINES), EMBEDDER)
        yield corpus.sentences("d1")


@pytest.mark.parametrize(
    ("place", "count", "whole", "before", "after"),
    [
        (2, 1, False, [1], [3]),
        (2, 9, False, [0, 1], [3, 4, 5]),
        (0, 2, False, [], [1, 2]),
        (5, 2, False, [3, 4], []),
        (2, 1, True, [1], [4]),
        (3, 2, True, [0, 1], [4, 5]),
    ],
)
def test_neighbours_stand_right_before_and_after(sentences, place, count, whole, before, after):
    sides = around(sentences, sentences[place], count=count, whole_passage=whole)

    assert [[one.text for one in side] for side in sides] == [[LINES[at] for at in side] for side in (before, after)]


def test_a_neighbour_says_where_it_stands(sentences):
    after = around(sentences, sentences[0], count=1, whole_passage=False)[1][0]

    assert (after.sentence_id, after.start, after.end) == (
        "d1:1",
        sentences[1].sentence.start,
        sentences[1].sentence.end,
    )


def test_a_hit_whose_document_was_removed_meanwhile_has_no_neighbours(sentences):
    assert around([], sentences[0], count=3, whole_passage=False) == ((), ())
