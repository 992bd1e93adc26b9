import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import UnreadableDocument
from index.outline import outline
from index.sentences import LONGEST_SENTENCE, LONGEST_UNCUT, refuse_endless, sentences
from index.text import normalize
from tests.index.outlines import LABELS, REPORTS

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"


def split(text):
    return sentences(text, outline(text, LABELS))


def texts(text):
    return [sentence.text for sentence in split(text)]


@pytest.mark.parametrize("stop", ["。", "！", "？", "!", "?", "；", ";", "……", "？！", "!!", "｡"])
def test_a_sentence_ends_at_a_stop_and_keeps_it(stop):
    assert texts(f"学得不深{stop}做得不快。") == [f"学得不深{stop}", "做得不快。"]


def test_a_line_end_ends_a_sentence_too():
    assert texts("对照检查材料\n学得不深") == ["对照检查材料", "学得不深"]


@pytest.mark.parametrize(
    "text", ["a;b见https://x.y/?q=1!a的说明。", "学习，工作，生活：样样不放松。", "增长1.5万元，达到3.2%。"]
)
def test_commas_colons_and_marks_inside_latin_text_end_nothing(text):
    assert texts(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "总把“怎么办？”的问题推给别人。", "他说“好！”然后走了。", "树立“慎独；慎微”的观念。",
        "读《论担当！》一书不够细。", "存在（见附表；略）等问题。", "存在学习、调研……等问题。",
        "“学习？没时间。”——这是口头禅。", "“能拖就拖，等等再说。”这句话常说。", "有“等等再说。”的想法。",
        "应该……必须改。",
    ],
)  # fmt: skip
def test_a_short_quotation_or_bracket_is_one_piece(text):
    assert texts(text) == [text]


def test_a_full_stop_after_a_hesitation_ends_the_sentence():
    assert ["学得浅……。", "做得少。"] == texts("学得浅……。做得少。")
    assert ["他说……！", "下一步要改。"] == texts("他说……！下一步要改。")


def test_a_closing_quotation_mark_stays_with_its_sentence():
    assert texts("他说：“我不去。”我没有再问。（会后补记。）就这样。") == [
        "他说：“我不去。”",
        "我没有再问。",
        "（会后补记。）",
        "就这样。",
    ]
    assert texts('他说："我不去。"我没有再问。') == ['他说："我不去。"', "我没有再问。"]


def test_a_full_stop_inside_a_title_or_a_quotation_that_is_counted_ends_nothing():
    for text in ("《关于改进作风的意见。》读了三遍。", "“没时间。”等借口用了不少。"):
        assert [text] == texts(text)


def test_a_long_quotation_is_split_inside():
    first, second = "“" + "学得不深，" * 20 + "用得不多。", "做得不快。”"

    assert texts(f"{first}{second}完。") == [first, second, "完。"]


def test_a_quotation_that_is_never_closed_swallows_nothing():
    assert texts("我说“学得不深。做得不快。管得不严。") == ["我说“学得不深。", "做得不快。", "管得不严。"]


def test_a_heading_is_a_sentence_of_its_own():
    text = "一、存在的问题\n（一）在理论学习方面。一是学得浅。读得少；记得更少。"

    found = split(text)

    assert [(one.text, one.is_heading) for one in found] == [
        ("一、存在的问题", True),
        ("（一）在理论学习方面。", True),
        ("一是学得浅。", True),
        ("读得少；", False),
        ("记得更少。", False),
    ]


def test_a_heading_with_a_semicolon_in_it_is_not_split():
    assert texts("一、强化学习；提高认识\n多读书。") == ["一、强化学习；提高认识", "多读书。"]


def test_a_point_inside_a_sentence_begins_a_new_one():
    assert texts("有两点：一是学得浅；二是做得慢。") == ["有两点：", "一是学得浅；", "二是做得慢。"]


@pytest.mark.parametrize("mark", ["一、", "（一）", "1.", "①", "一是"])
def test_a_numbering_mark_never_stands_alone(mark):
    for text in (f"{mark}\n学得不深。", f"{mark} 学得不深。", f"{mark}。学得不深。", f"学得浅。{mark}。做得慢。"):
        assert mark not in texts(text)
        assert f"{mark}。" not in texts(text)


def test_lines_broken_by_hand_inside_a_sentence_are_one():
    text = "说起来难为情，我年轻时扛两百斤的麻包都\n不皱眉头，如今为几辆破自行车倒怕得罪\n人。后来我改了。"

    assert texts(text) == [text[: text.index("后")], "后来我改了。"]


@pytest.mark.parametrize(
    "text",
    [
        "在带头贯彻新发展理念，履职尽责、担当作为方面\n\n学得不深。",
        "在带头贯彻新发展理念，履职尽责、担当作为方面\n\u3000\u3000学得不深。",
        "（一）在带头贯彻新发展理念，履职尽责、担当作为方面\n学得不深。",
        "在带头贯彻新发展理念履职尽责担当作为方面\n学得不深。",
        "在带头贯彻新发展理念，履职尽责、担当作为方面\n一是学得不深。",
    ],
)
def test_a_heading_on_its_own_line_is_not_joined_with_the_text_below(text):
    assert len(texts(text)) == 2


def test_a_sentence_past_the_limit_is_cut_after_a_pause_or_hard():
    with_pauses, without = texts("学得不深，" * 1000), texts("学" * (LONGEST_SENTENCE + 1))

    assert all(len(one) <= LONGEST_SENTENCE and one.endswith("，") for one in with_pauses)
    assert [len(one) for one in without] == [LONGEST_SENTENCE, 1]


def test_a_sentence_that_no_encoder_reads_whole_is_cut_at_commas_into_pieces_alike_and_no_other_is():
    clause = "学习理论不够系统、不够深入，"
    long, just_read = (clause * 50)[:-1] + "。", ("读" * (LONGEST_SENTENCE - 2)) + "，。"

    pieces = texts(long)

    assert long == "".join(pieces)
    assert 2 == len(pieces) and all(LONGEST_SENTENCE * 0.8 < len(piece) < 400 for piece in pieces)
    assert pieces[0].endswith("不够深入，")
    assert [just_read] == texts(just_read)


def test_role_and_dimension_come_from_the_nearest_heading_that_names_one():
    text = (
        "前言。\n一、存在的问题\n总的还行。\n（一）理论学习方面\n一是学得浅。读得少。\n二是担当不够。不敢管。\n"
        "二、自由发挥\n没有依据。\n以上是我的检查，请批评指正。"
    )

    found = {one.text: (one.role, one.declared) for one in split(text)}

    assert found == {
        "前言。": (None, None),
        "一、存在的问题": ("problem", None),
        "总的还行。": ("problem", None),
        "（一）理论学习方面": ("problem", "theory"),
        "一是学得浅。": ("problem", "theory"),
        "读得少。": ("problem", "theory"),
        "二是担当不够。": ("problem", "responsibility"),
        "不敢管。": ("problem", "responsibility"),
        "二、自由发挥": (None, None),
        "没有依据。": (None, None),
        "以上是我的检查，请批评指正。": (None, None),
    }


def test_the_path_holds_the_headings_above_and_not_the_heading_itself():
    text = "一、存在的问题\n（一）理论学习方面\n一是学得浅。读得少。"

    assert [one.path for one in split(text)] == [
        (),
        ("一、存在的问题",),
        ("一、存在的问题", "（一）理论学习方面"),
        ("一、存在的问题", "（一）理论学习方面", "一是学得浅。"),
    ]


def test_a_passage_is_a_point_or_a_paragraph_where_there_are_no_points():
    text = (
        "对照检查材料\n前言一。前言二。\n一、存在的问题\n（一）理论学习方面\n学得浅。读得少。\n又一段。\n"
        "（二）工作作风方面\n一是走得少。甲。\n乙。\n二是管得松。丙。"
    )

    found = [(one.passage, one.text) for one in split(text)]

    assert found == [
        (0, "对照检查材料"),
        (1, "前言一。"),
        (1, "前言二。"),
        (2, "一、存在的问题"),
        (3, "（一）理论学习方面"),
        (3, "学得浅。"),
        (3, "读得少。"),
        (4, "又一段。"),
        (5, "（二）工作作风方面"),
        (6, "一是走得少。"),
        (6, "甲。"),
        (6, "乙。"),
        (7, "二是管得松。"),
        (7, "丙。"),
    ]


def test_without_an_outline_there_are_sentences_with_empty_paths():
    found = sentences("一、问题\n学得浅。做得慢。\n管得松。", ())

    assert [(one.text, one.path, one.role, one.passage) for one in found] == [
        ("一、问题", (), None, 0),
        ("学得浅。", (), None, 1),
        ("做得慢。", (), None, 1),
        ("管得松。", (), None, 2),
    ]


def test_spans_count_code_points():
    text = "𠮷日😀。学得浅。"

    second = split(text)[1]

    assert (second.start, second.end, text[second.start : second.end]) == (4, 8, "学得浅。")


def test_an_empty_text_has_no_sentences():
    assert split("") == ()


@pytest.mark.parametrize("seed", sorted(SEEDS.glob("*.txt")) or [None], ids=lambda path: path.stem if path else "none")
def test_the_sentences_of_a_real_report_rebuild_it(seed):
    if seed is None:
        pytest.skip(f"{SEEDS} is not at hand: the real reports are no part of the repository")

    check(normalize(seed.read_text(encoding="utf-8")))


@settings(max_examples=300, deadline=None)
@given(REPORTS)
def test_the_sentences_of_any_text_rebuild_it(text):
    check(unicodedata.normalize("NFC", text))


def _repeated(piece: str, length: int) -> str:
    """Return the piece again and again up to a length: drawing long texts letter by letter is refused as too large."""
    return (piece * length)[:length]


@settings(max_examples=100, deadline=None)
@given(st.builds(_repeated, st.text(st.sampled_from("学，。“”；一是、\n "), min_size=1), st.integers(300, 4500)))
def test_the_sentences_of_long_texts_rebuild_them(text):
    check(text)


def check(text):
    """Check that spans and gaps give back the text, and that every other promise about sentences holds."""
    found = split(text)

    position, rebuilt = 0, ""
    for ordinal, one in enumerate(found):
        gap = text[position : one.start]
        assert (gap.strip(), one.ordinal) == ("", ordinal)
        assert one.text == text[one.start : one.end] == one.text.strip() != ""
        assert len(one.text) <= LONGEST_SENTENCE
        rebuilt += gap + one.text
        position = one.end
    assert rebuilt + text[position:] == text
    assert text[position:].strip() == ""
    steps = [right.passage - left.passage for left, right in zip(found, found[1:], strict=False)]
    assert set(steps) <= {0, 1}
    assert not found or found[0].passage == 0


@pytest.mark.parametrize("length", [LONGEST_UNCUT - 1, LONGEST_UNCUT])
def test_a_long_sentence_is_cut_as_long_as_it_may_be_one(length):
    text = "学习。" + "长" * (length - 1) + "。调研。"

    refuse_endless(text, name="x")
    assert max(len(sentence.text) for sentence in sentences(text, ())) == LONGEST_SENTENCE


def test_a_sentence_without_an_end_is_refused_with_name_place_and_length():
    text = "第一行。\n学习。" + "长" * LONGEST_UNCUT + "。\n调研。"

    with pytest.raises(UnreadableDocument, match=r"^a\.txt: the sentence at character 8 \(line 2\) has 100,001 char"):
        refuse_endless(text, name="a.txt")


def test_many_sentences_may_make_a_text_as_long_as_they_like():
    refuse_endless("理论学习不够深入。" * 200_000, name="x")
