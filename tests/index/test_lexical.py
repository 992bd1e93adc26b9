import math
from collections import Counter

import numpy as np
import pytest

from index.errors import CorpusDamaged, CorpusUnwritable
from index.lexical import FEW_ROWS, LexicalIndex
from index.terms import highlights, terms
from tests.index.reports import FAULTS, SUBJECTS

TEXTS = [
    f"在{subject}方面{fault}，{'需要' * (at % 3)}改进。" for subject in SUBJECTS for at, fault in enumerate(FAULTS)
]


def filled_with(texts, *, folder=None):
    filled = LexicalIndex(folder)
    filled.update([(range(1, len(texts) + 1), texts)], removed=[], after=0)
    return filled


def bm25(query, texts, *, k1=1.2, b=0.75):
    """The reference: BM25 as Lucene and tantivy count it, over our terms, in ten lines."""
    bags = [Counter(terms(text)) for text in texts]
    mean = sum(map(Counter.total, bags)) / len(bags)
    scores = [0.0] * len(texts)
    for term in terms(query):
        holders = sum(term in bag for bag in bags)
        rarity = math.log(1 + (len(bags) - holders + 0.5) / (holders + 0.5))
        for at, bag in enumerate(bags):
            scores[at] += rarity * bag[term] * (k1 + 1) / (bag[term] + k1 * (1 - b + b * bag.total() / mean))
    return scores


@pytest.mark.parametrize("query", ["调研流于形式", "廉洁 要求不严", "主动性不强，需要改进", "创新"])
def test_the_order_and_the_scores_are_those_of_bm25(query):
    scores = bm25(query, TEXTS)
    wanted = sorted(((-score, row) for row, score in enumerate(scores, start=1) if score), key=lambda pair: pair)

    found = filled_with(TEXTS).search(query, top_k=len(TEXTS))

    assert len(found) == len(wanted)
    assert [hit.score for hit in found] == pytest.approx([-score for score, _ in wanted], rel=1e-4)
    assert all(hit.score == pytest.approx(scores[hit.row - 1], rel=1e-4) for hit in found)


def test_a_query_of_one_character_finds_it_inside_words():
    found = filled_with(["党建工作", "基层调研", "全党同志"]).search("党", top_k=5)

    assert [hit.row for hit in found] == [1, 3]


def test_a_query_finds_what_the_word_cutter_cut_elsewhere():
    assert [hit.row for hit in filled_with(["深入基层", "服务群众"]).search("基层", top_k=5)] == [1]


@pytest.mark.parametrize("query", ["", "，。", "\x00", "查无此词"])
def test_a_query_without_a_known_word_finds_nothing(query):
    assert filled_with(TEXTS).search(query, top_k=5) == []


def test_signs_of_a_query_language_are_only_text():
    assert filled_with(["学习 AND 调研"]).search('terms:"学习" AND (调研 OR -row:1) * ~2 [a TO b]', top_k=5)[0].row == 1


def test_an_empty_index_finds_nothing():
    assert LexicalIndex().search("学习", top_k=5) == []


def test_allowed_rows_keep_the_result_full():
    allowed = np.array([at for at in range(1, len(TEXTS) + 1) if at % 7 == 0])

    found = filled_with(TEXTS).search("方面改进", top_k=5, allowed=allowed)

    assert len(found) == 5
    assert {hit.row for hit in found} <= set(allowed.tolist())


def test_many_allowed_rows_give_the_order_that_few_give():
    texts = [f"{TEXTS[at % len(TEXTS)]}{at}" for at in range(FEW_ROWS + 2_000)]
    allowed = np.arange(1_500, FEW_ROWS + 1_900)
    filled = filled_with(texts)

    found = filled.search("学习 不够深入", top_k=40, allowed=allowed)

    every = filled.search("学习 不够深入", top_k=len(texts))
    assert [hit.score for hit in found] == [hit.score for hit in every if 1_500 <= hit.row < FEW_ROWS + 1_900][:40]
    assert all(1_500 <= hit.row < FEW_ROWS + 1_900 for hit in found)


def test_an_update_drops_spans_and_adds_rows():
    filled = filled_with(["学习甲", "学习乙", "学习丙", "学习丁"])

    filled.update([([5, 6], ["学习戊", "学习己"])], removed=[(1, 2), (4, 4)], after=4)

    assert sorted(hit.row for hit in filled.search("学习", top_k=9)) == [3, 5, 6]
    assert len(filled) == 3


def test_rows_left_by_a_writer_that_was_stopped_are_not_doubled():
    filled = filled_with(["学习甲", "学习乙", "学习丙"])

    filled.update([([2, 3], ["学习乙", "学习丙"])], removed=[], after=1)

    assert sorted(hit.row for hit in filled.search("学习", top_k=9)) == [1, 2, 3]


def test_an_update_that_fails_changes_nothing_and_the_next_one_works(tmp_path):
    filled = filled_with(["学习甲"], folder=tmp_path)

    def failing():
        yield [2], ["学习乙"]
        raise KeyError("stopped")

    with pytest.raises(KeyError):
        filled.update(failing(), removed=[(1, 1)], after=1)
    assert [hit.row for hit in filled.search("学习", top_k=9)] == [1]
    filled.update([([2], ["学习乙"])], removed=[], after=1)
    assert len(filled) == 2


def test_what_was_written_to_a_folder_is_there_when_it_is_opened_again(tmp_path):
    filled_with(TEXTS, folder=tmp_path)

    again = LexicalIndex(tmp_path)

    assert again.search("调研流于形式", top_k=3) == filled_with(TEXTS).search("调研流于形式", top_k=3)


def test_what_another_has_written_is_seen_after_a_reload(tmp_path):
    first, second = LexicalIndex(tmp_path), LexicalIndex(tmp_path)
    first.update([([1], ["学习"])], removed=[], after=0)

    second.reload()

    assert len(second) == 1


def test_a_damaged_folder_is_refused(tmp_path):
    filled_with(TEXTS, folder=tmp_path)
    (tmp_path / "meta.json").write_text("{", encoding="utf-8")

    with pytest.raises(CorpusDamaged, match="rebuild"):
        LexicalIndex(tmp_path)


@pytest.mark.parametrize(("query", "rows"), [("𠮷", {1, 2}), ("𪚥𠮷", {2}), ("𠮷村", {1}), ("吉", {3})])
def test_characters_beyond_the_basic_plane_are_found(query, rows):
    filled = filled_with(["在𠮷村调研，学习不够。", "在𪚥𠮷两地走访。", "在吉祥里调研。"])

    assert rows == {hit.row for hit in filled.search(query, top_k=3)}
    assert highlights(query, [query]) != [()]


def test_coverage_is_all_of_a_query_none_of_it_or_a_share():
    filled = filled_with(["下村调研", "理论学习", "下村学习", "其他"])

    whole, part, none = filled.coverage("下村调研", ["我常下村调研。", "我常下村。", "理论"]).tolist()

    assert (whole, none) == (pytest.approx(1), 0)
    assert 0 < part < 1


def test_coverage_counts_rare_pieces_for_more():
    filled = filled_with(["学习甲", "学习乙", "学习丙", "调研丁"])

    common, rare = filled.coverage("学习调研", ["学习", "调研"])

    assert rare > common


def test_coverage_is_the_squared_rarity_held_over_the_squared_rarity_asked_for():
    texts = ["学习", "学生", "调研"]
    rarity = {1: math.log(1 + 2.5 / 1.5) ** 2, 2: math.log(1 + 1.5 / 2.5) ** 2}

    found = filled_with(texts).coverage("学习", ["学生"])[0]

    assert found == pytest.approx(rarity[2] / (rarity[2] + rarity[1] + rarity[1]))


@pytest.mark.parametrize(("query", "texts"), [("", ["学习"]), ("，。", ["学习"]), ("学习", [])])
def test_coverage_of_nothing_is_nothing(query, texts):
    assert filled_with(TEXTS).coverage(query, texts).tolist() == [0] * len(texts)


def test_an_unknown_word_of_any_length_can_be_covered():
    assert filled_with(TEXTS).coverage("A" * 100, ["a" * 100, "学习"]).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("An IO error occurred: 'Disk quota exceeded (os error 122)'", "quota"),
        ("Failed to open file for write: IoError { io_error: Os { code: 5, kind: Other } }", "Input/output"),
        ("A worker thread encountered an error (io::Error most likely) or panicked.", "Input/output"),
    ],
)
def test_what_the_system_says_of_a_disk_is_no_damage_of_the_index(tmp_path, monkeypatch, said, why):
    def failing(*_):
        raise ValueError(said)

    monkeypatch.setattr("index.lexical.tantivy.Index", failing)

    with pytest.raises(CorpusUnwritable, match=why):
        LexicalIndex(tmp_path)
