import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index.corpus import Corpus
from index.lock import WriteLock
from index.vectors import VectorIndex
from tests.doubles import HashEmbedder
from tests.index.reports import add, numbered_report

EMBEDDER = HashEmbedder(dim=64)
EXACT_ROWS = 300
QUERY = "在学习方面不够深入"


@pytest.fixture(autouse=True)
def few_exact_rows(monkeypatch):
    monkeypatch.setitem(VectorIndex.__init__.__kwdefaults__, "exact_rows", EXACT_ROWS)


def opened(folder):
    return Corpus.open(folder, lambda: EMBEDDER, create=True)


def fill(corpus, count, *, first=0):
    for number in range(first, first + count):
        add(corpus, numbered_report(number, sentences=10), EMBEDDER)


def until_packed(corpus, *, within_s=60):
    end = time.monotonic() + within_s
    while "packed" not in corpus.stats().vector_index:
        assert time.monotonic() < end
        assert corpus.search(QUERY, mode="dense")
        time.sleep(0.01)


def dense(corpus):
    return [(hit.sentence_id, hit.score) for hit in corpus.search(QUERY, top_k=20, mode="dense")]


def test_an_open_corpus_that_outgrows_exact_search_gets_packed_codes(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 25)
        assert "exact" in corpus.stats().vector_index
        fill(corpus, 15, first=25)
        before = dense(corpus)

        until_packed(corpus)

        assert before == dense(corpus)
        assert corpus.stats().vector_recall > 0.99
        assert [] == [check for check in corpus.verify() if not check.ok]


def test_packed_codes_made_while_open_are_saved_at_once(tmp_path):
    with opened(tmp_path) as corpus:
        fill(corpus, 40)
        until_packed(corpus)
        corpus._caches.wait()
        saved = {path: path.stat().st_mtime_ns for path in (tmp_path / "indexes").rglob("codes.faiss")}
        assert len(saved) == 1

    assert saved == {path: path.stat().st_mtime_ns for path in (tmp_path / "indexes").rglob("codes.faiss")}
    with opened(tmp_path) as corpus:
        assert "packed" in corpus.stats().vector_index
        assert len(corpus.search(QUERY, top_k=400, mode="dense")) == 400


def test_searching_adding_and_removing_go_on_while_codes_are_made(tmp_path, judging):
    with opened(tmp_path) as corpus:
        fill(corpus, 40)
        corpus.search(QUERY)
        assert judging.begun.wait(timeout=60)
        fill(corpus, 2, first=40)
        corpus.remove("d0000")
        assert "d0041" in {hit.document_id for hit in corpus.search("编号41之3", mode="dense")}
        assert "exact" in corpus.stats().vector_index
        judging.go_on.set()
        until_packed(corpus)

        every = corpus.search(QUERY, top_k=500, mode="dense")
        assert {hit.document_id for hit in every} == {f"d{number:04}" for number in range(1, 42)}
        assert len(every) == 410
        assert [] == [check for check in corpus.verify() if not check.ok]


def test_saving_while_codes_are_made_writes_them_once(tmp_path, judging, monkeypatch):
    written, save = [], VectorIndex.save
    monkeypatch.setattr(VectorIndex, "save", lambda made, folder: written.append(folder) or save(made, folder))
    with opened(tmp_path) as corpus, ThreadPoolExecutor(1) as pool:
        fill(corpus, 40)
        corpus.search(QUERY)
        assert judging.begun.wait(timeout=60)
        flushed = pool.submit(corpus.flush)
        while corpus._caches._mutex.acquire(blocking=False):  # until the other thread has it
            corpus._caches._mutex.release()
            time.sleep(0.001)
        judging.go_on.set()
        flushed.result(timeout=60)
        corpus._caches.wait()

        assert 1 == len(written)
        assert "packed" in corpus.stats().vector_index
        assert [] == [check for check in corpus.verify() if not check.ok]
    assert 1 == len(written)


def test_codes_that_cannot_be_saved_are_searched_all_the_same(tmp_path, monkeypatch):
    def full(_, folder):
        folder.mkdir()
        raise OSError(28, "No space left on device")

    with opened(tmp_path) as corpus:
        fill(corpus, 40)
        monkeypatch.setattr(VectorIndex, "save", full)
        until_packed(corpus)
        corpus._caches.wait()

        assert len(corpus.search(QUERY, top_k=400, mode="dense")) == 400
        assert not list(tmp_path.rglob("vectors-*"))  # what was begun would fill the disk further
        monkeypatch.undo()

    with opened(tmp_path) as corpus:
        assert np.isclose(1, corpus.search(numbered_report(7).texts[3], mode="dense")[0].score, atol=1e-3)


def test_a_search_that_another_thread_has_caught_up_for_does_not_wait_while_that_one_saves(tmp_path, monkeypatch):
    caught_up, saved = threading.Event(), threading.Event()
    with opened(tmp_path) as corpus, ThreadPoolExecutor(2) as pool:
        fill(corpus, 2)
        caches = corpus._caches

        def follow_and_save():
            with caches._mutex:
                caches._follow(held=False)
                caught_up.set()
                saved.wait(60)

        @contextlib.contextmanager
        def tried(_, *, wait_s):
            pool.submit(follow_and_save)
            caught_up.wait(60)
            yield False

        monkeypatch.setattr(WriteLock, "tried", tried)
        try:
            assert len(pool.submit(caches.current).result(timeout=20).vectors)
        finally:
            saved.set()
            monkeypatch.undo()
