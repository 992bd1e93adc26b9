import os
import sqlite3
import zipfile
from dataclasses import fields

import pytest

from index.records import CorpusStats
from models.errors import ModelUnavailable
from service import console
from tests.service.conftest import FakeRuntime

ADDED = ["path", "document_id", "status", "sentences", "error"]
LISTED = ["document_id", "title", "source", "metadata", "added_at", "sentences", "characters"]
SHOWN = (
    "document_id title sentence_id ordinal path role declared text dimension confidence scores secondary abstained "
    "reason feedback_id guess start end"
).split()
CHECKED = ["name", "ok", "detail"]
# Every command that reads the corpus, with arguments that would do if there were one.
READING = [
    ("search", "学习"),
    ("index", "list"),
    ("index", "show", "0" * 16),
    ("index", "remove", "0" * 16),
    ("index", "stats"),
    ("index", "verify"),
    ("index", "rebuild"),
    ("index", "backup", "/tmp/liuwei-of-no-corpus.sqlite"),
]
needs_no_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")

pytestmark = pytest.mark.usefixtures("small_models")


@pytest.fixture
def folder(tmp_path, report, other_report):
    """A folder of two reports."""
    folder = tmp_path / "材料"
    folder.mkdir()
    (folder / "甲.txt").write_text(report, encoding="utf-8")
    (folder / "乙.txt").write_text(other_report, encoding="gb18030")
    return folder


@pytest.fixture
def corpus(liuwei, folder):
    """The ids of two reports in the corpus, in the order of their names."""
    return [row["document_id"] for row in liuwei("index", "add", folder, "--json").rows]


def change_encoder(tmp_path):
    """Make the corpus one of another encoder."""
    with sqlite3.connect(tmp_path / "data" / "corpus.sqlite") as database:
        database.execute("UPDATE meta SET fingerprint = 'onnx-of-another-model'")
    database.close()


def listed(liuwei):
    return [row["document_id"] for row in liuwei("index", "list", "--json").rows]


def test_an_added_report_is_one_line_with_the_promised_fields(liuwei, folder):
    ran = liuwei("index", "add", folder, "--json")

    assert (0, "") == (ran.exit_code, ran.stderr)
    assert [ADDED, ADDED] == [list(row) for row in ran.rows]
    assert [str(folder / "乙.txt"), str(folder / "甲.txt")] == [row["path"] for row in ran.rows]
    assert [("added", None), ("added", None)] == [(row["status"], row["error"]) for row in ran.rows]
    assert all(row["sentences"] > 3 and len(row["document_id"]) == 16 for row in ran.rows)


def test_the_same_text_again_is_unchanged_whatever_the_file_is_called(liuwei, folder, corpus):
    (folder / "乙.txt").rename(folder / "丙.txt")

    ran = liuwei("index", "add", folder, "--json")

    assert (0, ["unchanged", "unchanged"]) == (ran.exit_code, [row["status"] for row in ran.rows])
    assert sorted(corpus) == sorted(row["document_id"] for row in ran.rows)
    assert sorted(corpus) == sorted(listed(liuwei))


@pytest.mark.parametrize("command", [("index", "add"), ("overlap",), ("tag", "--output", "rows.jsonl")])
def test_a_path_of_nothing_is_no_folder(liuwei, command):
    ran = liuwei(*command, "")

    assert 2 == ran.exit_code
    assert "the path is empty; name a file or a folder" in ran.stderr


def test_what_the_program_keeps_for_itself_is_no_report(liuwei, tmp_path, folder, corpus):
    # A data directory within the folder that is read, or beside the reports in one.
    for name in ("heads/v0001/examples.jsonl", "jobs/a/rows.jsonl", "indexes/a.txt", "keys.json"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"text": "不是材料"}\n', encoding="utf-8")
    (tmp_path / "data" / "丙.txt").write_text("一、学习不够。", encoding="utf-8")

    above, within = (liuwei("index", "add", path, "--json") for path in (tmp_path, tmp_path / "data"))

    assert {"甲.txt", "乙.txt", "丙.txt"} == {row["path"].rsplit("/", 1)[-1] for row in above.rows}
    assert [(str(tmp_path / "data" / "丙.txt"), "unchanged")] == [(row["path"], row["status"]) for row in within.rows]
    assert (0, 0) == (above.exit_code, within.exit_code)


def test_the_same_file_named_twice_is_added_once(liuwei, folder):
    ran = liuwei("index", "add", folder / "甲.txt", folder / "甲.txt", "--json")

    assert ["added", "unchanged"] == [row["status"] for row in ran.rows]


def test_a_zip_gives_its_reports(liuwei, tmp_path, folder):
    with zipfile.ZipFile(tmp_path / "材料.zip", "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"内/{path.name}")

    ran = liuwei("index", "add", tmp_path / "材料.zip", "--json")

    assert (0, ["added", "added"]) == (ran.exit_code, [row["status"] for row in ran.rows])
    assert str(tmp_path / "材料.zip/内/乙.txt") == ran.rows[0]["path"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("坏.docx", b"PK\x03\x04 broken", "坏.docx"),
        ("空.txt", b"", "空.txt: empty, 0 bytes"),
        ("空白.txt", b" \n\n ", "空白.txt: no text in it"),
        ("二进制.txt", bytes(range(256)) * 8, "二进制.txt: binary data"),
        ("无尽.txt", "长".encode() * 2_000_000, "无尽.txt: the sentence at character 0 (line 1) has 2,000,000"),
        ("表.xlsx", b"PK\x03\x04", "表.xlsx: .xlsx files cannot be read"),
        ("坏.pdf", b"%PDF-1.7 broken", "坏.pdf"),
        ("坏.zip", b"PK\x03\x04 broken", "坏.zip: not a sound zip archive"),
        ("坏.jsonl", b'{"title": "x"}\n', "坏.jsonl:1"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_the_rest_of_the_folder_is_added(liuwei, folder, name, content, said):
    (folder / name).write_bytes(content)

    ran = liuwei("index", "add", folder, "--json")

    failed = [row for row in ran.rows if row["status"] == "failed"]
    assert (1, ["added", "added"]) == (ran.exit_code, [row["status"] for row in ran.rows if row not in failed])
    assert [(ADDED, None, 0)] == [(list(row), row["document_id"], row["sentences"]) for row in failed]
    assert said in failed[0]["error"]
    assert f"{failed[0]['error']}\n" == ran.stderr
    assert 2 == len(listed(liuwei))


def test_a_missing_file_is_told_and_the_others_are_added(liuwei, folder, tmp_path):
    ran = liuwei("index", "add", tmp_path / "missing.txt", folder / "甲.txt", "--json")

    assert (1, ["failed", "added"]) == (ran.exit_code, [row["status"] for row in ran.rows])
    assert f"{tmp_path / 'missing.txt'}: no such file" in ran.stderr


def test_a_file_beyond_the_limit_is_told(liuwei, folder):
    ran = liuwei("index", "add", folder / "甲.txt", "--max-upload-bytes", 100, "--json")

    assert (1, ["failed"]) == (ran.exit_code, [row["status"] for row in ran.rows])
    assert "more than the limit of 100" in ran.stderr


def test_an_empty_folder_adds_nothing_and_says_so(liuwei, tmp_path):
    (tmp_path / "empty").mkdir()

    ran = liuwei("index", "add", tmp_path / "empty")

    assert (0, "") == (ran.exit_code, ran.stdout)
    assert "nothing to add" in ran.stderr


def test_for_people_each_added_report_is_a_line(liuwei, folder):
    lines = liuwei("index", "add", folder).stdout.splitlines()

    assert ["added", "added"] == [line.split()[0] for line in lines]
    assert lines[1].endswith("甲.txt")


def test_the_list_is_one_line_a_report_oldest_first(liuwei, corpus):
    ran = liuwei("index", "list", "--json")

    assert (0, "", [LISTED, LISTED]) == (ran.exit_code, ran.stderr, [list(row) for row in ran.rows])
    assert corpus == [row["document_id"] for row in ran.rows]
    assert [("个人检视剖析材料", "乙.txt"), ("个人对照检查材料", "甲.txt")] == [
        (row["title"], row["source"]) for row in ran.rows
    ]


def test_the_table_of_the_list_has_whole_ids(liuwei, corpus):
    table = liuwei("index", "list").stdout

    assert all(document_id in table for document_id in corpus)
    assert "个人对照检查材料" in table


def test_a_shown_report_is_its_record_with_its_text_and_one_line_a_sentence(liuwei, corpus, report):
    ran = liuwei("index", "show", corpus[1], "--json")
    listed = liuwei("index", "list", "--json").rows

    record, *rows = ran.rows
    assert {**next(row for row in listed if row["document_id"] == corpus[1]), "text": report.strip()} == record
    assert (0, {tuple(SHOWN)}) == (ran.exit_code, {tuple(row) for row in rows})
    assert list(range(len(rows))) == [row["ordinal"] for row in rows]
    assert [f"{corpus[1]}:{row['ordinal']}" for row in rows] == [row["sentence_id"] for row in rows]
    assert [record["text"][row["start"] : row["end"]] for row in rows] == [row["text"] for row in rows]


def test_for_people_a_shown_report_is_a_table_under_its_title(liuwei, corpus):
    table = liuwei("index", "show", corpus[1]).stdout

    assert "个人对照检查材料 (甲.txt)" in table
    assert "理论学习不够系统" in table


def test_an_unknown_document_is_told(liuwei, corpus):
    ran = liuwei("index", "show", "0" * 16, "--json")

    assert (1, "") == (ran.exit_code, ran.stdout)
    assert "liuwei: the corpus holds no document '0000000000000000'\n" == ran.stderr


def test_removing_goes_on_after_an_unknown_document(liuwei, corpus):
    ran = liuwei("index", "remove", "0" * 16, corpus[0], "--json")

    assert 1 == ran.exit_code
    assert [("failed", "0" * 16), ("removed", corpus[0])] == [(row["status"], row["document_id"]) for row in ran.rows]
    assert [["document_id", "status", "error"]] * 2 == [list(row) for row in ran.rows]
    assert corpus[1:] == listed(liuwei)


def test_a_removed_report_is_found_no_more_and_can_be_added_again(liuwei, folder, corpus):
    assert 0 == liuwei("index", "remove", corpus[1]).exit_code

    hits = liuwei("search", "下村调研", "--top-k", 50, "--json").rows
    again = liuwei("index", "add", folder, "--json").rows

    assert corpus[:1] == sorted({hit["document_id"] for hit in hits})
    assert ["unchanged", "added"] == [row["status"] for row in again]


def test_the_stats_are_those_of_the_corpus(liuwei, corpus):
    ran = liuwei("index", "stats", "--json")

    stats = ran.rows[0]
    sentences = sum(row["sentences"] for row in liuwei("index", "list", "--json").rows)
    assert (0, 1, [field.name for field in fields(CorpusStats)]) == (ran.exit_code, len(ran.rows), list(stats))
    assert (2, sentences) == (stats["documents"], stats["sentences"])
    assert [sentences, sentences] == [sum(stats[name].values()) for name in ("dimensions", "roles")]


def test_a_sound_corpus_passes_every_check(liuwei, corpus):
    ran = liuwei("index", "verify", "--json")

    assert (0, {tuple(CHECKED)}) == (ran.exit_code, {tuple(row) for row in ran.rows})
    assert all(row["ok"] for row in ran.rows)
    assert {"store", "spans", "vectors", "lexical"} <= {row["name"] for row in ran.rows}


def test_a_vector_index_with_a_changed_byte_fails_its_check_until_rebuilt(liuwei, corpus, tmp_path):
    path = next((tmp_path / "data").rglob("*.faiss"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    damaged = liuwei("index", "verify", "--json")
    rebuilt = liuwei("index", "rebuild", "--json")

    assert (3, False) == (damaged.exit_code, all(row["ok"] for row in damaged.rows))
    assert "rebuild" in " ".join(row["detail"] for row in damaged.rows if not row["ok"])
    assert (0, ["rebuilt", 2]) == (rebuilt.exit_code, [rebuilt.rows[0][name] for name in ("status", "documents")])
    assert 0 == liuwei("index", "verify").exit_code


def test_verify_says_the_same_twice_and_leaves_the_mending_to_others(liuwei, corpus, tmp_path):
    path = next((tmp_path / "data").rglob("*.faiss"))
    path.write_bytes(path.read_bytes()[:-1])

    first, second = liuwei("index", "verify", "--json"), liuwei("index", "verify", "--json")

    assert [3, 3] == [first.exit_code, second.exit_code]
    assert ["saved vectors"] == [row["name"] for row in first.rows if not row["ok"]]
    assert first.rows == second.rows
    liuwei("search", "学习")
    assert 0 == liuwei("index", "verify").exit_code


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\x00" + bytes(5000)])
def test_a_store_that_cannot_be_opened_is_a_check_that_fails(liuwei, corpus, tmp_path, content):
    (tmp_path / "data" / "corpus.sqlite").write_bytes(content)

    ran = liuwei("index", "verify", "--json")

    assert (3, "", [CHECKED]) == (ran.exit_code, ran.stderr, [list(row) for row in ran.rows])
    assert ("store", False) == (ran.rows[0]["name"], ran.rows[0]["ok"])
    assert "'liuwei index restore FILE'" in ran.rows[0]["detail"]


def test_a_store_that_is_torn_is_a_check_that_fails(liuwei, corpus, tmp_path):
    path = tmp_path / "data" / "corpus.sqlite"
    content = bytearray(path.read_bytes())
    content[8192 : len(content) - 4096] = bytes(len(content) - 12288)
    path.write_bytes(content)

    ran = liuwei("index", "verify", "--json")

    assert (3, "") == (ran.exit_code, ran.stderr)
    assert ("store", False) == (ran.rows[0]["name"], ran.rows[0]["ok"])


def test_a_rebuild_says_how_far_it_is(liuwei, corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(console, "PLAIN_EVERY_S", 0.0)
    change_encoder(tmp_path)

    ran = liuwei("index", "rebuild", "--classify")

    sentences = sum(row["sentences"] for row in liuwei("index", "list", "--json").rows)
    first, *_, before, making, last = ran.stderr.splitlines()
    assert f"labelling {sentences} sentences anew" == first
    assert before.startswith(f"labelling: {sentences} of {sentences} done")
    assert f"making both indexes anew from {sentences} sentences" == making
    assert last.startswith(f"rebuilding: {sentences} of {sentences} done")


def test_a_backup_gives_back_what_was_there(liuwei, corpus, tmp_path):
    file = tmp_path / "备份.sqlite"

    saved = liuwei("index", "backup", file, "--json")
    liuwei("index", "remove", *corpus)
    restored = liuwei("index", "restore", file, "--json")

    assert (0, "", 0, "") == (saved.exit_code, saved.stderr, restored.exit_code, restored.stderr)
    fields = ["status", "path", "documents", "sentences", "encoder"]
    assert [fields, fields] == [list(row) for row in (*saved.rows, *restored.rows)]
    assert ("saved", str(file), 2) == (saved.rows[0]["status"], saved.rows[0]["path"], saved.rows[0]["documents"])
    assert {**saved.rows[0], "status": "restored"} == restored.rows[0]
    assert corpus == listed(liuwei)
    assert 0 == liuwei("index", "verify").exit_code


def test_for_people_a_backup_is_a_line(liuwei, corpus, tmp_path):
    line = liuwei("index", "backup", tmp_path / "b.sqlite").stdout

    assert line.startswith(f"saved     {tmp_path / 'b.sqlite'}: 2 documents, ")


def test_a_corpus_with_reports_is_not_replaced_unless_forced(liuwei, corpus, tmp_path):
    liuwei("index", "backup", tmp_path / "b.sqlite")

    refused = liuwei("index", "restore", tmp_path / "b.sqlite")
    forced = liuwei("index", "restore", tmp_path / "b.sqlite", "--force")

    assert (2, "", 0) == (refused.exit_code, refused.stdout, forced.exit_code)
    assert "holds 2 documents" in refused.stderr
    assert "--force" in refused.stderr


def test_a_backup_that_is_missing_or_none_is_told(liuwei, corpus, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")

    missing, none = (liuwei("index", "restore", tmp_path / name, "--force") for name in ("b.sqlite", "notes.txt"))

    assert [(2, ""), (1, "")] == [(ran.exit_code, ran.stdout) for ran in (missing, none)]
    assert f"{tmp_path / 'b.sqlite'}: no such file" in missing.stderr
    assert f"{tmp_path / 'notes.txt'} is no backup of a corpus" in none.stderr
    assert corpus == listed(liuwei)


def test_a_backup_is_not_written_over_somebody_elses_file(liuwei, corpus, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")

    ran = liuwei("index", "backup", tmp_path / "notes.txt")

    assert (2, "", "mine") == (ran.exit_code, ran.stdout, (tmp_path / "notes.txt").read_text(encoding="utf-8"))
    assert "something else than a backup" in ran.stderr


def test_a_corpus_too_damaged_to_open_is_kept_beside_the_restored_one(liuwei, corpus, tmp_path):
    liuwei("index", "backup", tmp_path / "b.sqlite")
    (tmp_path / "data" / "corpus.sqlite").write_bytes(b"no database at all" * 100)

    ran = liuwei("index", "restore", tmp_path / "b.sqlite")

    assert (0, corpus) == (ran.exit_code, listed(liuwei))
    assert f"kept as {tmp_path / 'data' / 'corpus.sqlite.damaged'}" in ran.stderr


def test_without_its_encoder_a_corpus_can_be_looked_after(liuwei, corpus, tmp_path, monkeypatch):
    def missing(self):
        raise ModelUnavailable("encoder 'x' is not there")

    monkeypatch.setattr(FakeRuntime, "embedder", property(missing))

    looked = [("list",), ("show", corpus[1]), ("stats",), ("remove", corpus[0])]
    assert [0, 0, 0, 0] == [liuwei("index", *command).exit_code for command in looked]
    verified = liuwei("index", "verify", "--json")
    assert 3 == verified.exit_code
    assert {"corpus encoder": "encoder 'x' is not there"} == {
        row["name"]: row["detail"] for row in verified.rows if not row["ok"]
    }
    assert {"store", "spans", "vectors", "lexical"} <= {row["name"] for row in verified.rows}
    assert [3, 3] == [liuwei(*command).exit_code for command in (("search", "学习"), ("index", "rebuild"))]


def test_without_the_saved_indexes_a_search_finds_the_same(liuwei, corpus, tmp_path):
    before = liuwei("search", "学习", "--json").rows
    # Moved, for a thread of the lexical index may still tidy up in there.
    (tmp_path / "data" / "indexes").rename(tmp_path / "gone")

    assert before == liuwei("search", "学习", "--json").rows


@pytest.mark.parametrize("command", READING)
def test_a_data_directory_that_is_a_file_is_told_as_one(liuwei, tmp_path, command):
    file = tmp_path / "file"
    file.touch()

    ran = liuwei("--data-dir", file, *command)

    assert (3, True) == (ran.exit_code, f"{file} is a file; name a folder with --data-dir" in ran.stderr)


@pytest.mark.parametrize("command", READING)
def test_a_missing_data_directory_is_told_with_what_to_do_and_not_made(liuwei, tmp_path, command):
    ran = liuwei("--data-dir", tmp_path / "nowhere", *command, "--json")

    assert (3, "") == (ran.exit_code, ran.stdout)
    assert f"{tmp_path / 'nowhere'} holds no corpus; add a report first: 'liuwei index add FILE'" in ran.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", [*READING, ("index", "add")])
def test_a_data_directory_that_is_a_file_is_told_and_left_alone(liuwei, tmp_path, folder, command):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    paths = [folder / "甲.txt"] if command[1] == "add" else []

    ran = liuwei("--data-dir", tmp_path / "file", *command, *paths)

    assert (3, "") == (ran.exit_code, ran.stdout)
    assert str(tmp_path / "file") in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "mine" == (tmp_path / "file").read_text(encoding="utf-8")


def test_a_data_directory_that_cannot_be_made_is_told(liuwei, folder):
    # Not even root may make a folder here.
    ran = liuwei("--data-dir", "/proc/liuwei", "index", "add", folder)

    assert (3, "") == (ran.exit_code, ran.stdout)
    assert "liuwei: /proc/liuwei: No such file or directory; check the path" in ran.stderr


@needs_no_root
def test_a_data_directory_that_may_not_be_written_is_told(liuwei, tmp_path, folder):
    (tmp_path / "locked").mkdir(mode=0o500)

    ran = liuwei("--data-dir", tmp_path / "locked", "index", "add", folder)

    assert 3 == ran.exit_code
    assert "Traceback" not in ran.stderr


def test_a_store_that_is_no_database_is_told(liuwei, corpus, tmp_path):
    (tmp_path / "data" / "corpus.sqlite").write_bytes(b"no database at all" * 100)

    ran = liuwei("index", "list")

    assert (3, "") == (ran.exit_code, ran.stdout)
    assert "corpus.sqlite is damaged" in ran.stderr


def test_a_store_that_cannot_be_opened_is_told(liuwei, folder, tmp_path):
    (tmp_path / "data" / "corpus.sqlite").mkdir(parents=True)

    ran = liuwei("index", "add", folder)

    assert (3, "") == (ran.exit_code, ran.stdout)
    assert "corpus.sqlite: unable to open database file" in ran.stderr


def test_a_corpus_of_another_encoder_is_refused_with_what_to_do_until_rebuilt(liuwei, corpus, folder, tmp_path):
    change_encoder(tmp_path)

    searched, added = liuwei("search", "学习"), liuwei("index", "add", folder)
    looked = [liuwei("index", *command).exit_code for command in (["list"], ["show", corpus[0]], ["stats"])]
    rebuilt = liuwei("index", "rebuild")

    assert [3, 3] == [searched.exit_code, added.exit_code]
    assert "run 'liuwei index rebuild'" in searched.stderr
    assert [0, 0, 0, 0] == [*looked, rebuilt.exit_code]
    assert 0 == liuwei("search", "学习").exit_code


def test_the_data_directory_may_stand_before_and_after_the_command(liuwei, folder, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"

    liuwei("--data-dir", one, "index", "add", folder / "甲.txt")
    liuwei("index", "add", folder / "乙.txt", "--data-dir", two)

    after, before = (
        liuwei("index", "list", "--json", "--data-dir", one),
        liuwei("--data-dir", two, "index", "list", "--json"),
    )
    assert [["甲.txt"], ["乙.txt"]] == [[row["source"] for row in ran.rows] for ran in (after, before)]
    assert not (tmp_path / "data").exists()


def test_the_data_directory_may_stand_between_index_and_its_command(liuwei, folder, tmp_path):
    liuwei("index", "--data-dir", tmp_path / "one", "add", folder)

    ran = liuwei("--data-dir", tmp_path / "two", "index", "--json", "--data-dir", tmp_path / "one", "list")

    assert (0, 2) == (ran.exit_code, len(ran.rows))
    assert not (tmp_path / "data").exists()


def test_what_stands_after_the_command_wins(liuwei, corpus, tmp_path):
    ran = liuwei("--data-dir", tmp_path / "nowhere", "--json", "index", "list", "--data-dir", tmp_path / "data")

    assert (0, corpus) == (ran.exit_code, [row["document_id"] for row in ran.rows])
