import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CLASSIFIED = "text dimension label confidence scores secondary role abstained reason evidence counter_evidence".split()
DIMENSIONS = ["theory", "politics", "ability", "responsibility", "style", "integrity", "none"]
STYLE = "下村调研走马观花，与群众谈心不多"
THEORY = "理论学习不够深入，满足于读文件"

pytestmark = pytest.mark.usefixtures("small_models")


@pytest.fixture
def corpus(liuwei, tmp_path, report, other_report):
    """Two reports in the corpus; the value is their ids."""
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")
    (tmp_path / "乙.txt").write_text(other_report, encoding="utf-8")
    added = liuwei("index", "add", tmp_path / "甲.txt", tmp_path / "乙.txt", "--json")
    return [row["document_id"] for row in added.rows]


def written(path, *rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_classified_text_is_one_line_with_the_promised_fields(liuwei):
    ran = liuwei("classify", STYLE, "--json")

    assert (0, "", 1) == (ran.exit_code, ran.stderr, ran.stdout.count("\n"))
    row = ran.rows[0]
    assert CLASSIFIED == list(row)
    assert (STYLE, "style", "工作作风") == (row["text"], row["dimension"], row["label"])
    assert DIMENSIONS == list(row["scores"])
    assert 1 == pytest.approx(sum(row["scores"].values()), abs=1e-4)
    assert row["confidence"] == pytest.approx(row["scores"]["style"], abs=1e-4)
    assert ["text", "dimension", "similarity"] == list(row["evidence"][0]) == list(row["counter_evidence"])
    assert "style" != row["counter_evidence"]["dimension"]


def test_chinese_is_printed_as_it_is(liuwei):
    ran = liuwei("classify", STYLE, "--json")

    assert STYLE in ran.stdout
    assert "\\u" not in ran.stdout


def test_texts_are_answered_in_their_order(liuwei):
    ran = liuwei("--json", "classify", THEORY, STYLE, THEORY)

    assert [THEORY, STYLE, THEORY] == [row["text"] for row in ran.rows]


def test_for_people_there_is_a_table(liuwei):
    ran = liuwei("classify", STYLE)

    assert 0 == ran.exit_code
    assert "工作作风" in ran.stdout
    assert "{" not in ran.stdout


def test_as_much_evidence_is_shown_as_is_asked_for(liuwei):
    counts = [len(liuwei("classify", STYLE, "--json", "--evidence", n).rows[0]["evidence"]) for n in (0, 1, 5)]

    assert [0, 1, 5] == counts
    assert 2 == liuwei("classify", STYLE, "--evidence", -1).exit_code
    assert 2 == liuwei("classify", STYLE, "--evidence", 21).exit_code


@pytest.mark.parametrize("text", ["", " ", "\u3000\t\n", "\u200b\u00ad"])
def test_an_empty_argument_is_told_and_the_others_are_classified(liuwei, text):
    ran = liuwei("classify", THEORY, text, STYLE, "--json")

    assert (1, [THEORY, STYLE]) == (ran.exit_code, [row["text"] for row in ran.rows])
    assert "liuwei: argument 2 is empty; give it some text\n" == ran.stderr


def test_nothing_but_an_empty_text_gives_no_output(liuwei):
    ran = liuwei("classify", "")

    assert (1, "") == (ran.exit_code, ran.stdout)


def test_without_any_text_the_usage_is_wrong(liuwei):
    ran = liuwei("classify")

    assert (2, "") == (ran.exit_code, ran.stdout)
    assert "--input" in ran.stderr


def test_a_text_beyond_the_limit_is_told_with_both_lengths(liuwei):
    ran = liuwei("--max-text-chars", 10, "classify", "长" * 11, "长" * 10, "--json")

    assert (1, 1) == (ran.exit_code, len(ran.rows))
    assert re.search("argument 1 has 11 characters, the limit is 10", ran.stderr)


def test_an_argument_that_is_no_utf_8_is_told_by_every_command_and_the_others_are_classified(liuwei, corpus):
    broken = b"\xe5\xad\xa6\xff".decode("utf-8", "surrogateescape")

    classified, searched = liuwei("classify", THEORY, broken, "--json"), liuwei("search", broken, "--json")

    assert (1, [THEORY]) == (classified.exit_code, [row["text"] for row in classified.rows])
    assert "liuwei: argument 2 holds half a character; is it in UTF-8?\n" == classified.stderr
    assert (1, "") == (searched.exit_code, searched.stdout)
    assert "liuwei: query holds half a character; is it in UTF-8?\n" == searched.stderr


@pytest.mark.parametrize(
    ("line", "where"), [('{"text": "学习\\ud83d"}', ""), ('{"text": "学习", "context": "一\\ud83d"}', ": `context`")]
)
def test_half_a_character_in_a_jsonl_file_is_told_and_the_other_lines_are_classified(liuwei, tmp_path, line, where):
    path = tmp_path / "texts.jsonl"
    path.write_text(f'{line}\n{{"text": "{THEORY}"}}\n', encoding="utf-8")

    ran = liuwei("classify", "--input", path, "--json")

    assert (1, [THEORY]) == (ran.exit_code, [row["text"] for row in ran.rows])
    assert f"liuwei: {path}:1{where} holds half a character; is it in UTF-8?\n" == ran.stderr


@pytest.mark.parametrize("inside", ["\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\x1c"])
def test_only_a_line_end_ends_a_text_of_a_txt_file(liuwei, tmp_path, inside):
    path = tmp_path / "texts.txt"
    path.write_bytes(f"{THEORY}{inside}{STYLE}\r\n{THEORY}\r{STYLE}\n".encode())

    ran = liuwei("classify", "--input", path, "--json")

    assert [f"{THEORY}{inside}{STYLE}", THEORY, STYLE] == [row["text"] for row in ran.rows]


def test_a_txt_file_holds_a_text_a_line(liuwei, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text(f"{THEORY}\r\n\n  {STYLE}  \n", encoding="utf-8-sig")

    ran = liuwei("classify", "--input", path, "--json")

    assert (0, [THEORY, STYLE]) == (ran.exit_code, [row["text"] for row in ran.rows])


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_txt_file_may_be_in_another_encoding(liuwei, tmp_path, encoding):
    path = tmp_path / "texts.txt"
    path.write_bytes(f"{THEORY}\n{STYLE}\n".encode(encoding))

    assert [THEORY, STYLE] == [row["text"] for row in liuwei("classify", "--input", path, "--json").rows]


def test_a_jsonl_file_holds_a_text_and_maybe_a_context_a_line(liuwei, tmp_path):
    rows = [{"text": THEORY, "context": "一、存在的问题"}, {"text": STYLE, "context": None}, {"text": STYLE}]

    ran = liuwei("classify", "--input", written(tmp_path / "texts.jsonl", *rows), "--json")

    assert (0, "", [THEORY, STYLE, STYLE]) == (ran.exit_code, ran.stderr, [row["text"] for row in ran.rows])


def test_other_separators_than_a_line_feed_may_stand_in_a_text_of_a_jsonl_file(liuwei, tmp_path):
    texts = [f"{THEORY}{separator}{STYLE}" for separator in ("\u2028", "\x85", "\u2029")]
    path = written(tmp_path / "texts.jsonl", *({"text": text} for text in texts))

    ran = liuwei("classify", "--input", path, "--json")

    assert (0, texts) == (ran.exit_code, [row["text"] for row in ran.rows])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{not json", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ('"only a string"', "is no JSON object with a `text`"),
        ('{"txt": "学习"}', "has no `text`"),
        ('{"text": 5}', "`text` must be text"),
        ('{"text": null}', "`text` must be text"),
        ('{"text": "学习", "context": ["一"]}', "`context` must be text"),
        ('{"text": " "}', "is empty"),
        (f'{{"text": "学习", "context": "{"长" * 20_001}"}}', "`context` has 20001 characters, the limit is 20000"),
    ],
)
def test_one_bad_line_is_named_and_the_good_ones_are_classified(liuwei, tmp_path, line, message):
    path = tmp_path / "texts.jsonl"
    path.write_text(f'{{"text": "{THEORY}"}}\n{line}\n{{"text": "{STYLE}"}}\n', encoding="utf-8")

    ran = liuwei("classify", "--input", path, "--json")

    assert (1, [THEORY, STYLE]) == (ran.exit_code, [row["text"] for row in ran.rows])
    assert f"{path}:2" in ran.stderr
    assert message in ran.stderr


def test_a_field_that_is_not_used_is_named_once(liuwei, tmp_path):
    rows = [{"text": THEORY}, {"text": STYLE, "contxt": "x", "id": 1}, {"text": STYLE, "contxt": "y"}]
    path = written(tmp_path / "texts.jsonl", *rows)

    ran = liuwei("classify", "--input", path, "--json")

    assert (0, 3) == (ran.exit_code, len(ran.rows))
    assert f"{path}:2: `contxt`, `id` not used; known are `text`, `context`\n" == ran.stderr


@pytest.mark.parametrize("arguments", [("-",), ("--input", "-")])
def test_a_dash_reads_lines_from_standard_input(liuwei, arguments):
    ran = liuwei("classify", *arguments, "--json", stdin=f"{THEORY}\n{STYLE}".encode())

    assert (0, [THEORY, STYLE]) == (ran.exit_code, [row["text"] for row in ran.rows])


def test_a_dash_among_arguments_is_standard_input_in_its_place(liuwei):
    ran = liuwei("classify", THEORY, "-", STYLE, "--json", stdin=f"{STYLE}\n{THEORY}\n".encode())

    assert (0, [THEORY, STYLE, THEORY, STYLE]) == (ran.exit_code, [row["text"] for row in ran.rows])


@pytest.mark.parametrize("arguments", [("-", "-"), ("-", "--input", "-")])
def test_standard_input_cannot_be_read_twice(liuwei, arguments):
    ran = liuwei("classify", *arguments, stdin=STYLE.encode())

    assert (2, "") == (ran.exit_code, ran.stdout)
    assert "can only be read once" in ran.stderr


def test_standard_input_may_be_json_lines_or_gb18030(liuwei):
    as_json = liuwei("classify", "-", "--json", stdin=json.dumps({"text": STYLE}).encode())
    as_gb18030 = liuwei("classify", "-", "--json", stdin=STYLE.encode("gb18030"))

    assert [[STYLE], [STYLE]] == [[row["text"] for row in ran.rows] for ran in (as_json, as_gb18030)]


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_input_without_any_text_is_told(liuwei, tmp_path, content):
    path = tmp_path / "empty.txt"
    path.write_bytes(content)

    from_file, from_stdin = liuwei("classify", "--input", path), liuwei("classify", "-", stdin=content)

    assert [(1, ""), (1, "")] == [(ran.exit_code, ran.stdout) for ran in (from_file, from_stdin)]
    assert f"liuwei: {path} holds no text; check that it is the right file\n" == from_file.stderr


def test_a_binary_file_is_told_and_the_arguments_are_classified(liuwei, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_bytes(bytes(range(256)) * 8)

    ran = liuwei("classify", STYLE, "--input", path, "--json")

    assert (1, [STYLE]) == (ran.exit_code, [row["text"] for row in ran.rows])
    assert f"{path}: binary data" in ran.stderr


@pytest.mark.parametrize("name", ["missing.txt", "missing.jsonl", "folder.txt", "table.xlsx"])
def test_an_input_file_that_is_missing_or_of_another_kind_is_wrong_usage(liuwei, tmp_path, name):
    (tmp_path / "folder.txt").mkdir()

    ran = liuwei("classify", "--input", tmp_path / name)

    assert (2, "") == (ran.exit_code, ran.stdout)
    assert name in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_unknown_flag_or_command_is_wrong_usage(liuwei):
    assert [2, 2, 2] == [
        liuwei(*arguments).exit_code for arguments in (["classify", STYLE, "--topk"], ["clasify"], ["index", "ad"])
    ]


def test_more_texts_than_are_encoded_at_a_time_all_arrive(liuwei, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("".join(f"第{n}次学习不够深入\n" for n in range(1100)), encoding="utf-8")

    ran = liuwei("classify", "--input", path, "--json", "--evidence", 0)

    assert [f"第{n}次学习不够深入" for n in range(1100)] == [row["text"] for row in ran.rows]


def test_tagging_tells_what_it_did(liuwei, tmp_path, corpus):
    output = tmp_path / "rows.jsonl"

    first = liuwei("tag", tmp_path / "甲.txt", tmp_path / "乙.txt", "--output", output, "--json")
    second = liuwei("tag", tmp_path / "甲.txt", tmp_path / "乙.txt", "--output", output, "--json")

    rows = len(output.read_text(encoding="utf-8").splitlines())
    assert [0, 0] == [first.exit_code, second.exit_code]
    assert [{"output": str(output), "tagged": 2, "resumed": 0, "rows": rows, "failed": []}] == first.rows
    assert [{"output": str(output), "tagged": 0, "resumed": 2, "rows": 0, "failed": []}] == second.rows


def test_tagging_needs_no_corpus_and_makes_none(liuwei, tmp_path, report):
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")

    ran = liuwei("tag", tmp_path / "甲.txt", "--output", tmp_path / "rows.jsonl")

    assert (0, "") == (ran.exit_code, ran.stdout)
    assert "1 documents tagged" in ran.stderr
    assert not (tmp_path / "data").exists()


def test_a_file_that_cannot_be_tagged_is_told_and_the_rest_is_written(liuwei, tmp_path, report):
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")
    (tmp_path / "坏.docx").write_bytes(b"PK\x03\x04 broken")

    ran = liuwei("tag", tmp_path / "坏.docx", tmp_path / "甲.txt", "--output", tmp_path / "rows.csv", "--json")

    assert (1, 1, 1) == (ran.exit_code, ran.rows[0]["tagged"], len(ran.rows[0]["failed"]))
    assert str(tmp_path / "坏.docx") == ran.rows[0]["failed"][0]["path"]
    assert "坏.docx" in ran.stderr
    assert (tmp_path / "rows.csv").is_file()


def test_a_missing_or_endless_report_is_a_failed_input_and_the_rest_is_tagged(liuwei, tmp_path, report):
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")
    (tmp_path / "无尽.txt").write_text("长" * 100_001, encoding="utf-8")
    paths = [tmp_path / name for name in ("nope.txt", "无尽.txt", "甲.txt")]

    ran = liuwei("tag", *paths, "--output", tmp_path / "rows.jsonl", "--json")

    assert (1, 1) == (ran.exit_code, ran.rows[0]["tagged"])
    assert f"{tmp_path / 'nope.txt'}: no such file" in ran.stderr
    assert "无尽.txt: the sentence at character 0 (line 1) has 100,001 characters" in ran.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["x.txt"], ["x.txt", "--output", "rows.pdf"], ["x.txt", "--output", "missing/rows.csv"]]
)
def test_tagging_into_nothing_or_the_impossible_is_wrong_usage(liuwei, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)

    ran = liuwei("tag", *arguments)

    assert (2, "", []) == (ran.exit_code, ran.stdout, list(tmp_path.iterdir()))


def test_a_reader_that_goes_away_hears_no_complaint(tmp_path):
    command = f"{sys.executable} -m service classify {THEORY} {STYLE} --json | true"
    environment = {**os.environ, "LIUWEI_DATA_DIR": str(tmp_path)}

    ran = subprocess.run(
        ["sh", "-c", command], cwd=Path(__file__).parents[2], env=environment, capture_output=True, check=False
    )

    assert (0, b"") == (ran.returncode, ran.stderr)


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_the_output_is_utf_8_whatever_the_locale_says(tmp_path, encoding):
    environment = {**os.environ, "LIUWEI_DATA_DIR": str(tmp_path), "PYTHONIOENCODING": encoding}

    ran = subprocess.run(
        [sys.executable, "-m", "service", "classify", STYLE, "--json"],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        check=False,
    )

    assert (0, b"") == (ran.returncode, ran.stderr)
    assert STYLE == json.loads(ran.stdout.decode("utf-8"))["text"]
