"""A process that writes is killed at random moments; whatever it reported must be there, and nothing twice."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.corpus import Corpus
from index.manifest import Manifest
from index.vectors import VectorIndex
from tests.doubles import HashEmbedder
from tests.index.reports import add, numbered_report

EMBEDDER = HashEmbedder(dim=64)
OTHER = HashEmbedder(dim=32, salt="other")

WRITER = """
import sys
from pathlib import Path
from index.corpus import Corpus
from tests.doubles import HashEmbedder
from tests.index.reports import add, numbered_report

embedder = HashEmbedder(dim=64)
with Corpus.open(Path(sys.argv[1]), lambda: embedder, create=True) as corpus:
    for number in range(int(sys.argv[2]), 100_000):
        add(corpus, numbered_report(number), embedder)
        print("added", f"d{number:04}", flush=True)
        if number % 7 == 3 and corpus.contains(f"d{number - 2:04}"):
            print("removing", f"d{number - 2:04}", flush=True)
            corpus.remove(f"d{number - 2:04}")
            print("removed", f"d{number - 2:04}", flush=True)
        if number % 5 == 0:
            corpus.search("学习不够深入", top_k=5)
        if number % 3 == 0:
            corpus.flush()
"""

REBUILDER = """
import sys
from pathlib import Path
from index.corpus import Corpus
from tests.doubles import HashEmbedder

embedders = [HashEmbedder(dim=64), HashEmbedder(dim=32, salt="other")]
with Corpus.open(Path(sys.argv[1]), lambda: embedders[0], create=False, any_embedder=True) as corpus:
    print("ready", flush=True)
    while True:
        embedders.reverse()
        corpus.rebuild(embedders[0])
"""


def opened(folder, embedder):
    return Corpus.open(folder, lambda: embedder, create=False)


def killed_output(code, *arguments, after_s, wait_for_line):
    """Return the whole lines that a program printed until it was killed, some time after its start or first line."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        first = process.stdout.readline() if wait_for_line else b""
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        output = first + process.stdout.read()
    assert process.returncode == -signal.SIGKILL
    return [line.decode().split() for line in output.splitlines(keepends=True) if line.endswith(b"\n")]


def check_whole(corpus):
    """Check that everything in the corpus is there once, in the store and in both indexes."""
    assert [check for check in corpus.verify() if not check.ok and not check.name.startswith("saved")] == []
    names = [item.document_id for item in corpus.documents()]
    assert len(names) == len(set(names))
    for name in names:
        made = numbered_report(int(name[1:]))
        assert [stored.sentence for stored in corpus.sentences(name)] == list(made.sentences)
    for mode in ("dense", "lexical"):
        hits = corpus.search("编号之", top_k=10 * len(names) + 10, mode=mode)
        assert len({hit.sentence_id for hit in hits}) == len(hits)
        assert len(hits) == len(names) * (6 if mode == "dense" else 5)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_writer_killed_at_any_moment_loses_and_doubles_nothing(tmp_path, seed):
    rng, present, number = random.Random(seed), set(), 0
    for attempt in range(5):
        delay = rng.uniform(0, 0.5) if attempt else rng.uniform(0.3, 0.7)
        lines = killed_output(WRITER, tmp_path, number, after_s=delay, wait_for_line=attempt > 0)
        unsure = set()
        for word, name in lines:
            present = present | {name} if word == "added" else present - {name}
            unsure = {name} if word == "removing" else unsure - {name}
        number = max([number, *(int(name[1:]) + 1 for word, name in lines if word == "added")])

        with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
            stored = {item.document_id for item in corpus.documents()}
            assert present <= stored
            # The one that was being written is there whole or not at all.
            assert stored - present <= unsure | {f"d{number:04}"}
            check_whole(corpus)
        with Corpus.open(tmp_path, lambda: EMBEDDER, create=False) as corpus:
            assert all(check.ok for check in corpus.verify())
        present, number = stored, number + 1
    assert len(present) > 3


def test_a_rebuild_killed_at_any_moment_leaves_one_embedder_or_the_other(tmp_path):
    rng = random.Random(3)
    with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
        for number in range(60):
            add(corpus, numbered_report(number), EMBEDDER)
    for _ in range(4):
        killed_output(REBUILDER, tmp_path, after_s=rng.uniform(0, 0.4), wait_for_line=True)

        with Corpus.open(tmp_path, lambda: EMBEDDER, create=False, any_embedder=True) as corpus:
            embedder = EMBEDDER if corpus.stats().dim == 64 else OTHER
        with opened(tmp_path, embedder) as corpus:
            assert corpus.stats().documents == 60
            check_whole(corpus)
        with opened(tmp_path, embedder) as corpus:
            assert all(check.ok for check in corpus.verify())


class StoppedHere(Exception):
    """Stands for the end of the process."""


def stop(*_):
    raise StoppedHere


def write_half(_, path):
    path.with_suffix(".new").write_text('{"format"', encoding="utf-8")
    raise StoppedHere


def save_half(_, path):
    path.mkdir()
    (path / "codes.faiss").write_bytes(b"IxMp half")
    raise StoppedHere


@pytest.mark.parametrize(
    ("owner", "name", "replacement"),
    [
        (Manifest, "write", stop),
        (Manifest, "write", write_half),
        (VectorIndex, "save", stop),
        (VectorIndex, "save", save_half),
    ],
)
def test_a_save_that_stops_half_way_is_made_up_for(tmp_path, monkeypatch, owner, name, replacement):
    with Corpus.open(tmp_path, lambda: EMBEDDER, create=True) as corpus:
        for number in range(10):
            add(corpus, numbered_report(number), EMBEDDER)
    stopped = Corpus.open(tmp_path, lambda: EMBEDDER, create=True)
    add(stopped, numbered_report(10), EMBEDDER)
    stopped.remove("d0003")
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, replacement)
        with pytest.raises(StoppedHere):
            stopped.flush()

    with Corpus.open(tmp_path, lambda: EMBEDDER, create=False) as corpus:
        check_whole(corpus)
        assert not corpus.contains("d0003")
        corpus.flush()
        assert all(check.ok for check in corpus.verify())
    stopped.close()
