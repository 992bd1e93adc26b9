import contextlib
import dataclasses
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index.errors import CorpusBusy, CorpusDamaged, EmbedderMismatch, IndexFault, NoCorpus, UnknownDocument
from index.records import Moment, SearchFilter
from index.store import STEPS, Store
from tests.doubles import HashEmbedder
from tests.index.reports import numbered_report, report

EMBEDDER = HashEmbedder(dim=16)


def opened(folder):
    return Store.open(folder / "corpus.sqlite", create=(EMBEDDER.fingerprint, EMBEDDER.dim))


@pytest.fixture
def store(tmp_path):
    store = opened(tmp_path)
    yield store
    store.close()


def put(store, made, *, fingerprint=EMBEDDER.fingerprint):
    vectors = EMBEDDER.encode_passages(made.texts)
    return store.add(made.document, made.sentences, made.tags, vectors, fingerprint=fingerprint)


def test_what_was_added_comes_back_as_it_was(store):
    made = report("d1", ["学习不够深入。", "😀调研流于形式。"])
    made = dataclasses.replace(
        made, document=dataclasses.replace(made.document, metadata={"unit": "某局"}, added_at="2024-01-01")
    )

    assert put(store, made) == "added"

    assert store.document("d1") == made.document
    stored = store.sentences("d1")
    assert tuple(item.sentence for item in stored) == made.sentences
    assert tuple(item.tag for item in stored) == made.tags
    assert [item.sentence_id for item in stored] == ["d1:0", "d1:1"]
    assert [(item.title, item.source) for item in stored] == [("报告d1", "d1.txt")] * 2


def test_vectors_come_back_in_order_of_rows_and_of_length_one(store):
    first, second = numbered_report(1), numbered_report(2)
    put(store, first)
    put(store, second)

    rows, vectors = next(store.vectors_after(0))

    assert rows == list(range(1, 13))
    assert np.allclose(vectors, EMBEDDER.encode_passages(first.texts + second.texts), atol=2e-3)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert next(store.texts_after(10)) == ([11, 12], second.texts[4:])


def test_the_same_document_again_is_unchanged(store):
    put(store, report("d1", ["学习。"]))
    before = store.moment()

    assert put(store, report("d1", ["调研。", "担当。"])) == "unchanged"
    assert (store.moment(), store.counts()) == (before, (1, 1))


def test_a_document_without_sentences_is_a_document(store):
    assert put(store, report("d1", [])) == "added"
    assert (store.counts(), store.sentences("d1")) == ((1, 0), [])
    store.remove("d1")
    assert store.removed_since(0) == []


def test_a_document_without_a_time_gets_the_time_of_now(store):
    put(store, report("d1", []))

    assert store.document("d1").added_at.endswith("+00:00")


def test_documents_are_listed_oldest_first_with_their_counts(store):
    for name, added_at in (("d1", "2024-03-01"), ("d2", "2024-01-01"), ("d3", "2024-02-01")):
        made = report(name, ["学习😀。", "调研。"])
        put(store, dataclasses.replace(made, document=dataclasses.replace(made.document, added_at=added_at)))

    listed = store.documents()

    assert [item.document_id for item in listed] == ["d2", "d3", "d1"]
    assert [(item.sentences, item.characters) for item in listed] == [(2, 8)] * 3
    assert store.documents(limit=1, offset=1) == listed[1:2]
    assert store.documents(offset=2) == listed[2:]
    assert store.documents(["d1", "d9", "d2"]) == [listed[0], listed[2]]


def test_a_removed_document_leaves_nothing_but_a_note_of_its_rows(store):
    put(store, report("d1", ["学习。", "调研。"]))
    put(store, report("d2", ["担当。"]))
    before = store.moment()

    store.remove("d1")

    assert not store.contains("d1")
    assert store.counts() == (1, 1)
    assert store.removed_since(before.generation) == [(1, 2)]
    assert store.removed_since(store.moment().generation) == []


def test_a_row_number_is_never_used_again(store):
    put(store, report("d1", ["学习。", "调研。"]))
    store.remove("d1")
    put(store, report("d1", ["学习。", "调研。"]))

    assert [item.row for item in store.sentences("d1")] == [3, 4]


def test_an_unknown_document_is_refused(store):
    with pytest.raises(UnknownDocument, match="nope"):
        store.document("nope")
    with pytest.raises(UnknownDocument, match="nope"):
        store.remove("nope")
    assert store.moment().generation == 1


def test_rows_that_are_gone_are_left_out(store):
    put(store, report("d1", ["学习。", "调研。"]))

    assert {row: item.sentence.text for row, item in store.stored([2, 99, 1]).items()} == {1: "学习。", 2: "调研。"}


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        (SearchFilter(), [1, 2, 3, 4]),
        (SearchFilter(dimension=("study",)), [1, 2]),
        (SearchFilter(dimension=("study", "conduct")), [1, 2, 3, 4]),
        (SearchFilter(role=("cause",)), [3, 4]),
        (SearchFilter(dimension=("study",), role=("cause",)), []),
        (SearchFilter(document_id=("d2", "nope")), [3, 4]),
        (SearchFilter(document_id=("'; DROP TABLE documents; --",)), []),
    ],
)
def test_a_filter_allows_the_rows_that_match_every_field(store, wanted, rows):
    put(store, report("d1", ["学习。", "调研。"], dimension="study", role="problem"))
    put(store, report("d2", ["担当。", "廉洁。"], dimension="conduct", role="cause"))

    assert store.allowed(wanted).tolist() == rows


def test_sentences_are_counted_by_dimension_and_role(store):
    put(store, report("d1", ["学习。", "调研。"], dimension="study", role="problem"))
    put(store, report("d2", ["担当。"], dimension="conduct", role="problem"))

    assert store.tally("dimension") == {"conduct": 1, "study": 2}
    assert store.tally("settled_role") == {"problem": 3}


def test_a_passage_is_the_text_from_its_first_to_its_last_sentence(store):
    put(store, report("d1", ["学习。", "调研。", "担当。"]))

    assert store.passage("d1", 0) == (0, "学习。\n调研。")
    assert store.passage("d1", 1) == (8, "担当。")
    assert store.passage("d1", 7) is None


def test_half_a_document_is_never_stored(store):
    made = report("d1", ["学习。", "调研。"])
    twice = dataclasses.replace(made, sentences=(made.sentences[0], made.sentences[0]))

    with pytest.raises(sqlite3.IntegrityError):
        put(store, twice)
    assert (store.counts(), store.moment().generation) == ((0, 0), 1)
    assert put(store, made) == "added"


def test_vectors_of_another_embedder_are_refused(store):
    with pytest.raises(EmbedderMismatch, match=r"hash-bigrams-16.*other.*liuwei index rebuild"):
        put(store, report("d1", ["学习。"]), fingerprint="other")
    assert store.counts() == (0, 0)


def test_replaced_vectors_belong_to_another_past(store):
    put(store, report("d1", ["学习。", "调研。"]))
    before = store.moment()
    other = HashEmbedder(dim=8, salt="b")
    batches = [(rows, other.encode_passages(texts)) for rows, texts in store.texts_after(0)]

    store.replace_vectors(batches, fingerprint=other.fingerprint, dim=8)

    assert store.encoder() == (other.fingerprint, 8)
    assert next(store.vectors_after(0))[1].shape == (2, 8)
    assert not store.knows(before)
    assert store.knows(store.moment())


def test_vectors_are_replaced_all_or_none(store):
    put(store, report("d1", ["学习。"]))

    def failing():
        yield [1], np.zeros((1, 8), dtype=np.float32)
        raise KeyError("stopped")

    with pytest.raises(KeyError):
        store.replace_vectors(failing(), fingerprint="other", dim=8)
    assert store.encoder() == (EMBEDDER.fingerprint, 16)
    assert next(store.vectors_after(0))[1].shape == (1, 16)


def test_a_moment_of_another_store_is_not_known(store, tmp_path):
    (tmp_path / "other").mkdir()
    other = opened(tmp_path / "other")

    assert not store.knows(other.moment())
    assert not store.knows(Moment(generation=0, token=""))
    other.close()


def test_opened_again_it_holds_what_it_held(tmp_path):
    first = opened(tmp_path)
    put(first, report("d1", ["学习。"]))
    first.close()

    again = Store.open(tmp_path / "corpus.sqlite")

    assert again.contains("d1")
    assert again.encoder() == (EMBEDDER.fingerprint, 16)
    again.close()


def test_no_file_is_no_corpus(tmp_path):
    with pytest.raises(NoCorpus, match="liuwei index add"):
        Store.open(tmp_path / "corpus.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_store_whose_creation_was_stopped_is_no_corpus_until_it_is_created(tmp_path):
    (tmp_path / "corpus.sqlite").touch()

    with pytest.raises(NoCorpus):
        Store.open(tmp_path / "corpus.sqlite")
    created = opened(tmp_path)
    assert created.encoder() == (EMBEDDER.fingerprint, 16)
    created.close()


def test_a_file_that_is_no_database_is_damaged(tmp_path):
    (tmp_path / "corpus.sqlite").write_text("这不是数据库" * 1000, encoding="utf-8")

    with pytest.raises(CorpusDamaged, match="backup"):
        opened(tmp_path)


def test_a_store_of_a_newer_version_is_left_alone(tmp_path):
    opened(tmp_path).close()
    with sqlite3.connect(tmp_path / "corpus.sqlite") as database:
        database.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    database.close()

    with pytest.raises(CorpusDamaged, match="update"):
        opened(tmp_path)


def test_a_sound_store_has_no_faults_and_a_torn_one_has(tmp_path):
    store = opened(tmp_path)
    for number in range(200):
        put(store, numbered_report(number))
    assert store.faults() == []
    store.close()
    path = tmp_path / "corpus.sqlite"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 20_000] = bytes(20_000)
    path.write_bytes(content)

    torn = Store.open(path)

    try:
        assert torn.faults()
    except IndexFault:
        pass
    torn.close()


def test_a_store_that_another_process_writes_to_is_busy(store, tmp_path, monkeypatch):
    monkeypatch.setattr("index.database.BUSY_S", 0.01)
    impatient = opened(tmp_path)
    other = sqlite3.connect(tmp_path / "corpus.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(CorpusBusy, match="try again"):
        put(impatient, report("d1", ["学习。"]))
    assert impatient.counts() == (0, 0)
    other.close()
    assert put(impatient, report("d1", ["学习。"])) == "added"
    impatient.close()


def test_many_threads_may_read_and_write(store):
    def work(first):
        for number in range(first, first + 10):
            put(store, numbered_report(number))
            assert len(store.sentences(f"d{number:04}")) == 6

    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(work, first) for first in (0, 5, 10, 15)]:
            done.result()

    assert store.counts() == (25, 150)
    assert store.moment().generation == 26


@pytest.mark.parametrize(
    "change",
    [
        "scores = '{\"study\": 1.0'",
        "scores = '[1]'",
        "secondary = 'x'",
        "path = '7'",
        "text = CAST(text AS BLOB)",
        "text = CAST(x'e5ade4b9a0' AS TEXT)",
        "embedding = x'00'",
    ],
)
def test_a_changed_byte_in_a_field_is_called_damage_and_the_text_is_not_quoted(store, tmp_path, change):
    put(store, report("d1", ["学习不够深入。"]))
    with sqlite3.connect(tmp_path / "corpus.sqlite") as other:
        other.execute(f"UPDATE sentences SET {change}")
    other.close()

    with pytest.raises(CorpusDamaged, match="backup") as raised:
        if change.startswith("embedding"):
            store.vectors([1])
        else:
            store.stored([1])
    assert "学" not in str(raised.value)
    assert "\\xad" not in str(raised.value)


def test_the_room_of_what_was_removed_is_given_back_when_asked_and_all_else_stays(store, tmp_path):
    for number in range(200):
        put(store, numbered_report(number))
    for number in range(1, 200):
        store.remove(f"d{number:04}")
    put(store, numbered_report(500))
    moment, kept, before = store.moment(), store.sentences("d0000"), (tmp_path / "corpus.sqlite").stat().st_size
    with contextlib.closing(opened(tmp_path)) as reader:
        store.give_back()

        sizes = [(tmp_path / f"corpus.sqlite{beside}").stat().st_size for beside in ("", "-wal")]
        assert before > 4 * sum(sizes)
        assert (moment, kept) == (reader.moment(), reader.sentences("d0000"))
        assert ["d0000", "d0500"] == [found.document_id for found in reader.documents()]
        assert [] == reader.faults()
    put(store, numbered_report(501))
    assert store.documents()[-1].document_id == "d0501"
