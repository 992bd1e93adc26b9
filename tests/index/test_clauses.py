import numpy as np
import pytest

from index.clauses import clauses, closest_clauses
from tests.doubles import HashEmbedder

EMBEDDER = HashEmbedder(dim=256)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("下村调研少，听汇报多。", ["下村调研少", "听汇报多"]),
        ("比如，下村调研少", ["比如，下村调研少"]),
        ("下村调研少，等等。", ["下村调研少，等等"]),
        ("学习", ["学习"]),
        ("。，", []),
        ("", []),
        ("😀下村调研少；听汇报很多", ["😀下村调研少", "听汇报很多"]),
    ],
)
def test_a_text_is_cut_at_its_punctuation_and_short_pieces_stay_with_their_neighbour(text, found):
    assert [text[start:end] for start, end in clauses(text)] == found


def test_the_closest_clause_is_the_one_whose_vector_is_nearest():
    vector = EMBEDDER.encode_queries(["听汇报的时候多"])[0]
    texts = ["下村调研不够深入，听汇报的多，看现场的少。", "。", "听汇报的时候多"]

    spans = closest_clauses(texts, vector, EMBEDDER.encode_passages)

    assert [text[slice(*span)] if span else None for text, span in zip(texts, spans, strict=True)] == [
        "听汇报的多",
        None,
        "听汇报的时候多",
    ]


def test_without_texts_nothing_is_encoded():
    def encode(texts):
        raise AssertionError

    assert closest_clauses([], np.zeros(4, dtype=np.float32), encode) == []
    assert closest_clauses(["。"], np.zeros(4, dtype=np.float32), encode) == [None]
