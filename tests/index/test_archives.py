import zipfile

import pytest

from index.archives import entry_name, expand
from tests.index.files import outcomes, zip_bytes


def test_a_folder_gives_its_files_in_order_without_hidden_ones(tmp_path):
    for name in ("b.txt", "a/z.txt", "a/甲.md", ".hidden.txt", "~$b.docx", ".git/c.txt", "Thumbs.db"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"学习{name}", encoding="utf-8")

    assert list(outcomes(tmp_path)) == [str(tmp_path / name) for name in ("b.txt", "a/z.txt", "a/甲.md")]


def test_one_bad_file_does_not_stop_the_rest(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"")
    (tmp_path / "b.txt").write_text("学习。", encoding="utf-8")
    (tmp_path / "c.zip").write_bytes(b"no zip")
    (tmp_path / "d.jsonl").write_bytes(bytes(9))

    found = outcomes(tmp_path, tmp_path / "missing.txt")

    assert [text[:1] for text in found.values()] == ["!", "学", "!", "!", "!"]


def test_an_archive_gives_its_files_with_chinese_names(tmp_path):
    files = {
        "乡镇/报告.txt": "学习不深。",
        "__MACOSX/._报告.txt": "x",
        "乡镇/~$报告.docx": "x",
        "1234.txt": "担当不够。",
    }
    # Old Windows tools write names in GBK and leave the mark for UTF-8 out.
    data = zip_bytes(files).replace(b"1234.txt", "检查.txt".encode("gbk"))
    (tmp_path / "a.zip").write_bytes(data)

    assert outcomes(tmp_path / "a.zip") == {
        str(tmp_path / "a.zip/乡镇/报告.txt"): "学习不深。",
        str(tmp_path / "a.zip/检查.txt"): "担当不够。",
    }


def test_a_document_from_an_archive_names_the_archive_but_no_folder_of_the_machine(tmp_path):
    (tmp_path / "a.zip").write_bytes(zip_bytes({"乡镇/报告.txt": "学习不深，用得不多。"}))

    (source,) = expand([tmp_path / "a.zip"])

    assert (source.load().source, source.load().title) == ("a.zip/乡镇/报告.txt", "报告")


def test_a_name_in_an_archive_neither_steers_a_terminal_nor_makes_a_line_of_its_own(tmp_path):
    steering = "甲\n\x1b[31m乙\x9b2J\u202e.txt"
    (tmp_path / "a.zip").write_bytes(zip_bytes({steering: "学习不深，用得不多。"}))

    (source,) = expand([tmp_path / "a.zip"])

    shown = "甲\ufffd\ufffd[31m乙\ufffd2J\ufffd"
    assert str(tmp_path / f"a.zip/{shown}.txt") == source.name
    assert (f"a.zip/{shown}.txt", shown) == (source.load().source, source.load().title)


def test_a_name_in_an_archive_without_the_utf8_mark_is_gbk():
    gbk, utf8, marked = (zipfile.ZipInfo("x") for _ in range(3))
    gbk.filename = "检查.txt".encode("gbk").decode("cp437")
    utf8.filename = "检查.txt".encode().decode("cp437")
    marked.filename, marked.flag_bits = "检查\\甲.txt", 0x800

    assert [entry_name(entry) for entry in (gbk, utf8, marked)] == ["检查.txt", "检查.txt", "检查/甲.txt"]


def test_a_locked_entry_is_named_and_the_rest_is_read(tmp_path):
    data = bytearray(zip_bytes({"a.txt": "学习。", "b.zip": zip_bytes({"c.txt": "x"})}, compression=zipfile.ZIP_STORED))
    central = data.index(b"PK\x01\x02", data.rindex(b"c.txt"))
    data[central + 8] |= 1
    (tmp_path / "a.zip").write_bytes(bytes(data))

    first, second = outcomes(tmp_path / "a.zip").values()

    assert "password" in first
    assert "x" == second


def test_archives_in_archives_are_read_down_to_the_third_and_share_one_allowance(tmp_path, monkeypatch):
    third = zip_bytes({"d.zip": zip_bytes({"e.txt": "深"}), "f.txt": "习"})
    (tmp_path / "a.zip").write_bytes(zip_bytes({"b.zip": zip_bytes({"c.zip": third}), "g.txt": "学"}))

    deep, inner, outer = outcomes(tmp_path / "a.zip").values()
    monkeypatch.setattr("index.archives.MOST_ENTRIES", 4)
    many, below = outcomes(tmp_path / "a.zip").values()

    assert "an archive 3 archives deep" in deep
    assert ("习", "学") == (inner, outer)
    assert ("2 files in it" in many, "学") == (True, below)


def test_an_archive_without_a_file_is_told(tmp_path):
    (tmp_path / "a.zip").write_bytes(zip_bytes({}))
    (tmp_path / "b.zip").write_bytes(zip_bytes({"__MACOSX/._a.txt": "x", ".DS_Store": "x"}))

    for path, message in zip(("a.zip", "b.zip"), outcomes(tmp_path).values(), strict=True):
        assert f"! {tmp_path / path}: no files in it; check that it is the right archive" == message


def test_files_that_are_to_be_left_out_are_not_even_opened(tmp_path):
    for name in ("a.txt", "b.zip"):
        (tmp_path / name).write_text("学习。", encoding="utf-8")
    (tmp_path / "c.txt").symlink_to(tmp_path / "b.zip")

    assert [str(tmp_path / "a.txt")] == list(outcomes(tmp_path, tmp_path / "b.zip", without=[tmp_path / "b.zip"]))


def test_a_zip_bomb_is_refused(tmp_path, monkeypatch):
    (tmp_path / "ratio.zip").write_bytes(zip_bytes({"a.txt": bytes(20_000_000)}))
    (tmp_path / "many.zip").write_bytes(zip_bytes({f"{number}.txt": "x" for number in range(30)}))
    monkeypatch.setattr("index.archives.MOST_ENTRIES", 20)

    many, ratio = outcomes(tmp_path).values()

    assert "zip bomb" in ratio
    assert "30 files" in many


def test_an_entry_past_the_limit_is_refused_whatever_its_header_says(tmp_path):
    (tmp_path / "a.zip").write_bytes(zip_bytes({"a.txt": "学" * 100, "b.txt": "习"}))

    large, small = outcomes(tmp_path / "a.zip", max_bytes=50).values()

    assert "limit of 50" in large
    assert small == "习"


def test_documents_in_an_archive_are_unpacked_only_when_they_are_loaded(tmp_path, monkeypatch):
    (tmp_path / "a.zip").write_bytes(zip_bytes({"甲.txt": "学习。", "乙/丙.txt": "担当。"}))
    unpacked, unpack = [], zipfile.ZipFile.open
    monkeypatch.setattr(
        zipfile.ZipFile, "open", lambda *given, **named: unpacked.append(given[1]) or unpack(*given, **named)
    )

    sources = list(expand([tmp_path / "a.zip"]))

    assert (2, []) == (len(sources), unpacked)
    assert ["担当。", "学习。"] == [source.load().text for source in sources]


def test_a_fault_of_our_own_is_not_told_as_a_damaged_archive(tmp_path, monkeypatch):
    def faulty(*_, **__):
        raise ValueError("ours")

    (tmp_path / "a.zip").write_bytes(zip_bytes({"甲.jsonl": "{}"}))
    monkeypatch.setattr("index.archives.parse_records", faulty)

    with pytest.raises(ValueError, match="ours"):
        list(expand([tmp_path / "a.zip"]))


def test_an_archive_damaged_in_its_directory_or_in_an_entry_is_told_as_such(tmp_path):
    sound = zip_bytes({"a.txt": "学习。" * 9, "b.txt": "担当。"})
    at = sound.index(b"a.txt") + 5
    (tmp_path / "directory.zip").write_bytes(sound.replace(b"PK\x01\x02", b"PK\x01\x03"))
    (tmp_path / "entry.zip").write_bytes(sound[:at] + bytes(8) + sound[at + 8 :])

    directory, first, second = outcomes(tmp_path).values()

    assert "not a sound zip archive" in directory
    assert "damaged inside the archive" in first
    assert "担当。" == second
