"""What a search can be asked for beyond its best hits, through the corpus."""

from dataclasses import dataclass

import pytest

from index.corpus import Corpus
from index.errors import EmbedderMismatch
from index.extras import Extras
from index.records import SearchFilter
from tests.doubles import HashEmbedder
from tests.index.reports import add, label, numbered_report, report

EMBEDDER = HashEmbedder(dim=512)
COPIED = [f"{name}下村调研走马观花，听汇报多，看现场少，没有掌握第一手资料。" for name in "甲乙丙丁戊己庚辛"]
OTHERS = ["窗口服务态度生硬，下村也少。", "理论学习不够系统。", "下村吃饭没有交伙食费。", "调研报告由别人代笔。"]
QUERY = "下村调研走马观花"


@pytest.fixture
def corpus(tmp_path):
    with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
        for number, line in enumerate(COPIED):
            add(corpus, report(f"c{number}", [line, f"这是第{number}份报告里别的话。"]), EMBEDDER)
        add(corpus, report("d1", OTHERS, dimension="conduct", role="cause"), EMBEDDER)
        yield corpus


def texts(answer):
    return [hit.text for hit in answer.hits]


def test_nothing_more_than_the_hits_comes_unless_asked_for(corpus):
    answer = corpus.answer(QUERY, top_k=3)

    assert answer.hits == corpus.search(QUERY, top_k=3)
    assert answer.facets is None
    assert {(hit.before, hit.after, hit.duplicates, hit.closest) for hit in answer.hits} == {((), (), (), None)}


def test_sentences_of_the_dimension_that_the_query_is_said_to_have_come_earlier(corpus):
    query = "不够系统的代笔"
    add(corpus, report("s1", ["调研报告请别人代笔。"], dimension="study"), EMBEDDER)

    first = {code: corpus.answer(query, leaning=lambda code=code: {code: 1.0}).hits for code in ("study", "conduct")}

    places = {code: [hit.dimension for hit in hits].index("study") for code, hits in first.items()}
    scores = {code: max(hit.score for hit in hits if hit.dimension == "study") for code, hits in first.items()}
    assert places["study"] <= places["conduct"]
    assert scores["study"] > scores["conduct"]


def test_what_was_read_for_a_search_is_not_read_again_until_something_changes(corpus, monkeypatch):
    stored, sketched, read = corpus._store.stored, corpus._store.sketched, []
    before = corpus.search(QUERY, top_k=3)
    # The searcher holds the first of the two itself.
    monkeypatch.setattr(corpus._searcher._sentences, "_read", lambda rows: read.append("whole") or stored(rows))
    monkeypatch.setattr(corpus._store, "sketched", lambda rows: read.append("sketched") or sketched(rows))

    assert (before, []) == (corpus.search(QUERY, top_k=3), read)
    first = before[0]
    dimension = "study" if first.dimension != "study" else "conduct"
    corpus.labels.add(label(first.document_id, int(first.sentence_id.partition(":")[2]), dimension=dimension))
    after = {hit.sentence_id: hit for hit in corpus.search(QUERY, top_k=3)}
    assert ["sketched", "whole"] == read
    assert first.sentence_id not in after or after[first.sentence_id].dimension != first.dimension


@pytest.mark.parametrize("mode", ["dense", "lexical"])
def test_one_leg_alone_does_not_ask_what_the_query_is_about(corpus, mode):
    def leaning():
        raise AssertionError("asked")

    assert corpus.answer(QUERY, mode=mode, leaning=leaning) == corpus.answer(QUERY, mode=mode)
    with pytest.raises(AssertionError, match="asked"):
        corpus.answer(QUERY, leaning=leaning)


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
@pytest.mark.parametrize("unit", ["sentence", "passage"])
def test_near_copies_are_shown_once_with_the_ids_of_the_others_and_make_room(corpus, mode, unit):
    plain = corpus.answer(QUERY, top_k=4, mode=mode, unit=unit)
    answer = corpus.answer(QUERY, top_k=4, mode=mode, unit=unit, extras=Extras(collapse=True))

    first = answer.hits[0]
    assert {hit.document_id for hit in plain.hits} < {f"c{number}" for number in range(8)}
    assert {first.sentence_id, *first.duplicates} == {f"c{number}:0" for number in range(8)}
    assert len(first.duplicates) == 7
    assert len([hit for hit in answer.hits if "走马观花" in hit.text]) == 1
    # Of passages only three are unlike each other.
    assert len(answer.hits) == (3 if unit == "passage" else 4)


def test_diversity_changes_the_set_and_keeps_it_full(corpus):
    plain = corpus.answer(QUERY, top_k=4)
    answer = corpus.answer(QUERY, top_k=4, extras=Extras(diversity=0.8))

    assert len(answer.hits) == 4
    assert answer.hits[0] == plain.hits[0]
    assert len(set(texts(answer)) - set(texts(plain))) >= 2
    assert [hit.rank for hit in answer.hits] == [1, 2, 3, 4]


@pytest.mark.parametrize("extras", [Extras(collapse=True), Extras(diversity=0.9), Extras(collapse=True, diversity=0.5)])
@pytest.mark.parametrize("unit", ["sentence", "passage"])
def test_filters_keep_the_result_full_with_extras_too(tmp_path, extras, unit):
    with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
        for number in range(60):
            add(corpus, numbered_report(number), EMBEDDER)

        answer = corpus.answer(
            "学习不够深入",
            top_k=7,
            unit=unit,
            filter=SearchFilter(dimension=("conduct",), role=("cause",)),
            extras=extras,
        )

    assert len(answer.hits) == 7
    assert {(hit.dimension, hit.role) for hit in answer.hits} == {("conduct", "cause")}


def test_neighbours_stand_around_a_sentence_and_around_a_passage(corpus):
    sentence = corpus.answer("理论学习不够系统", top_k=1, extras=Extras(neighbours=1)).hits[0]
    passage = corpus.answer("理论学习不够系统", top_k=1, unit="passage", extras=Extras(neighbours=1)).hits[0]

    assert [one.text for one in sentence.before] == [OTHERS[0]]
    assert [one.text for one in sentence.after] == [OTHERS[2]]
    assert passage.text == f"{OTHERS[0]}\n{OTHERS[1]}"
    assert (passage.before, [one.text for one in passage.after]) == ((), [OTHERS[2]])


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_the_closest_clause_of_each_hit_is_marked(corpus, mode):
    answer = corpus.answer("下村看现场少", top_k=3, mode=mode, extras=Extras(closest=True))

    first = answer.hits[0]
    assert first.text[slice(*first.closest)] == "看现场少"
    assert all(hit.closest for hit in answer.hits)


def test_facets_count_labels_and_documents_of_the_best_sentences(corpus):
    facets = corpus.answer(QUERY, top_k=1, extras=Extras(facets=True)).facets

    assert facets["dimension"] == {"study": 16, "conduct": 4}
    assert facets["role"] == {"problem": 16, "cause": 4}
    assert facets["document_id"] == {"d1": 4} | {f"c{number}": 2 for number in range(8)}


def test_facets_follow_the_filter(corpus):
    wanted = SearchFilter(role=("cause",))

    assert corpus.answer(QUERY, filter=wanted, extras=Extras(facets=True)).facets["role"] == {"cause": 4}


def test_a_query_without_a_letter_has_empty_facets(corpus):
    assert corpus.answer("，。", extras=Extras(facets=True)).facets == {"dimension": {}, "role": {}, "document_id": {}}


def test_an_edited_copy_comes_before_what_is_of_the_same_kind(corpus):
    add(
        corpus,
        report("e1", ["收受过合作社送的土特产，以为不大不算违纪。"], dimension="conduct", role="measure"),
        EMBEDDER,
    )

    hit = corpus.search("收下过合作社送来的土特产，认为不大就不算违纪")[0]

    assert hit.document_id == "e1"


def test_a_corpus_that_is_encoded_anew_during_a_search_answers_as_it_was_and_is_then_refused_by_name(tmp_path):
    other = HashEmbedder(dim=32, salt="other")

    @dataclass(frozen=True)
    class Slow:
        """Between the check of the fingerprint and the reading of vectors, another process rebuilds the corpus."""

        fingerprint = EMBEDDER.fingerprint
        dim = EMBEDDER.dim
        encode_passages = EMBEDDER.encode_passages

        def encode_queries(self, texts):
            with Corpus.open(tmp_path, lambda: other, create=False, any_embedder=True) as second:
                second.rebuild(other)
            return EMBEDDER.encode_queries(texts)

    with Corpus.open(tmp_path, Slow, create=True) as corpus:
        add(corpus, report("d1", OTHERS), EMBEDDER)

        found = corpus.search(OTHERS[0], top_k=1)

        assert [hit.text for hit in found] == OTHERS[:1]
        assert found[0].dense == pytest.approx(1, abs=1e-3)
        with pytest.raises(EmbedderMismatch, match="liuwei index rebuild"):
            corpus.search(QUERY)
