import dataclasses
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index.checks import CORPUS_ENCODER
from index.corpus import Corpus
from index.errors import CorpusBusy, CorpusUnwritable, EmbedderMismatch, NoCorpus, UnknownDocument
from index.lexical import LexicalIndex
from index.lock import WriteLock
from index.records import Check, SearchFilter
from index.saved import SavedIndexes
from tests.doubles import HashEmbedder
from tests.index.reports import add, numbered_report, report

EMBEDDER = HashEmbedder(dim=64)
OTHER = HashEmbedder(dim=32, salt="other")


def opened(folder, *, embedder=EMBEDDER, create=True, wait_s=10.0):
    return Corpus.open(folder, lambda: embedder, create=create, wait_s=wait_s)


@pytest.fixture
def corpus(tmp_path):
    with opened(tmp_path / "data") as corpus:
        yield corpus


def fill(corpus, count, *, first=0):
    for number in range(first, first + count):
        assert add(corpus, numbered_report(number), EMBEDDER) == "added"


def all_ok(corpus):
    return [check for check in corpus.verify() if not check.ok] == []


def test_a_missing_corpus_is_not_made_by_opening_it(tmp_path):
    with pytest.raises(NoCorpus, match="liuwei index add"):
        opened(tmp_path / "data", create=False)
    assert not (tmp_path / "data").exists()


def test_a_sentence_finds_itself_in_every_mode(corpus):
    fill(corpus, 5)
    sentence = numbered_report(3).texts[2]

    for mode in ("hybrid", "dense", "lexical"):
        hit = corpus.search(sentence, top_k=3, mode=mode)[0]
        assert (hit.rank, hit.text, hit.sentence_id) == (1, sentence, "d0003:2")


def test_a_hit_says_where_it_stands_and_how_it_was_found(corpus):
    fill(corpus, 3)
    made = numbered_report(1)

    hit = corpus.search(made.texts[4], top_k=1)[0]

    assert made.document.text[hit.start : hit.end] == hit.text == made.texts[4]
    assert (hit.document_id, hit.title, hit.source) == ("d0001", "报告d0001", "d0001.txt")
    assert (hit.dimension, hit.role, hit.declared, hit.path) == ("study", "problem", "study", ("一、存在的问题",))
    assert 0.9 < hit.score <= 1
    assert (hit.dense_rank, hit.lexical_rank) == (1, 1)
    assert hit.dense == pytest.approx(1, abs=1e-3)
    assert hit.lexical is not None and hit.lexical > 0
    assert hit.highlights[0][0] >= 0


def test_a_leg_that_did_not_find_a_hit_has_no_score(corpus):
    fill(corpus, 3)

    assert all(hit.lexical is None and hit.score == hit.dense for hit in corpus.search("调研", mode="dense"))
    assert all(hit.dense is None and hit.score == hit.lexical for hit in corpus.search("调研", mode="lexical"))


def test_ranks_count_from_one_and_scores_fall(corpus):
    fill(corpus, 10)

    hits = corpus.search("调研流于形式", top_k=20)

    assert [hit.rank for hit in hits] == list(range(1, 21))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_more_than_there_is_gives_all_there_is(corpus):
    fill(corpus, 2)

    assert len(corpus.search("学习", top_k=1_000)) == 12


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
@pytest.mark.parametrize("unit", ["sentence", "passage"])
def test_an_empty_corpus_finds_nothing(corpus, mode, unit):
    assert corpus.search("学习", mode=mode, unit=unit) == []


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
@pytest.mark.parametrize("query", ["", "  \n", "，。！", "（）", "_", "😀"])
def test_a_query_without_a_letter_finds_nothing(corpus, query, mode):
    fill(corpus, 1)

    assert corpus.search(query, mode=mode) == []


def test_the_unknown_is_refused(corpus):
    with pytest.raises(ValueError, match="fuzzy"):
        corpus.search("学习", mode="fuzzy")
    with pytest.raises(ValueError, match="chapter"):
        corpus.search("学习", unit="chapter")
    with pytest.raises(ValueError, match="top_k is 0"):
        corpus.search("学习", top_k=0)


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
@pytest.mark.parametrize(
    "wanted",
    [
        SearchFilter(dimension=("conduct",)),
        SearchFilter(role=("cause",), dimension=("study",)),
        SearchFilter(document_id=("d0004", "d0009")),
    ],
)
def test_a_filter_keeps_the_result_full(corpus, mode, wanted):
    fill(corpus, 40)

    hits = corpus.search("在方面，编号", top_k=10, mode=mode, filter=wanted)

    assert len(hits) == 10
    for hit in hits:
        assert not wanted.dimension or hit.dimension in wanted.dimension
        assert not wanted.role or hit.role in wanted.role
        assert not wanted.document_id or hit.document_id in wanted.document_id


def test_a_filter_follows_what_is_added_and_removed(corpus):
    wanted = SearchFilter(document_id=("d0000", "d0001"))
    fill(corpus, 1)
    assert {hit.document_id for hit in corpus.search("编号", filter=wanted)} == {"d0000"}

    fill(corpus, 1, first=1)
    corpus.remove("d0000")

    assert {hit.document_id for hit in corpus.search("编号", filter=wanted)} == {"d0001"}


def test_a_filter_that_nothing_passes_finds_nothing(corpus):
    fill(corpus, 2)

    assert corpus.search("学习", filter=SearchFilter(dimension=("nope",))) == []


def test_passages_are_found_whole_and_once(corpus):
    fill(corpus, 30)

    hits = corpus.search("在调研方面流于形式", top_k=60, unit="passage")

    assert len(hits) == 60
    assert len({(hit.document_id, hit.start) for hit in hits}) == 60
    for hit in hits:
        assert corpus.document(hit.document_id).text[hit.start : hit.end] == hit.text
        assert hit.text.count("\n") == 1


def test_a_passage_is_marked_within_its_own_text(corpus):
    add(corpus, report("d1", ["工作总结。", "深入调研。", "其他。"]), EMBEDDER)

    hit = corpus.search("调研", unit="passage", top_k=1)[0]

    assert [hit.text[start:end] for start, end in hit.highlights] == ["调研"]
    assert hit.sentence_id == "d1:1"


def test_a_heading_is_found_too(corpus):
    made = report("d1", ["（二）担当负责方面", "其他。"])
    heading = dataclasses.replace(made.sentences[0], is_heading=True)
    add(corpus, dataclasses.replace(made, sentences=(heading, made.sentences[1])), EMBEDDER)

    assert corpus.search("担当负责", top_k=1)[0].text == "（二）担当负责方面"


def test_what_was_added_is_found_at_once_and_what_was_removed_is_not(corpus):
    fill(corpus, 3)
    sentence = numbered_report(1).texts[3]
    assert corpus.search(sentence, top_k=1)[0].document_id == "d0001"

    corpus.remove("d0001")
    assert all(hit.document_id != "d0001" for hit in corpus.search(sentence, top_k=100))

    add(corpus, numbered_report(1), EMBEDDER)
    assert corpus.search(sentence, top_k=1)[0].document_id == "d0001"
    assert all_ok(corpus)


def test_the_same_document_again_is_unchanged(corpus):
    fill(corpus, 1)

    assert add(corpus, numbered_report(0), EMBEDDER) == "unchanged"
    assert corpus.stats().sentences == 6


def test_a_document_without_sentences_is_listed_and_removed(corpus):
    add(corpus, report("d1", []), EMBEDDER)

    assert [item.document_id for item in corpus.documents()] == ["d1"]
    assert corpus.sentences("d1") == []
    assert corpus.search("学习") == []
    assert all_ok(corpus)
    corpus.remove("d1")
    assert not corpus.contains("d1")


def test_an_unknown_document_is_refused(corpus):
    for ask in (corpus.document, corpus.sentences, corpus.remove):
        with pytest.raises(UnknownDocument, match="nope"):
            ask("nope")


def test_parts_that_do_not_fit_together_are_refused(corpus):
    made = report("d1", ["学习。", "调研。"])
    vectors = EMBEDDER.encode_passages(made.texts)
    moved = (dataclasses.replace(made.sentences[0], end=2), made.sentences[1])

    with pytest.raises(ValueError, match="2 sentences, 1 tags"):
        corpus.add(made.document, made.sentences, made.tags[:1], vectors)
    with pytest.raises(ValueError, match=r"shape \(1, 64\)"):
        corpus.add(made.document, made.sentences, made.tags, vectors[:1])
    with pytest.raises(ValueError, match="64 wide"):
        corpus.add(made.document, made.sentences, made.tags, vectors[:, :9])
    with pytest.raises(ValueError, match="not finite"):
        corpus.add(made.document, made.sentences, made.tags, vectors * np.nan)
    with pytest.raises(ValueError, match="span"):
        corpus.add(made.document, moved, made.tags, vectors)
    with pytest.raises(ValueError, match="ordinal"):
        corpus.add(made.document, made.sentences[::-1], made.tags, vectors)
    assert corpus.documents() == []


def test_stats_count_what_there_is(corpus):
    fill(corpus, 4)

    stats = corpus.stats()

    assert (stats.documents, stats.sentences, stats.generation) == (4, 24, 5)
    assert (stats.dimensions, stats.roles) == ({"conduct": 12, "study": 12}, {"cause": 12, "problem": 12})
    assert (stats.encoder, stats.dim) == (EMBEDDER.fingerprint, 64)
    assert stats.bytes_on_disk > 10_000
    assert "exact" in stats.vector_index


def test_a_corpus_opened_again_finds_what_it_found(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 20)
        before = corpus.search("学习不够深入", top_k=30)

    with opened(tmp_path, create=False) as corpus:
        assert corpus.search("学习不够深入", top_k=30) == before
        assert all_ok(corpus)


def test_the_saved_indexes_are_used_and_not_written_again(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 3)
    saved = {path: path.stat().st_mtime_ns for path in (tmp_path / "indexes").glob("*.json")}
    assert len(saved) == 2

    with opened(tmp_path) as corpus:
        corpus.search("学习")

    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "indexes").glob("*.json")} == saved


def test_adding_does_not_write_the_vectors_until_they_are_saved(corpus, tmp_path):
    fill(corpus, 3)
    corpus.search("学习")
    assert list((tmp_path / "data" / "indexes").glob("vectors*")) == []

    corpus.flush()

    assert len(list((tmp_path / "data" / "indexes").glob("vectors-*"))) == 1


def test_closing_twice_is_closing_once(corpus):
    fill(corpus, 1)
    corpus.close()

    corpus.close()


def test_another_embedder_is_refused_with_what_to_do(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 1)

    with pytest.raises(EmbedderMismatch, match=r"hash-bigrams-64.*hash-bigrams-32other.*liuwei index rebuild"):
        opened(tmp_path, embedder=OTHER)


def test_with_another_embedder_one_can_still_look_and_remove(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 2)

    with Corpus.open(tmp_path, lambda: OTHER, create=False, any_embedder=True) as corpus:
        assert len(corpus.documents()) == 2
        corpus.remove("d0000")
        assert [check.name for check in corpus.verify(fingerprint=OTHER.fingerprint) if not check.ok] == [
            CORPUS_ENCODER
        ]
        with pytest.raises(EmbedderMismatch):
            corpus.search("学习")
        with pytest.raises(EmbedderMismatch):
            add(corpus, numbered_report(5), OTHER)


def test_a_rebuild_with_another_embedder_encodes_everything_again(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 5)

    with Corpus.open(tmp_path, lambda: OTHER, create=False, any_embedder=True) as corpus:
        told = []
        corpus.rebuild(OTHER, progress=lambda done, total: told.append((done, total)))
        assert told[-1] == (30, 30)
        assert all_ok(corpus)
        sentence = numbered_report(3).texts[2]
        assert corpus.search(sentence, top_k=1, mode="dense")[0].text == sentence

    with opened(tmp_path, embedder=OTHER, create=False) as corpus:
        assert corpus.stats().dim == 32
        assert add(corpus, numbered_report(9), OTHER) == "added"


def test_a_rebuild_with_the_same_embedder_encodes_nothing(corpus):
    fill(corpus, 5)
    before = corpus.search("学习不够深入")

    class Silent(HashEmbedder):
        def encode_passages(self, texts):
            raise AssertionError("encoded")

    corpus.rebuild(Silent(dim=64))

    assert all_ok(corpus)
    corpus.rebuild(EMBEDDER)
    assert corpus.search("学习不够深入") == before


def test_a_rebuild_that_fails_leaves_everything_as_it_was(tmp_path):
    class Failing(HashEmbedder):
        def encode_passages(self, texts):
            raise KeyError("stopped")

    with opened(tmp_path) as corpus:
        fill(corpus, 3)
        with pytest.raises(KeyError):
            corpus.rebuild(Failing(dim=32))
        assert len(corpus.search("学习")) == 10
        assert all_ok(corpus)


def test_an_open_corpus_notices_that_another_embedder_took_over(tmp_path):
    with opened(tmp_path) as ours, opened(tmp_path) as theirs:
        fill(ours, 2)
        ours.search("学习")
        theirs.rebuild(OTHER)

        with pytest.raises(EmbedderMismatch):
            ours.search("学习")


def test_two_open_corpora_see_each_others_writes(tmp_path):
    with opened(tmp_path) as ours, opened(tmp_path) as theirs:
        for number in range(4):
            writer, reader = (ours, theirs) if number % 2 else (theirs, ours)
            fill(writer, 1, first=number)
            sentence = numbered_report(number).texts[1]
            for mode in ("dense", "lexical"):
                assert reader.search(sentence, top_k=1, mode=mode)[0].text == sentence
            writer.flush()
        ours.remove("d0002")
        assert {hit.document_id for hit in theirs.search("编号", top_k=50)} == {"d0000", "d0001", "d0003"}
        assert all_ok(ours)
        assert all_ok(theirs)


def test_who_cannot_have_the_lock_searches_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("index.caches.READER_WAIT_S", 0.01)
    with opened(tmp_path) as corpus:
        fill(corpus, 3)
    before = sorted(path.name for path in (tmp_path / "indexes").rglob("*"))
    with opened(tmp_path) as corpus:
        corpus._store.remove("d0000")  # as another process would, without our lock
        with WriteLock(tmp_path / "corpus.lock").held():
            for mode in ("dense", "lexical"):
                hits = corpus.search("编号", top_k=50, mode=mode)
                assert {hit.document_id for hit in hits} == {"d0001", "d0002"}
        assert sorted(path.name for path in (tmp_path / "indexes").rglob("*")) == before
        fill(corpus, 1, first=7)
        assert {hit.document_id for hit in corpus.search("编号", top_k=50)} == {"d0001", "d0002", "d0007"}
        assert all_ok(corpus)


def test_writing_while_another_process_writes_is_refused_after_a_while(tmp_path):
    code = (
        "import sys; from pathlib import Path; from index.lock import WriteLock\n"
        "with WriteLock(Path(sys.argv[1])).held(): print('held', flush=True); sys.stdin.read()"
    )
    with opened(tmp_path, wait_s=0.05) as corpus:
        command = [sys.executable, "-c", code, str(tmp_path / "corpus.lock")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout.readline() == b"held\n"
            with pytest.raises(CorpusBusy, match="try again"):
                fill(corpus, 1)
            other.stdin.close()
        fill(corpus, 1)


@pytest.fixture
def unlockable(tmp_path):
    """A corpus of two reports in whose folder no lock can be had, as in one that may only be read, even by root."""
    with opened(tmp_path) as corpus:
        fill(corpus, 2)
    (tmp_path / "corpus.lock").unlink()
    (tmp_path / "corpus.lock").mkdir()
    return tmp_path


def test_a_folder_that_cannot_be_written_to_is_told_apart_from_another_writer(unlockable):
    with opened(unlockable) as corpus, pytest.raises(CorpusUnwritable, match=r"cannot be written to.*permissions"):
        fill(corpus, 1, first=5)


def test_a_folder_that_cannot_be_written_to_is_searched_all_the_same(unlockable):
    shutil.rmtree(unlockable / "indexes")

    with opened(unlockable) as corpus:
        assert len(corpus.search("编号", top_k=50, mode="dense")) == 12


def damage_nothing(folder):
    pass


def remove_all(folder):
    shutil.rmtree(folder)


def remove_manifests(folder):
    for path in folder.glob("*.json"):
        path.unlink()


def spoil_manifests(folder):
    for path in folder.glob("*.json"):
        path.write_text('{"format": 1', encoding="utf-8")


def outdate_manifests(folder):
    for path in folder.glob("*.json"):
        fields = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**fields, "format": 99}), encoding="utf-8")


def move_manifests_ahead(folder):
    for path in folder.glob("*.json"):
        fields = json.loads(path.read_text(encoding="utf-8"))
        fields["moment"]["generation"] += 5
        path.write_text(json.dumps(fields), encoding="utf-8")


def halve_files(folder):
    for path in list(folder.glob("vectors-*/*")) + list(folder.glob("lexical-*/*.*")):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_bytes(folder):
    for path in list(folder.glob("vectors-*/*")) + list(folder.glob("lexical-*/*.*")):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2] + bytes(255 - byte for byte in content[len(content) // 2 :]))


def remove_files(folder):
    for path in list(folder.glob("vectors-*/*")) + list(folder.glob("lexical-*/*.*")):
        path.unlink()


def leave_rubbish(folder):
    (folder / "vectors-9-abc.faiss").write_bytes(b"half")
    (folder / "vectors-9-abd").mkdir()
    (folder / "lexical-9-abc").mkdir()
    (folder / "vectors.new").write_text("{", encoding="utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        damage_nothing,
        remove_all,
        remove_manifests,
        spoil_manifests,
        outdate_manifests,
        move_manifests_ahead,
        halve_files,
        flip_bytes,
        remove_files,
        leave_rubbish,
    ],
)
def test_lost_or_damaged_indexes_mend_themselves(tmp_path, damage):
    with opened(tmp_path) as corpus:
        fill(corpus, 10)
        corpus.remove("d0004")
        before = corpus.search("学习不够深入", top_k=30)
    damage(tmp_path / "indexes")

    with opened(tmp_path) as corpus:
        assert corpus.search("学习不够深入", top_k=30) == before
        fill(corpus, 1, first=20)
        corpus.flush()
        assert all_ok(corpus)
    names = sorted(path.name.partition("-")[0] for path in (tmp_path / "indexes").iterdir())
    assert [name for name in names if not name.endswith(".new")] == [
        "lexical",
        "lexical.json",
        "vectors",
        "vectors.json",
    ]


def test_verify_says_which_file_is_damaged_and_what_to_do(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 3)
    flip_bytes(tmp_path / "indexes")

    with opened(tmp_path) as corpus:
        failed = {check.name: check.detail for check in corpus.verify() if not check.ok}

        assert set(failed) == {"saved vectors", "saved lexical"}
        assert all("liuwei index rebuild" in detail for detail in failed.values())
        corpus.rebuild(EMBEDDER)
        assert all_ok(corpus)


def test_verify_mends_nothing_of_what_it_finds(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 3)
    flip_bytes(tmp_path / "indexes")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    for _ in range(2):
        with Corpus.open(tmp_path, lambda: EMBEDDER, create=False, any_embedder=True) as corpus:
            failed = [check.name for check in corpus.verify() if not check.ok]
        assert failed == ["saved vectors", "saved lexical"]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before

    with opened(tmp_path) as corpus:
        corpus.search("学习")
        corpus.flush()
        assert all_ok(corpus)


def test_verify_sees_a_saved_index_that_lacks_rows(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 3)
        corpus._caches.current().vectors.remove([(2, 3)])
        corpus._caches._save_vectors(corpus._caches._vectors)
        found = {check.name: check for check in corpus.verify()}

    assert not found["vectors"].ok
    assert "16 rows, other than the 18 of the store; run 'liuwei index rebuild'" in found["vectors"].detail


def test_verify_names_a_document_with_a_field_that_cannot_be_read(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 3)
    with sqlite3.connect(tmp_path / "corpus.sqlite") as database:
        database.execute("UPDATE sentences SET scores = '{' WHERE document_id = 'd0001'")
    database.close()

    with opened(tmp_path) as corpus:
        failed = {check.name: check.detail for check in corpus.verify() if not check.ok}

    assert failed == {"spans": "wrong in d0001; remove and add these again"}


def test_with_any_embedder_none_is_asked_for_to_look_and_to_remove(tmp_path):
    def missing():
        raise AssertionError("asked for")

    with opened(tmp_path) as corpus:
        fill(corpus, 2)

    with Corpus.open(tmp_path, missing, create=False, any_embedder=True) as corpus:
        assert corpus.document("d0001").text == numbered_report(1).document.text
        assert len(corpus.sentences("d0001")) == 6
        assert (len(corpus.documents()), corpus.stats().sentences) == (2, 12)
        corpus.remove("d0000")
        assert all_ok(corpus)


def test_an_index_that_lost_rows_without_a_trace_is_made_anew(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 3)
        corpus.search("学习")
        corpus._caches.current().vectors.remove([(2, 3)])
        corpus._caches.current().lexical.update([], removed=[(5, 5)], after=18)
        fill(corpus, 1, first=5)

        assert len(corpus.search("编号", top_k=100, mode="dense")) == 24
        assert all_ok(corpus)


def test_a_restored_store_does_not_trust_the_indexes_of_its_future(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 2)
    backup = (tmp_path / "corpus.sqlite").read_bytes()
    with opened(tmp_path) as corpus:
        fill(corpus, 2, first=10)

    (tmp_path / "corpus.sqlite").write_bytes(backup)
    with opened(tmp_path) as corpus:
        fill(corpus, 2, first=20)
        assert {hit.document_id for hit in corpus.search("编号", top_k=100)} == {"d0000", "d0001", "d0020", "d0021"}
        assert all_ok(corpus)


def test_searches_go_on_while_documents_come_and_go(corpus):
    fill(corpus, 5)
    stop = threading.Event()

    def search():
        while not stop.is_set():
            for mode, unit in (("hybrid", "passage"), ("dense", "sentence"), ("lexical", "sentence")):
                assert len(corpus.search("在学习方面不够深入", top_k=5, mode=mode, unit=unit)) == 5

    with ThreadPoolExecutor() as pool:
        searches = [pool.submit(search) for _ in range(3)]
        try:
            for number in range(5, 25):
                fill(corpus, 1, first=number)
                corpus.remove(f"d{number:04}") if number % 3 == 0 else corpus.flush()
        finally:
            stop.set()
    for done in searches:
        done.result()

    assert all_ok(corpus)


def test_an_index_that_is_just_being_saved_is_looked_at_again_before_it_is_called_damaged(tmp_path, monkeypatch):
    look, looked = SavedIndexes.check, []

    def half_saved(saved, kind):
        looked.append(kind)
        return look(saved, kind) if len(looked) > 2 else Check(name=f"saved {kind}", ok=False, detail="not as saved")

    monkeypatch.setattr(SavedIndexes, "check", half_saved)
    with opened(tmp_path) as corpus:
        fill(corpus, 2)

        assert all_ok(corpus)
    assert looked == ["vectors", "lexical"] * 2


@pytest.mark.parametrize("fault", [OSError(5, "Input/output error"), CorpusUnwritable("no room")])
def test_what_cannot_be_saved_at_the_end_is_no_fault_of_what_was_done(tmp_path, monkeypatch, fault):
    def failing(*_, **__):
        raise fault

    with opened(tmp_path) as corpus:
        add(corpus, numbered_report(1), EMBEDDER)
        monkeypatch.setattr("index.caches.Caches.save", failing)

    monkeypatch.undo()
    with opened(tmp_path) as corpus:
        assert corpus.search("学习", top_k=1)


def test_a_lexical_index_that_no_disk_takes_is_searched_in_memory(tmp_path, monkeypatch):
    make = LexicalIndex.__init__

    def failing(self, folder=None):
        if folder is not None:
            raise CorpusUnwritable("quota")
        make(self)

    with opened(tmp_path) as corpus:
        add(corpus, numbered_report(1), EMBEDDER)
        monkeypatch.setattr("index.lexical.LexicalIndex.__init__", failing)

        assert corpus.search("学习", top_k=1)
