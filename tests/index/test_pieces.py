import numpy as np
import pytest

from index.pieces import folded, held, pieces
from tests.index.reports import FAULTS, SUBJECTS


def test_a_folded_text_has_one_width_case_and_script_and_its_length():
    text = "ＡB１調研ﬁ\x00𠮷"

    assert "ab1调研ﬁ\x00𠮷" == folded(text)
    assert len(text) == len(folded(text))


def test_pieces_are_characters_pairs_and_words():
    assert pieces("ＡI调研，学习") == {"ai", "调", "研", "调研", "学", "习", "学习"}


@pytest.mark.parametrize(
    ("asked", "texts", "wanted"),
    [
        (["学", "学习", "习"], ["学习", "习学", ""], [[1, 1, 1], [1, 0, 1], [0, 0, 0]]),
        (["学习"], ["学", "习"], [[0], [0]]),
        (["ai", "大模"], ["ＡI大模型", "大 模"], [[1, 1], [0, 0]]),
        (["𠮷野", "𠮷"], ["𠮷野家", "野𠮷"], [[1, 1], [0, 1]]),
        (["学"], [], np.zeros((0, 1))),
        ([], ["学"], np.zeros((1, 0))),
        (["学"], ["", ""], [[0], [0]]),
    ],
)
def test_a_text_holds_a_piece_or_not(asked, texts, wanted):
    assert held(asked, texts).tolist() == np.array(wanted, dtype=bool).tolist()


def test_what_is_held_is_what_a_search_in_the_text_finds():
    asked = sorted(pieces("在学习方面不够深入，主动性不强ABC"))
    texts = [f"在{subject}方面{fault}。" for subject in SUBJECTS for fault in FAULTS] + ["Ａbc", "学", "习学", "面不"]

    assert held(asked, texts).tolist() == [[piece in text.replace("Ａ", "a") for piece in asked] for text in texts]
