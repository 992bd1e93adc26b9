import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from index.backup import back_up, restore
from index.corpus import LOCK_NAME, STORE_NAME, Corpus
from index.errors import BadBackup, BadBackupPlace, CorpusBusy, CorpusDamaged, CorpusNotEmpty, NoCorpus
from index.lock import WriteLock
from tests.doubles import HashEmbedder
from tests.index.reports import add, numbered_report

EMBEDDER = HashEmbedder(dim=64)
OTHER = HashEmbedder(dim=32, salt="other")


def opened(folder, *, embedder=EMBEDDER, create=True):
    return Corpus.open(folder, lambda: embedder, create=create)


def fill(corpus, numbers, *, embedder=EMBEDDER):
    for number in numbers:
        assert add(corpus, numbered_report(number), embedder) == "added"


def filled(folder, numbers, *, embedder=EMBEDDER):
    with opened(folder, embedder=embedder) as corpus:
        fill(corpus, numbers, embedder=embedder)
    return folder


def found(corpus, *, mode="hybrid"):
    return sorted({hit.document_id for hit in corpus.search("编号", top_k=500, mode=mode)})


def names(numbers):
    return [f"d{number:04}" for number in numbers]


def state(folder):
    """Return the content of every file but the lock's, which is empty."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != LOCK_NAME}


@pytest.fixture
def folder(tmp_path):
    return filled(tmp_path / "data", range(3))


@pytest.fixture
def file(folder, tmp_path):
    """A backup of three reports."""
    back_up(folder, tmp_path / "backup.sqlite")
    return tmp_path / "backup.sqlite"


def test_a_backup_is_one_file_that_gives_back_all_that_was_there(folder, file, tmp_path):
    made = restore(tmp_path / "new", file)

    assert (made.documents, made.sentences, made.encoder, made.set_aside) == (3, 18, EMBEDDER.fingerprint, None)
    assert {path.name for path in tmp_path.iterdir()} == {"data", "new", "backup.sqlite"}
    with opened(folder) as before, opened(tmp_path / "new", create=False) as after:
        assert after.documents() == before.documents()
        assert after.search("学习不够深入", top_k=30) == before.search("学习不够深入", top_k=30)
        assert [check for check in after.verify(fingerprint=EMBEDDER.fingerprint) if not check.ok] == []


def test_a_backup_can_be_read_where_nothing_may_be_written(file):
    # A file in WAL mode wants two more beside it, even to be read.
    assert file.read_bytes()[18:20] == b"\x01\x01"


def test_a_later_backup_replaces_an_earlier_one(folder, file):
    filled(folder, [7])

    assert back_up(folder, file).documents == 4
    assert restore(folder, file, replace=True).documents == 4


def test_an_empty_file_may_be_written_over(folder, tmp_path):
    (tmp_path / "made-by-mktemp").touch()

    assert back_up(folder, tmp_path / "made-by-mktemp").documents == 3


def test_a_backup_is_not_written_over_anything_else(folder, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with sqlite3.connect(tmp_path / "other.sqlite") as database:
        database.execute("CREATE TABLE meta (name)")
    database.close()
    before = state(tmp_path)

    for name, message in [
        ("notes.txt", "something else"),
        ("other.sqlite", "something else"),
        ("data", "is a folder"),
        (f"data/{STORE_NAME}", "the corpus itself"),
        ("missing/backup.sqlite", "there is no folder"),
    ]:
        with pytest.raises(BadBackupPlace, match=message):
            back_up(folder, tmp_path / name)
    assert state(tmp_path) == before


def test_without_a_corpus_there_is_nothing_to_back_up(tmp_path):
    with pytest.raises(NoCorpus):
        back_up(tmp_path / "nowhere", tmp_path / "backup.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_corpus_does_not_replace_a_good_backup(tmp_path):
    folder = filled(tmp_path / "data", range(60))
    back_up(folder, tmp_path / "backup.sqlite")
    before = (tmp_path / "backup.sqlite").read_bytes()
    tear(folder / STORE_NAME)

    with pytest.raises(CorpusDamaged, match="left as it was"):
        back_up(folder, tmp_path / "backup.sqlite")

    assert (tmp_path / "backup.sqlite").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"data", "backup.sqlite"}


def test_a_backup_is_made_while_others_write(folder, tmp_path):
    stop = threading.Event()

    def write():
        with opened(folder) as corpus:
            for number in range(10, 1000):
                if stop.is_set():
                    break
                fill(corpus, [number])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = [back_up(folder, tmp_path / "backup.sqlite") for _ in range(5)]
    finally:
        stop.set()
        writer.join()

    assert all(one.sentences == 6 * one.documents for one in counts)
    assert restore(tmp_path / "new", tmp_path / "backup.sqlite").documents == counts[-1].documents


def test_a_corpus_with_reports_is_only_replaced_when_told(folder, file):
    filled(folder, [7])
    before = state(folder)

    with pytest.raises(CorpusNotEmpty, match=r"holds 4 documents.*--force"):
        restore(folder, file)

    assert state(folder) == before
    assert restore(folder, file, replace=True).documents == 3


def test_the_indexes_follow_a_restored_store(folder, file):
    with opened(folder) as corpus:
        corpus.remove("d0001")
        fill(corpus, [7, 8])
        corpus.search("编号")

    restore(folder, file, replace=True)

    with opened(folder) as corpus:
        for mode in ("dense", "lexical"):
            assert found(corpus, mode=mode) == names(range(3))
        fill(corpus, [9])
        assert found(corpus) == names([0, 1, 2, 9])
        corpus.flush()
        assert [check for check in corpus.verify() if not check.ok] == []


def test_an_open_corpus_sees_what_was_restored(folder, file):
    with opened(folder) as corpus:
        fill(corpus, [7])
        assert found(corpus) == names([0, 1, 2, 7])

        restore(folder, file, replace=True)

        for mode in ("dense", "lexical"):
            assert found(corpus, mode=mode) == names(range(3))
        fill(corpus, [8])
        assert found(corpus) == names([0, 1, 2, 8])


def test_a_backup_of_another_encoder_is_told_and_searched_after_a_rebuild(tmp_path):
    back_up(filled(tmp_path / "theirs", range(2), embedder=OTHER), tmp_path / "backup.sqlite")

    assert restore(tmp_path / "data", tmp_path / "backup.sqlite").encoder == OTHER.fingerprint
    with Corpus.open(tmp_path / "data", lambda: EMBEDDER, create=False, any_embedder=True) as corpus:
        corpus.rebuild(EMBEDDER)
        assert found(corpus) == names(range(2))


def tear(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 20_000] = bytes(20_000)
    path.write_bytes(content)


def scribble(path):
    path.write_text("这不是数据库" * 1000, encoding="utf-8")


def halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def make_foreign(path):
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE notes (name)")
        database.execute("PRAGMA user_version = 1")
    database.close()


def make_newer(path):
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()


@pytest.mark.parametrize("spoil", [tear, scribble, halve, empty, make_foreign, make_newer])
def test_a_file_that_is_no_sound_backup_is_refused_and_changes_nothing(tmp_path, spoil):
    folder, file = filled(tmp_path / "data", range(60)), tmp_path / "backup.sqlite"
    back_up(folder, file)
    spoil(file)
    before = state(tmp_path)

    with pytest.raises(BadBackup, match="backup.sqlite is no"):
        restore(folder, file, replace=True)

    assert state(tmp_path) == before


@pytest.mark.parametrize("spoil", [tear, scribble, halve, empty])
def test_a_damaged_corpus_is_replaced(tmp_path, spoil):
    folder, file = filled(tmp_path / "data", range(60)), tmp_path / "backup.sqlite"
    back_up(folder, file)
    spoil(folder / STORE_NAME)

    # Of one that is torn the reports can still be counted.
    made = restore(folder, file, replace=spoil is tear)

    assert made.set_aside in (None, folder / f"{STORE_NAME}.damaged")
    assert (spoil in (scribble, halve)) == (made.set_aside is not None)
    with opened(folder, create=False) as corpus:
        assert found(corpus) == names(range(60))
        assert [check for check in corpus.verify() if not check.ok] == []


def test_nothing_is_restored_while_another_process_writes(folder, file):
    with WriteLock(folder / LOCK_NAME).held(), pytest.raises(CorpusBusy, match="try again"):
        restore(folder, file, replace=True, wait_s=0.05)


RESTORER = """
import sys
from pathlib import Path
from index.backup import restore

files = [Path(name) for name in sys.argv[2:]]
print("ready", flush=True)
while True:
    files.reverse()
    restore(Path(sys.argv[1]), files[0], replace=True)
"""


def test_a_restore_killed_at_any_moment_leaves_one_content_or_the_other(tmp_path):
    files = [tmp_path / "few.sqlite", tmp_path / "many.sqlite"]
    back_up(filled(tmp_path / "few", range(2)), files[0])
    back_up(filled(tmp_path / "many", range(40)), files[1])
    restore(tmp_path / "data", files[0])
    for delay in (0.0, 0.05, 0.11, 0.23):
        command = [sys.executable, "-c", RESTORER, *map(str, (tmp_path / "data", *files))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
            assert process.stdout.readline() == b"ready\n"
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)

        with opened(tmp_path / "data", create=False) as corpus:
            assert json.dumps(found(corpus)) in [json.dumps(names(range(count))) for count in (2, 40)]
            corpus.flush()
            assert [check for check in corpus.verify() if not check.ok] == []
    restore(tmp_path / "data", files[0], replace=True)
    assert not list((tmp_path / "data").glob("*.restoring*"))
