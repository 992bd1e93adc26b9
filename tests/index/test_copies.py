import numpy as np
import pytest

from index.corpus import Corpus
from tests.doubles import HashEmbedder
from tests.index.reports import add, report

EMBEDDER = HashEmbedder(dim=64)
BOAT = "休渔期里我只在码头拍了照片，没有上船查看网具，三条船偷偷出了海。"
ROOF = "校舍屋顶漏雨的报告在我桌上压了四十天，直到家长找上门才批下去。"
PHRASE = "牢固树立正确政绩观坚持以人民为中心"


@pytest.fixture
def corpus(tmp_path):
    with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
        add(corpus, report("d1", ["一、存在的问题", BOAT, f"我没有{PHRASE}，晒图凑数。"]), EMBEDDER)
        add(corpus, report("d2", ["开头的话说在前面。", ROOF, f"今后要{PHRASE}，每周进一次课堂。"]), EMBEDDER)
        yield corpus


def overlap(corpus, *lines, without=None, least_run=13):
    made = report("new", list(lines))
    vectors = EMBEDDER.encode_passages(made.texts)
    return made.document, corpus.overlap(made.sentences, vectors, without=without, least_run=least_run)


def test_a_copy_names_its_source_and_where_the_words_stand(corpus):
    document, found = overlap(
        corpus, "会上没有人提不同意见。", "休渔期里我只在码头拍了照片，没有上船查看网具，两条船被罚。"
    )

    (copy,) = found
    assert (1, "verbatim", "d1:1", "报告d1") == (copy.ordinal, copy.kind, copy.sentence_id, copy.title)
    assert document.text[copy.start : copy.end] == copy.text
    source = corpus.document("d1").text
    assert source[copy.source_start : copy.source_end] == copy.source_text == BOAT
    ((here, there),) = copy.runs
    assert document.text[slice(*here)] == source[slice(*there)] == "休渔期里我只在码头拍了照片，没有上船查看网具"
    assert 0.7 < copy.share < 0.9


def test_an_edit_without_a_long_run_is_found(corpus):
    _, (copy,) = overlap(corpus, "校舍的屋顶漏水，报告在我桌子上压了一个多月，直到有家长找上门来才批了下去。")

    assert ("edited", "d2:1", ()) == (copy.kind, copy.sentence_id, copy.runs)


def test_what_the_corpus_does_not_hold_is_no_copy(corpus):
    assert [] == overlap(corpus, "夜里值班时我去巡了两遍锅炉房，把阀门的编号重新抄了一份贴在墙上。")[1]


def test_the_text_itself_is_left_out(corpus):
    assert ["d1"] == [copy.document_id for copy in overlap(corpus, BOAT)[1]]
    assert [] == overlap(corpus, BOAT, without="d1")[1]


def test_the_best_sources_of_a_sentence_come_first_one_a_report(corpus):
    add(corpus, report("d3", [BOAT.replace("三条船", "两条渔船"), BOAT]), EMBEDDER)
    add(corpus, report("d4", [BOAT.replace("我只在码头拍了照片", "我到码头照了几张相就走")]), EMBEDDER)

    found = overlap(corpus, BOAT)[1]

    assert ["d1", "d3", "d4"] == [copy.document_id for copy in found]
    assert [1.0, 1.0] == [copy.score for copy in found[:2]]
    assert found[2].score < 1


def test_a_phrase_of_many_reports_is_no_copy(corpus):
    line = f"我没有{PHRASE}，到船厂去得太少。"
    assert {"d1", "d2"} == {copy.document_id for copy in overlap(corpus, line)[1]}

    for number in range(3, 9):
        add(corpus, report(f"d{number}", [f"第{number}个单位也要{PHRASE}，把{number}件事办好。"]), EMBEDDER)

    assert [] == overlap(corpus, line)[1]
    assert ["verbatim"] == [copy.kind for copy in overlap(corpus, BOAT)[1]]


def test_a_paragraph_that_many_reports_have_is_a_copy_all_the_same(corpus):
    line = BOAT.replace("三条船", "当天夜里三条船")
    for number in range(3, 12):
        add(corpus, report(f"d{number}", [f"这是第{number}份。", line, f"{number}号楼的路灯没有人修。"]), EMBEDDER)

    found = overlap(corpus, line.replace("三条船", "两条船"))[1]

    assert [("verbatim", 3)] == [(kind, len(found)) for kind in {copy.kind for copy in found}]


def test_shorter_runs_are_told_when_asked_for(corpus):
    line = "我到镇上讲课时说过，没有上船查看网具是最大的教训。"

    assert [] == overlap(corpus, line)[1]
    assert ["verbatim"] == [copy.kind for copy in overlap(corpus, line, least_run=8)[1]]
    with pytest.raises(ValueError, match="least_run is 0"):
        overlap(corpus, line, least_run=0)


def test_headings_and_nothing_at_all_copy_nobody(corpus):
    assert [] == corpus.overlap((), np.zeros((0, 64), dtype=np.float32))
