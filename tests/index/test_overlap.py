import json
from pathlib import Path

import numpy as np
import pytest

from index.overlap import EDITED, Run, edit_score, held, likeness, marked, runs, told

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "copies.jsonl").read_text(encoding="utf-8").splitlines()
]
SOURCE = "下雨天我让网格员代为巡查河道，自己在办公室补写了三次巡河记录。"


def no_phrases(*texts):
    return tuple(np.zeros(len(text.characters), dtype=bool) for text in texts)


def compared(own, other, *, cosine=0.0, phrases=(), least_run=13):
    sides = [told(own), told(other)]
    marks = tuple(
        marked(len(side.characters), [(side.characters.find(p), side.characters.find(p) + len(p)) for p in phrases])
        for side in sides
    )
    return likeness(*sides, cosine=cosine, set_phrases=marks, least_run=least_run)


def test_only_letters_figures_and_characters_count_and_keep_their_places():
    text = "学习《某某 条例》后，Ａ组 写了3篇。"

    found = told(text)

    assert "学习后a组写了3篇" == found.characters
    assert ["学", "习", "后", "Ａ", "组", "写", "了", "3", "篇"] == [text[place] for place in found.places]


def test_traditional_characters_are_read_as_simplified_ones():
    assert told("調研").characters == told("调研").characters


def test_runs_are_the_longest_stretches_in_order():
    own, other = told("甲乙丙丁，戊己庚辛一二三"), told("一二三四五丙丁戊己庚辛")

    assert [Run(own=2, other=5, length=6), Run(own=8, other=0, length=3)] == runs(own, other, least=3)
    assert [] == runs(own, other, least=7)
    assert [] == runs(told(""), other, least=3)


def test_pairs_inside_set_phrases_are_not_counted():
    own, other = told("坚持从严治党，我去了三个村"), told("坚持从严治党是根本")

    assert held(own, other, set_phrases=no_phrases(own)[0]) == pytest.approx(5 / 11)
    assert 0 == held(own, other, set_phrases=marked(12, [(0, 6)]))


def test_a_long_run_is_told_word_for_word_with_its_share():
    found = compared("上半年下雨天我让网格员代为巡查河道，被群众举报。", SOURCE)

    assert "verbatim" == found.kind
    assert 14 == found.runs[0].length
    assert found.share == pytest.approx(14 / 22)


@pytest.mark.parametrize(("least_run", "kind"), [(13, "verbatim"), (15, "edited")])
def test_how_long_a_run_must_be_can_be_chosen(least_run, kind):
    assert kind == compared("上半年下雨天我让网格员代为巡查河道，被群众举报。", SOURCE, least_run=least_run).kind


def test_a_quoted_title_is_no_copy():
    title = "《关于进一步加强新时代机关作风建设若干问题的意见（试行）》"

    assert compared(f"我通读了{title}，写了两千字的体会。", f"对{title}理解不深，讨论时没有发言。") is None


def test_a_set_phrase_is_no_copy():
    phrase = "牢固树立正确政绩观坚持以人民为中心"
    own, other = f"今后要{phrase}，每月到渔港走访船工。", f"没有{phrase}，修路时只顾进度不顾扬尘。"

    assert compared(own, other).kind == "verbatim"
    assert compared(own, other, phrases=[phrase]) is None


SENTENCE = "在服务群众方面，我坐在办公室里听汇报多、到田间地头看实情少，对群众的急难愁盼掌握得不够及时。"


@pytest.mark.parametrize(
    ("own", "kind"),
    [
        (SENTENCE, "verbatim"),
        (SENTENCE.replace("掌握得不够及时", "了解得不够全面"), "verbatim"),
        (f"今年以来村里的路灯坏了一半没有人修，{SENTENCE}", "verbatim"),
        (
            "我坐在办公室里听汇报多、到田间地头看实情少，秋收那几天又去外地参观，回来只看了一份简报就算了解。",
            None,
        ),
    ],
)
def test_a_long_sentence_taken_whole_is_a_copy_though_many_reports_have_it(own, kind):
    found = compared(own, SENTENCE, phrases=[told(SENTENCE).characters, "我坐在办公室里听汇报多到田间地头看实情少"])

    assert kind == (found.kind if found else None)


def test_a_short_sentence_that_many_reports_have_is_none():
    phrase = "以上是我的对照检查不妥之处请同志们批评指正"

    assert compared(phrase, phrase, phrases=[phrase]) is None


def test_other_words_with_the_same_meaning_are_a_paraphrase():
    own = "碰上落雨，水边便不去了，台账是坐着编出来的，实际由别人跑。"

    assert "paraphrase" == compared(own, SOURCE, cosine=0.9).kind
    assert compared(own, SOURCE, cosine=0.6) is None


def test_a_short_sentence_is_not_like_a_long_one_by_chance():
    assert compared("自己在办公室补写了三次", SOURCE, cosine=0.95) is None


@pytest.mark.parametrize("kind", ["synonyms", "reordered", "figures", "merged", "split"])
def test_authored_edits_are_found(kind):
    edits = [pair for pair in PAIRS if pair["kind"] == kind]

    found = [compared(pair["text"], pair["source"]) for pair in edits]

    assert len(edits) >= 5
    assert all(found)


def test_sentences_on_the_same_topic_are_not_taken_for_edits():
    topics = [pair for pair in PAIRS if pair["kind"] == "topic"]

    scores = [
        edit_score(own, other, set_phrases=no_phrases(own, other))
        for own, other in ((told(pair["text"]), told(pair["source"])) for pair in topics)
    ]

    assert len(topics) >= 90
    assert max(scores) < EDITED / 1.5
