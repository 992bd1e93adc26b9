import subprocess
import sys

import numpy as np
import pytest

from index.terms import characters, held, highlights, pieces, terms

TEXTS = ["在理论学习方面不够深入，需要改进。", "在廉洁自律方面要求不严，需要需要改进。"]


def test_chinese_text_gives_words_and_character_pairs():
    assert terms("第一手资料") == ["第一手", "资料", "第一", "一手", "手资", "资料"]


def test_letters_and_digits_give_words_in_one_width_and_case():
    assert terms("ＡI 大模型2024，foo_bar") == ["ai", "模型", "大模", "模型", "2024", "foo", "bar"]


@pytest.mark.parametrize("text", ["", "，。！", " \n\t", "党"])
def test_a_text_without_a_word_gives_no_term(text):
    assert terms(text) == []


def test_characters_are_the_chinese_ones():
    assert characters("党a建2") == ["党", "建"]


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("调研", "深入调研，再调研", ["调研", "调研"]),
        ("深入基层调研", "在深入基层调研方面", ["深入基层调研"]),
        ("基层", "深入基层", ["基层"]),
        ("深入基层", "基层的同志深入学习", ["基层", "深入"]),
        ("ai应用", "ＡI的应用", ["ＡI", "应用"]),
        ("党", "党建与全党", ["党", "党"]),
        ("学习", "😀学习", ["学习"]),
        ("人人", "人人人人", ["人人人人"]),
        ("甲乙丙", "乙丙丁", ["乙丙"]),
        ("学习", "调研", []),
        ("", "调研", []),
        ("调研", "", []),
    ],
)
def test_highlights_are_where_words_of_the_query_stand(query, text, marked):
    [spans] = highlights(query, [text])

    assert [text[start:end] for start, end in spans] == marked


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
    texts = [*TEXTS, "Ａbc", "学", "习学", "面不"]

    assert held(asked, texts).tolist() == [[piece in text.replace("Ａ", "a") for piece in asked] for text in texts]


def test_importing_the_index_does_not_load_the_dictionary():
    code = "import sys, index.corpus; sys.exit('rjieba' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
