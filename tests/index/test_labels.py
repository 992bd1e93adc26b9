import contextlib
import dataclasses
import sqlite3

import numpy as np
import pytest

from index.backup import back_up, restore
from index.corpus import Corpus
from index.errors import CorpusNotEmpty, UnknownFeedback, UnknownSentence
from index.records import SearchFilter
from index.sketches import sketched
from tests.doubles import HashEmbedder
from tests.index.reports import add, label, numbered_report

EMBEDDER = HashEmbedder(dim=64)


def opened(folder):
    return Corpus.open(folder, lambda: EMBEDDER, create=True)


@pytest.fixture
def corpus(tmp_path):
    with opened(tmp_path / "data") as corpus:
        for number in range(3):
            add(corpus, numbered_report(number), EMBEDDER)
        yield corpus


def tag(corpus, document_id="d0001", ordinal=1):
    return corpus.sentences(document_id)[ordinal].tag


def test_in_ranking_too_a_label_takes_the_place_of_the_scores(corpus):
    rows = range(1, 4)
    before = sketched(corpus._store, rows)

    given = corpus.labels.add(label("d0000", 0))
    settled = sketched(corpus._store, rows)
    corpus.labels.undo(given.feedback_id, author="李某")

    row = next(row for row in rows if settled[row] != before[row])
    assert (("integrity",), [1.0]) == (
        settled[row].codes,
        np.frombuffer(settled[row].probabilities, "float32").tolist(),
    )
    assert [row] == [row for row in rows if settled[row] != before[row]]
    assert before == sketched(corpus._store, rows)


def test_a_label_takes_the_place_of_the_tag_and_leaves_the_others(corpus):
    before = corpus.sentences("d0001")

    given = corpus.labels.add(label(role="cause"))

    stored = corpus.sentences("d0001")[1]
    assert ("integrity", "cause", False, None) == (
        stored.tag.dimension,
        stored.tag.role,
        stored.tag.abstained,
        stored.tag.reason,
    )
    assert given.feedback_id == stored.feedback_id
    assert (stored.sentence.text, "李某") == (given.text, given.author)
    assert (1, {"study": 0, "none": 0, "integrity": 1}) == (stored.tag.confidence, stored.tag.scores)
    assert before[1].tag == stored.guess
    assert before[2:] == corpus.sentences("d0001")[2:]


def test_a_label_without_a_role_leaves_the_role(corpus):
    before = tag(corpus)

    corpus.labels.add(label())

    assert before.role == tag(corpus).role


def test_search_filters_and_counts_follow_the_label(corpus):
    wanted = SearchFilter(dimension=("integrity",))
    assert [] == corpus.search("学习", filter=wanted)

    corpus.labels.add(label())

    assert ["d0001:1"] == [hit.sentence_id for hit in corpus.search("学习", filter=wanted)]
    assert "integrity" == corpus.search("学习", filter=wanted)[0].dimension
    assert 1 == corpus.stats().dimensions["integrity"]


def test_what_is_taken_back_gives_the_label_before_and_then_the_classifier_s(corpus):
    untouched = corpus.sentences("d0001")[1]
    first = corpus.labels.add(label(dimension="style"))
    second = corpus.labels.add(label(dimension="theory"))

    seen = [tag(corpus).dimension]
    corpus.labels.undo(second.feedback_id, author="王某")
    seen.append(tag(corpus).dimension)
    undone = corpus.labels.undo(first.feedback_id, author="王某")

    assert ["theory", "style"] == seen
    assert untouched == corpus.sentences("d0001")[1]
    assert ("王某", True) == (undone.undone_by, undone.undone_at >= undone.made_at)
    assert undone == corpus.labels.undo(first.feedback_id, author="赵某")
    assert [] == corpus.labels.in_force()
    assert 2 == len(corpus.labels.all())


def test_the_older_of_two_labels_may_be_taken_back_too(corpus):
    first = corpus.labels.add(label(dimension="style"))
    corpus.labels.add(label(dimension="theory"))

    corpus.labels.undo(first.feedback_id, author="")

    assert "theory" == tag(corpus).dimension


def test_a_report_that_comes_back_has_its_labels_again(corpus):
    corpus.labels.add(label())
    corpus.remove("d0001")
    assert ["integrity"] == [one.dimension for one in corpus.labels.in_force()]

    add(corpus, numbered_report(1), EMBEDDER)

    assert "integrity" == tag(corpus).dimension


def test_a_label_whose_sentence_has_another_text_by_now_is_not_laid_over_it(corpus):
    corpus.labels.add(label())
    corpus.remove("d0001")
    other = dataclasses.replace(numbered_report(2).document, document_id="d0001")

    add(corpus, dataclasses.replace(numbered_report(2), document=other), EMBEDDER)

    assert "integrity" not in {stored.tag.dimension for stored in corpus.sentences("d0001")}


def test_of_labels_about_one_sentence_or_text_the_newest_is_in_force(corpus):
    for dimension in ("style", "theory"):
        corpus.labels.add(label(dimension=dimension))
        corpus.labels.add(label(None, None, dimension=dimension, text="调研走马观花"))

    assert [("d0001:1", "theory"), (None, "theory")] == [
        (one.sentence_id, one.dimension) for one in corpus.labels.in_force()
    ]


def test_unknown_sentences_and_labels_are_named(corpus):
    for document_id, ordinal in (("d0001", 99), ("d0099", 0)):
        with pytest.raises(UnknownSentence, match=f"{document_id}:{ordinal}"):
            corpus.labels.add(label(document_id, ordinal))
    with pytest.raises(UnknownFeedback, match="fb-none"):
        corpus.labels.undo("fb-none", author="")
    assert [] == corpus.labels.all()


def test_nothing_that_was_said_can_be_changed_or_removed_in_the_file(corpus, tmp_path):
    corpus.labels.add(label())

    with contextlib.closing(sqlite3.connect(tmp_path / "data/corpus.sqlite")) as file:
        for statement in ("DELETE FROM feedback", "UPDATE feedback SET dimension = 'style'"):
            with pytest.raises(sqlite3.IntegrityError, match="feedback is never"):
                file.execute(statement)


def test_labels_are_in_the_backup_and_are_not_replaced_unasked(corpus, tmp_path):
    corpus.labels.add(label())
    made = back_up(tmp_path / "data", tmp_path / "saved")
    restore(tmp_path / "fresh", tmp_path / "saved")

    with opened(tmp_path / "fresh") as fresh:
        assert 1 == made.labels
        assert "integrity" == tag(fresh).dimension
        assert corpus.labels.all() == fresh.labels.all()
        for number in range(3):
            fresh.remove(f"d{number:04}")
    with pytest.raises(CorpusNotEmpty, match="0 documents and 1 labels"):
        restore(tmp_path / "fresh", tmp_path / "saved")


def test_what_to_ask_is_unsure_of_different_wording_and_not_yet_settled(corpus):
    asked = corpus.labels.to_ask(3)
    corpus.labels.add(label(asked[0].document_id, asked[0].sentence.ordinal))

    again = corpus.labels.to_ask(3)

    assert 3 == len({one.sentence.text for one in asked})
    assert asked[0].sentence_id not in {one.sentence_id for one in again}
    assert not any(one.sentence.is_heading for one in (*asked, *again))


def test_an_empty_corpus_asks_nothing(tmp_path):
    with opened(tmp_path) as corpus:
        assert [] == corpus.labels.to_ask(5)


def test_a_store_of_the_first_format_is_brought_up_to_date(tmp_path):
    with opened(tmp_path) as corpus:
        add(corpus, numbered_report(1), EMBEDDER)
    with contextlib.closing(sqlite3.connect(tmp_path / "corpus.sqlite")) as file:
        file.executescript(
            "DROP VIEW labels; DROP TABLE settled; DROP TABLE feedback; DROP INDEX sentences_by_confidence;"
            "DROP INDEX documents_by_time;"
            "PRAGMA user_version = 1"
        )

    with opened(tmp_path) as corpus:
        corpus.labels.add(label())

        assert "integrity" == tag(corpus).dimension
