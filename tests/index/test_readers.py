import codecs
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.archives import expand
from index.errors import UnreadableDocument
from index.readers import document_from_text, parse_document, parse_records, read_document
from tests.index.files import REPORT, outcomes, pdf_bytes, refused, word_bytes, zip_bytes
from tests.index.pdf_files import chinese_pdf

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"", ["empty", "0 bytes"]),
        ("a.txt", b" \n\t \r\n", ["no text"]),
        ("a.txt", "\u3000\ufeff\n。".encode(), ["no text"]),
        ("a.txt", bytes(500), ["binary"]),
        ("a.txt", bytes(range(256)) * 4, ["binary"]),
        ("a.txt", PNG, ["PNG"]),
        ("a.txt", b"\xff\xd8\xff\xe0" + bytes(50), ["JPEG"]),
        ("a.txt", b"MZ\x90\x00" + bytes(50), ["program"]),
        ("a.txt", b"%PDF-1.4 x", ["a PDF", ".pdf"]),
        ("a.txt", word_bytes("学习"), [".docx"]),
        ("a.txt", b"{\\rtf1 x}", ["RTF", ".docx"]),
        ("a.txt", REPORT.encode()[:-1], ["UTF-8", "damaged at byte"]),
        ("a.txt", codecs.BOM_UTF16_LE + b"\x00\xd8\x00", ["utf-16", "damaged"]),
        ("a.txt", b"\xfd\xfc\x80\x81" * 30, ["none of UTF-8"]),
        ("a.doc", b"x", ["no .doc file by its content", "save it as .docx"]),
        ("a.wps", b"x", ["no .wps file by its content", "save it as .docx"]),
        ("a.rtf", b"x", ["no .rtf file by its content"]),
        ("a.doc", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), ["password"]),
        ("a.mht", b"x", ["no page", "save it as .html"]),
        ("a.xlsx", b"x", [".xlsx", "wanted is one of .txt"]),
        ("a", b"x", ["no suffix"]),
        ("a.zip", b"x", ["archive", "unpack it", "/v1/jobs/files"]),
        ("a.docx", b"not a zip", ["not a sound .docx", "save it again"]),
        ("a.docx", zip_bytes({"a.txt": "学习"}), ["without a Word document"]),
        ("a.docx", word_bytes("学习不深入。")[:-200], ["not a sound .docx"]),
        ("a.docx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), ["password"]),
        ("a.docx", word_bytes(), ["no text"]),
        ("a.pdf", b"x", ["no PDF"]),
        ("a.pdf", b"%PDF-1.4\n" + bytes(100), ["not a sound PDF"]),
        ("a.pdf", pdf_bytes(), ["1 pages without any text", "scanned"]),
        ("a.jsonl", b'{"text":"a"}\n{"text":"b"}', ["2 documents"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_what_was_found_and_what_to_do(name, data, words):
    refused(name, data, *words)


def test_a_file_past_the_limit_is_refused_unread(tmp_path):
    (tmp_path / "a.txt").write_text(REPORT, encoding="utf-8")

    refused("a.txt", b"x" * 11, "11 bytes", "limit of 10", max_bytes=10)
    with pytest.raises(UnreadableDocument, match=r"a\.txt: .* limit of 10"):
        read_document(tmp_path / "a.txt", max_bytes=10)


def test_a_text_longer_than_any_report_is_refused(monkeypatch):
    page = "<p>" + REPORT.replace("\n", "<p>")
    monkeypatch.setattr("index.readings.MOST_CHARACTERS", 50)
    monkeypatch.setattr("index.pdf.MOST_CHARACTERS", 50)
    monkeypatch.setattr("index.webpages.MOST_CHARACTERS", 50)

    for name, data in (
        ("a.txt", REPORT.encode()),
        ("a.md", REPORT.encode()),
        ("a.docx", word_bytes(*REPORT.split("\n"))),
        ("a.html", page.encode()),
        ("a.pdf", chinese_pdf(REPORT.split("\n"))),
    ):
        refused(name, data, "more than 50 characters", "split it by report")
    assert "学" * 50 == parse_document("a.txt", ("学" * 50).encode()).text


@pytest.mark.parametrize(
    ("name", "words"), [("missing.txt", "no such file"), ("", "a folder"), ("a\0.txt", "cannot be opened")]
)
def test_a_path_that_is_no_file_is_refused(tmp_path, name, words):
    with pytest.raises(UnreadableDocument, match=words):
        read_document(tmp_path / name)


def test_the_title_is_the_first_short_line_or_else_the_file_name():
    titled = "附件2\n（2023年8月）\n 对照检查 材料 \n一、存在的问题\n学得浅。"

    assert document_from_text(titled, source="甲.txt").title == "对照检查 材料"
    for text in (
        "按照要求，我作了检查。\n一、问题",
        "一、存在的问题\n学得浅。",
        "各位同志：\n我作检查",
        "长" * 41 + "\n短",
        "• 学习浮于表面\n• 读原著少",
        "- 学习浮于表面\n- 读原著少",
    ):
        assert document_from_text(text, source="文件夹/甲.报告.txt").title == "甲.报告"


def test_markdown_shows_the_numbers_behind_its_signs_and_keeps_blanked_names():
    text = (
        "# 对照检查材料\r\n\r\n## 一、存在的问题 ##\n**（一）理论学习方面。**学得浅。\n"
        "**局长__没有作为。\n**一是**读得少。\n"
    )

    document = parse_document("a.md", text.encode())

    assert (
        document.text
        == "对照检查材料\n\n一、存在的问题\n（一）理论学习方面。学得浅。\n**局长__没有作为。\n一是读得少。"
    )


def test_each_line_of_a_jsonl_is_a_document(tmp_path):
    rows = [
        {"text": "学习不深。", "title": "报告", "source": "甲.docx", "metadata": {"unit": "某镇", "year": 2023}},
        {"text": "担当\u2028不够。"},
        {"text": 5},
        {"text": "x", "title": 5},
        {"text": "x", "metadata": {"phone": "1"}},
        {"text": "x", "metadata": []},
        [],
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (tmp_path / "a.jsonl").write_text("\n\n".join([*lines, "{"]), encoding="utf-8")

    sources = list(expand([tmp_path / "a.jsonl"]))

    first, second = sources[0].load(), sources[1].load()
    assert (first.title, first.source, first.metadata) == ("报告", "甲.docx", {"unit": "某镇", "year": "2023"})
    assert (second.source, second.title, second.text) == ("a.jsonl:3", "担当", "担当\n不够。")
    for source in sources[2:]:
        with pytest.raises(UnreadableDocument) as caught:
            source.load()
        assert str(caught.value).startswith(f"{source.name}: ")
    assert [source.name for source in sources] == [str(tmp_path / f"a.jsonl:{line}") for line in range(1, 16, 2)]


def test_a_jsonl_of_one_line_can_be_uploaded_as_a_document():
    assert parse_document("a.jsonl", '{"text":"学习不深。"}\n'.encode()).text == "学习不深。"
    assert list(parse_records("a.jsonl", b"\n\n")) == []


def test_a_message_names_the_path_as_it_was_given_and_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("甲", "乙"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_bytes(bytes(90))
        (tmp_path / name / "b.txt").write_bytes(b" ")
        (tmp_path / name / "c.jsonl").write_bytes(b"{}")
        (tmp_path / name / "d.docx").write_bytes(b"no Word file")

    messages = outcomes(Path("甲"), Path("乙"))

    assert ["甲/a.txt", "甲/b.txt", "甲/c.jsonl:1", "甲/d.docx", "乙/a.txt"] == list(messages)[:5]
    for name, message in messages.items():
        assert message.startswith(f"! {name}: ")
        assert 1 == message.count(name.partition(":")[0].rpartition("/")[2])


def test_the_source_of_a_document_is_its_way_below_the_folder_that_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("材料/甲.txt", "材料/2022/甲.txt", "材料/2023/一月/甲.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("学习不深。", encoding="utf-8")
    (tmp_path / "材料/2022/乙.jsonl").write_text('{"text":"学习。"}', encoding="utf-8")
    (tmp_path / "材料/2022/丙.zip").write_bytes(zip_bytes({"丁.txt": "学习。"}))

    found = ["2022/丙.zip/丁.txt", "2022/乙.jsonl:1", "2022/甲.txt", "2023/一月/甲.txt", "甲.txt"]
    for folder in (tmp_path / "材料", Path("材料"), Path("材料/../材料/"), Path("材料/2022/..")):
        assert found == sorted(source.load().source for source in expand([folder]))
    (single,) = expand([Path("材料/2023/一月/甲.txt")])
    assert "甲.txt" == single.load().source


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("检查材料".encode("gb18030"), "检查材料"),
        (b"report\xff\xff", "report\ufffd\ufffd"),
        ("检查材料".encode(), "检查材料"),
    ],
)
def test_a_file_name_that_is_no_utf_8_is_read_as_gb18030(tmp_path, raw, name):
    folder = tmp_path / "文件夹"
    folder.mkdir()
    (folder / os.fsdecode(raw + b".txt")).write_text("一、存在的问题\n学得浅。", encoding="utf-8")

    (below,), (named,) = expand([folder]), expand(folder.iterdir())

    for source in (below, named):
        assert str(folder / f"{name}.txt") == source.name
        assert (f"{name}.txt", name) == (source.load().source, source.load().title)
    with pytest.raises(UnreadableDocument, match=f"{name}.txt: .* limit of 9"):
        next(expand([folder], max_bytes=9)).load()


def test_half_a_character_in_a_name_from_elsewhere_is_replaced():
    assert "a\ufffd.txt" == document_from_text("学习。", source="a\ud83d.txt").source


def test_a_jsonl_past_the_limit_is_refused_also_inside_a_zip(tmp_path):
    rows = b'{"text": "a"}\n' * 10
    (tmp_path / "a.jsonl").write_bytes(rows)
    (tmp_path / "b.zip").write_bytes(zip_bytes({"a.jsonl": rows, "c.jsonl": b'{"text": "a"}'}))

    plain, zipped, small = outcomes(tmp_path, max_bytes=100).values()

    assert f"! {tmp_path / 'a.jsonl'}: 140 bytes, more than the limit of 100; split it" == plain
    assert f"! {tmp_path / 'b.zip/a.jsonl'}: larger than the limit of 100 bytes; split it" == zipped
    assert "a" == small
    refused("a.jsonl", rows, "limit of 100", max_bytes=100)


@pytest.mark.parametrize("data", [b"", b"\n", b" \n\t\r\n", b"\xef\xbb\xbf\n"])
def test_a_jsonl_without_a_document_is_told(tmp_path, data):
    (tmp_path / "a.jsonl").write_bytes(data)
    (tmp_path / "b.txt").write_text("学习。", encoding="utf-8")
    (tmp_path / "c.zip").write_bytes(zip_bytes({"a.jsonl": data}))

    told, read, zipped = outcomes(tmp_path).values()

    assert "学习。" == read
    for message, name in ((told, "a.jsonl"), (zipped, "c.zip/a.jsonl")):
        assert message.startswith(f"! {tmp_path / name}: ")
        assert message.endswith("check that it is the right file")


@pytest.mark.parametrize("suffix", ["txt", "md", "docx", "pdf", "jsonl"])
@settings(max_examples=60, deadline=None)
@given(data=st.binary(min_size=1, max_size=400))
def test_any_bytes_are_read_or_refused(suffix, data):
    for head in (b"", b"%PDF-1.4\n", b"PK\x03\x04"):
        try:
            assert parse_document(f"a.{suffix}", head + data).text
        except UnreadableDocument as error:
            assert str(error).startswith("a.")


@pytest.mark.parametrize(
    "original",
    [word_bytes(REPORT), pdf_bytes(b"BT /F1 12 Tf (words) Tj ET"), REPORT.encode("gbk")],
    ids=["docx", "pdf", "txt"],
)
@settings(max_examples=60, deadline=None)
@given(flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_file_with_flipped_bytes_is_read_or_refused(original, flips):
    name = {b"P": "a.docx", b"%": "a.pdf"}.get(original[:1], "a.txt")
    data = bytearray(original)
    for place, value in flips:
        data[int(place * len(data))] = value

    try:
        assert parse_document(name, bytes(data)).text
    except UnreadableDocument as error:
        assert str(error).startswith(f"{name}: ")


def test_the_head_of_an_official_letter_is_not_its_title():
    head = "000012\n机密★1年\n特急\n青石街道党工委文件\n青工委〔2025〕 3 号 签发人：周望川"

    found = document_from_text(f"{head}\n青石街道党工委对照检查材料\n学得浅。", source="甲.txt")

    assert "青石街道党工委对照检查材料" == found.title


def test_a_title_may_begin_with_a_blanked_name_or_a_dash():
    for title in ("**同志对照检查材料", "——个人对照检查材料"):
        assert title == document_from_text(f"{title}\n学得浅。", source="甲.txt").title


def test_only_where_there_is_a_file_a_message_speaks_of_one():
    refused("a.txt", b".", "no text in it", "check that it is the right file")
    with pytest.raises(UnreadableDocument, match="^text: no word in it; wanted is the text of a report$"):
        document_from_text(" 。", source="text")


def test_what_can_be_read_names_archives_too():
    refused("a.exe", b"x", "wanted is one of .txt", ".jsonl, or a .zip of them")
