import threading

import pytest

from index.readers import document_from_text
from models.errors import ModelUnavailable
from service.leaning import LANES, Leanings
from service.runtime import TextInput

QUERY = "下村调研走马观花"


def no_head():
    raise ModelUnavailable("there is none")


def test_a_query_is_about_what_the_classifier_says_of_it_but_never_about_nothing(runtime):
    found = Leanings(lambda: runtime.head, runtime.predictions).begun(QUERY)()

    (prediction,) = runtime.classify([TextInput(text=QUERY)])
    assert found == {code: score for code, score in prediction.scores.items() if code != "none"}
    assert max(found, key=found.get) == "style"


def test_without_a_head_nothing_is_known_of_a_query(runtime):
    assert Leanings(no_head, runtime.predictions).begun(QUERY)() == {}


def test_what_goes_wrong_in_the_other_thread_is_raised_where_it_is_waited_for(runtime):
    def torn(*_):
        raise MemoryError("torn")

    with pytest.raises(MemoryError, match="torn"):
        Leanings(lambda: runtime.head, torn).begun(QUERY)()


def test_who_finds_all_threads_taken_classifies_the_query_itself(runtime):
    here, asked_here, going_on = threading.current_thread(), [], threading.Event()

    def slow(head, texts, contexts):
        asked_here.append(threading.current_thread() is here)
        if not asked_here[-1]:
            assert going_on.wait(timeout=60)
        return runtime.predictions(head, texts, contexts)

    leanings = Leanings(lambda: runtime.head, slow)
    begun = [leanings.begun(QUERY) for _ in range(LANES)]

    known = leanings.begun(QUERY)()

    going_on.set()
    assert [one() for one in begun] == [known] * LANES
    assert sorted(asked_here) == [False] * LANES + [True]
    leanings.close()


def test_no_thread_is_left_when_a_runtime_is_closed_and_it_can_be_asked_again(runtime, report):
    runtime.add(document_from_text(report, source="a.txt"))
    before = set(threading.enumerate())
    found = runtime.search(QUERY)
    new = [one for one in threading.enumerate() if one not in before and one.name.startswith("leaning")]
    assert new

    runtime.close()

    assert not any(one.is_alive() for one in new)
    assert runtime.search(QUERY) == found


def test_a_thread_that_cannot_be_had_once_is_asked_the_next_time(runtime, monkeypatch):
    leanings = Leanings(lambda: runtime.head, runtime.predictions)
    submit, asked = leanings._pool.submit, []

    def refused(*_):
        raise RuntimeError("can't start new thread")

    def told(*arguments):
        asked.append(arguments)
        return submit(*arguments)

    for _ in range(LANES + 1):
        monkeypatch.setattr(leanings._pool, "submit", refused)
        with pytest.raises(RuntimeError, match="new thread"):
            leanings.begun(QUERY)
    monkeypatch.setattr(leanings._pool, "submit", told)

    assert leanings.begun(QUERY)()
    assert len(asked) == 1
    leanings.close()


def test_a_query_without_a_letter_is_not_classified_since_it_finds_nothing(runtime, report, monkeypatch):
    runtime.add(document_from_text(report, source="a.txt"))
    asked = []
    monkeypatch.setattr(runtime._leanings, "begun", lambda query: asked.append(query) or dict)

    assert [] == runtime.search("——。 …")
    assert runtime.search(QUERY)
    assert [QUERY] == asked


def test_a_corpus_can_be_searched_without_a_head(runtime, report, monkeypatch):
    runtime.add(document_from_text(report, source="a.txt"))
    with_head = runtime.search(QUERY)

    monkeypatch.setitem(runtime.__dict__, "_leanings", Leanings(no_head, runtime.predictions))
    without = runtime.search(QUERY)

    assert {hit.sentence_id for hit in without} == {hit.sentence_id for hit in with_head}
    assert without[0].score < with_head[0].score
