import contextlib
import csv
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pyarrow import parquet

from service import tables
from service.batch import tag_files
from service.errors import BadOutput, OutputBusy
from service.shapes import TAG_FIELDS

ROOT = Path(__file__).parents[2]
KINDS = (".jsonl", ".csv", ".xlsx", ".parquet")


@pytest.fixture
def folder(tmp_path, report, other_report):
    """Three reports: two, and a strange one whose sentences are hard on tables."""
    folder = tmp_path / "材料"
    folder.mkdir()
    (folder / "1.txt").write_text(report, encoding="utf-8")
    (folder / "2.txt").write_text(other_report, encoding="utf-8")
    (folder / "3.txt").write_text('=SUM(A1:A9)。\n+1，"引号"，逗号。\n@话题，-2。\n', encoding="utf-8")
    return folder


def left_in(folder):
    """Return the names of all that lies in a folder, but for what says with which head an output was begun."""
    return {path.name for path in folder.iterdir() if path.suffix != ".head"}


def jsonl_rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def table_rows(path):
    """Return the rows of a finished file with the fields as JSON Lines has them, read by somebody else's reader."""
    if path.suffix == ".parquet":
        return parquet.read_table(path).to_pylist()
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [as_json(row) for row in csv.DictReader(file)]
        # What begins like a formula has a mark before it.
        return [row | {"text": re.sub("^'(?=[=+@-])", "", row["text"])} for row in rows]
    sheets = load_workbook(path).worksheets
    values = [tuple(cell.value for cell in row) for sheet in sheets for row in sheet.iter_rows(min_row=2)]
    return [as_json(dict(zip(TAG_FIELDS, row, strict=True))) for row in values]


def rows_of(path):
    return jsonl_rows(path) if path.suffix == ".jsonl" else table_rows(path)


def values_of(path):
    return [[cell.value for cell in row] for sheet in load_workbook(path).worksheets for row in sheet.iter_rows()]


def journal_of(runtime, folder, output):
    """Return the journal of a run over the folder that was stopped when its last report was tagged."""
    sources = len(list(folder.iterdir()))

    def stop(name, total):
        nonlocal sources
        sources -= 1
        if not sources:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tag_files(runtime, [folder], output, progress=stop)
    return output.with_name(f".{output.name}.partial")


def as_json(row):
    """Turn the cells of a table back into the values of JSON Lines."""
    return {
        **row,
        "path": row["path"].split(tables.PATH_SEPARATOR) if row["path"] else [],
        "secondary": row["secondary"].split(",") if row["secondary"] else [],
        "declared": row["declared"] or None,
        "reason": row["reason"] or None,
        "abstained": str(row["abstained"]) == "True",
        "confidence": float(row["confidence"]),
        **{name: int(row[name]) for name in ("ordinal", "start", "end")},
    }


def test_rows_have_the_promised_fields_in_their_order(runtime, folder, tmp_path):
    report = tag_files(runtime, [folder], tmp_path / "rows.jsonl")

    rows = jsonl_rows(tmp_path / "rows.jsonl")
    assert {TAG_FIELDS} == {tuple(row) for row in rows}
    assert (
        "document_id source ordinal path role declared text dimension confidence secondary abstained reason start end"
    ).split() == list(TAG_FIELDS)
    assert (3, 0, len(rows), []) == (report.tagged, report.resumed, report.rows, report.failures)


def test_rows_are_the_sentences_of_the_reports_in_order(runtime, folder, tmp_path, report):
    tag_files(runtime, [folder], tmp_path / "rows.jsonl")

    rows = [row for row in jsonl_rows(tmp_path / "rows.jsonl") if row["source"] == "1.txt"]
    text = report.strip()
    assert list(range(len(rows))) == [row["ordinal"] for row in rows]
    assert [text[row["start"] : row["end"]] for row in rows] == [row["text"] for row in rows]
    assert "".join(text.split()) == "".join("".join(row["text"].split()) for row in rows)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_every_kind_of_file_holds_the_same_rows(runtime, folder, tmp_path, kind):
    tag_files(runtime, [folder], tmp_path / "rows.jsonl")

    tag_files(runtime, [folder], tmp_path / f"rows{kind}")

    assert jsonl_rows(tmp_path / "rows.jsonl") == table_rows(tmp_path / f"rows{kind}")
    assert {"rows.jsonl", f"rows{kind}", folder.name} == left_in(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_an_output_that_was_begun_with_another_head_is_refused_and_both_are_named(runtime, folder, tmp_path, kind):
    output = tmp_path / f"rows{kind}"
    tag_files(runtime, [folder / "1.txt"], output)
    before, head = output.read_bytes(), runtime.head
    other = dataclasses.replace(head, name="another-head", folder=runtime.settings.data_dir / "heads/v0003")
    runtime.__dict__["head"] = other

    for some in ([folder], [folder / "1.txt"]):
        with pytest.raises(
            BadOutput, match=r"begun with .*liuwei-head-of-tests.* in use is head v0003 \(another-head\)"
        ):
            tag_files(runtime, some, output)
    tag_files(runtime, [folder], tmp_path / f"more{kind}")
    runtime.__dict__["head"] = head

    assert before == output.read_bytes()
    with pytest.raises(BadOutput, match="'liuwei heads use v0003'"):
        tag_files(runtime, [folder], tmp_path / f"more{kind}")
    assert 2 == tag_files(runtime, [folder], output).tagged


def test_a_stopped_run_is_not_gone_on_with_under_another_head(runtime, folder, tmp_path):
    output = tmp_path / "rows.csv"
    journal_of(runtime, folder, output)
    runtime.__dict__["head"] = dataclasses.replace(runtime.head, name="another-head")

    with pytest.raises(BadOutput, match="was begun with"):
        tag_files(runtime, [folder], output)


def test_an_output_of_which_no_head_is_known_is_gone_on_with_and_one_that_was_removed_begun_anew(
    runtime, folder, tmp_path
):
    output, begun = tmp_path / "rows.jsonl", tmp_path / ".rows.jsonl.head"
    tag_files(runtime, [folder / "1.txt"], output)
    runtime.__dict__["head"] = dataclasses.replace(runtime.head, name="another-head")
    begun.unlink()
    report = tag_files(runtime, [folder / "1.txt", folder / "2.txt"], output)
    told = begun.exists()
    output.unlink()

    assert (1, 1, False) == (report.tagged, report.resumed, told)
    assert 3 == tag_files(runtime, [folder], output).tagged
    assert "another-head" == json.loads(begun.read_text(encoding="utf-8"))["model"]


def test_a_suffix_in_capitals_is_the_same_kind(runtime, folder, tmp_path):
    tag_files(runtime, [folder], tmp_path / "rows.CSV")

    assert (tmp_path / "rows.CSV").read_bytes().startswith(b"\xef\xbb\xbfdocument_id,source,")


def test_in_excel_a_sentence_that_begins_like_a_formula_is_text(runtime, folder, tmp_path):
    tag_files(runtime, [folder], tmp_path / "rows.xlsx")

    sheet = load_workbook(tmp_path / "rows.xlsx").worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith(("=", "+", "@"))]
    assert "=SUM(A1:A9)。" in [cell.value for cell in cells]
    assert {"s"} == {cell.data_type for cell in cells}


def test_in_csv_a_mark_keeps_a_spreadsheet_from_running_a_text_and_is_taken_off_again(runtime, folder, tmp_path):
    texts = ["=SUM(A1:A9)。", "'=1。", "''@话题。", "-2，学得浅。", "'引号'。"]
    (folder / "3.txt").write_text("\n".join(texts), encoding="utf-8")
    output = tmp_path / "rows.csv"
    tag_files(runtime, [folder / "3.txt"], output)
    with output.open(encoding="utf-8-sig", newline="") as file:
        written = [row["text"] for row in csv.DictReader(file)]

    tag_files(runtime, [folder], output)

    assert [*(f"'{text}" for text in texts[:4]), texts[4]] == written
    assert texts == [row["text"] for row in tables.read_rows(output) if row["source"] == "3.txt"]


def test_a_text_that_was_changed_is_told_and_the_rows_of_the_older_one_stay(runtime, folder, tmp_path):
    output = tmp_path / "rows.jsonl"
    tag_files(runtime, [folder], output)
    before = jsonl_rows(output)
    (folder / "2.txt").write_text("改过以后只剩这一句话。", encoding="utf-8")

    report = tag_files(runtime, [folder], output)
    again = tag_files(runtime, [folder], output)

    assert before == jsonl_rows(output)[: len(before)]
    assert (1, 2) == (report.tagged, report.resumed)
    assert 1 == len(report.notes)
    assert f"{folder / '2.txt'}: rows.jsonl has rows of another text of that name" in report.notes[0]
    assert [] == again.notes


def test_in_excel_a_full_sheet_is_followed_by_another(runtime, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_PER_SHEET", 5)
    tag_files(runtime, [folder], tmp_path / "rows.jsonl")

    tag_files(runtime, [folder], tmp_path / "rows.xlsx")

    sheets = load_workbook(tmp_path / "rows.xlsx").worksheets
    assert {TAG_FIELDS} == {tuple(cell.value for cell in sheet[1]) for sheet in sheets}
    assert all(sheet.max_row <= 6 for sheet in sheets)
    assert jsonl_rows(tmp_path / "rows.jsonl") == table_rows(tmp_path / "rows.xlsx")


def test_parquet_is_typed(runtime, folder, tmp_path):
    tag_files(runtime, [folder], tmp_path / "rows.parquet")

    kinds = {field.name: str(field.type) for field in parquet.read_schema(tmp_path / "rows.parquet")}
    assert ("int32", "double", "bool") == (kinds["start"], kinds["confidence"], kinds["abstained"])
    assert kinds["path"].startswith("list<")


@pytest.mark.parametrize("kind", KINDS)
def test_without_any_document_the_file_is_a_whole_one_without_rows(runtime, tmp_path, kind):
    (tmp_path / "empty").mkdir()

    report = tag_files(runtime, [tmp_path / "empty"], tmp_path / f"rows{kind}")

    found = jsonl_rows if kind == ".jsonl" else table_rows
    assert (0, []) == (report.rows, found(tmp_path / f"rows{kind}"))


@pytest.mark.parametrize("kind", KINDS)
def test_run_again_it_tags_nothing_and_changes_nothing(runtime, folder, tmp_path, kind):
    output = tmp_path / f"rows{kind}"
    tag_files(runtime, [folder], output)
    before = output.read_bytes()

    report = tag_files(runtime, [folder], output)

    assert (0, 3, 0) == (report.tagged, report.resumed, report.rows)
    assert before == output.read_bytes()
    assert {output.name, folder.name} == left_in(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("paths", [["mistyped"], ["empty"], ["材料/3.txt"], ["mistyped", "材料/3.txt"]])
def test_a_run_over_other_paths_keeps_the_rows_that_are_there(runtime, folder, tmp_path, kind, paths):
    (tmp_path / "empty").mkdir()
    output = tmp_path / f"rows{kind}"
    tag_files(runtime, [folder / "1.txt", folder / "2.txt"], output)
    before = rows_of(output)

    report = tag_files(runtime, [tmp_path / path for path in paths], output)

    after = rows_of(output)
    assert before == after[: len(before)]
    assert ["3.txt"] * report.rows == [row["source"] for row in after[len(before) :]]
    assert ("材料/3.txt" in paths, 0) == (bool(report.rows), report.resumed)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_are_read_back_are_written_the_same(runtime, tmp_path, kind):
    heading = "一、存在的问题 > 不足, 差距 "
    (tmp_path / "1.txt").write_text(f"{heading}\n\n1.“引号”,逗号=。“=1+1”\n2.学得浅，=。", encoding="utf-8")
    (tmp_path / "2.txt").write_text("另一份。", encoding="utf-8")
    output, whole = tmp_path / f"rows{kind}", tmp_path / f"whole{kind}"

    for name in ("1.txt", "2.txt"):
        tag_files(runtime, [tmp_path / name], output)
    tag_files(runtime, [tmp_path / "1.txt", tmp_path / "2.txt"], whole)

    read = values_of if kind == ".xlsx" else Path.read_bytes
    assert read(whole) == read(output)


def test_a_cell_that_a_person_changed_stays_as_it_is(runtime, folder, tmp_path):
    output = tmp_path / "rows.csv"
    tag_files(runtime, [folder / "1.txt"], output)
    text = output.read_text(encoding="utf-8-sig").replace("理论学习不够系统。", "改过的句子。")
    output.write_text(text, encoding="utf-8-sig", newline="")

    tag_files(runtime, [folder], output)

    assert "1.改过的句子。" in [row["text"] for row in rows_of(output)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stopped", ["before the rename", "after the rename"])
def test_stopped_at_the_end_of_a_second_run_nothing_is_lost_or_doubled(
    runtime, folder, tmp_path, monkeypatch, kind, stopped
):
    output = tmp_path / f"rows{kind}"
    tag_files(runtime, [folder / "1.txt"], output)
    rename = Path.replace

    def killed(path, target):
        if stopped == "after the rename":
            rename(path, target)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "replace", killed)
        tag_files(runtime, [folder / "2.txt"], output)
    report = tag_files(runtime, [folder / "3.txt"], output)

    tag_files(runtime, [folder], tmp_path / "whole.jsonl")
    assert (1, 0) == (report.tagged, report.resumed)
    assert jsonl_rows(tmp_path / "whole.jsonl") == rows_of(output)
    assert {output.name, "whole.jsonl", folder.name} == left_in(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_run_into_the_same_output_is_refused(runtime, folder, tmp_path, kind):
    output, link = tmp_path / f"rows{kind}", tmp_path / f"link{kind}"
    link.symlink_to(output)
    refused = []

    def run_another(name, total):
        for path in (output, link):
            with pytest.raises(OutputBusy, match="is being written by another run"):
                tag_files(runtime, [folder], path)
            refused.append(name)

    report = tag_files(runtime, [folder], output, progress=run_another)

    assert (3, 6, report.rows) == (report.tagged, len(refused), len(rows_of(output)))
    assert 3 == tag_files(runtime, [folder], link).resumed
    assert link.is_symlink()


def test_a_run_that_ended_of_a_fault_locks_nobody_out(runtime, folder, tmp_path):
    def fail(name, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tag_files(runtime, [folder], tmp_path / "rows.csv", progress=fail)

    assert 1 == tag_files(runtime, [folder], tmp_path / "rows.csv").resumed


def test_cut_off_anywhere_and_run_again_it_is_as_if_never_interrupted(runtime, folder, tmp_path):
    output = tmp_path / "rows.jsonl"
    tag_files(runtime, [folder], output)
    whole = output.read_bytes()
    ends_of_lines = [place for place, byte in enumerate(whole) if byte == ord("\n")]

    for length in [*range(0, len(whole), 97), 1, 5, *ends_of_lines, *(end + 1 for end in ends_of_lines)]:
        output.write_bytes(whole[:length])
        tag_files(runtime, [folder], output)

        assert whole == output.read_bytes(), length


@pytest.mark.parametrize("kind", KINDS)
def test_killed_anywhere_a_run_goes_on_behind_the_last_whole_report(runtime, folder, tmp_path, kind):
    tag_files(runtime, [folder], tmp_path / "whole.jsonl")
    output = tmp_path / f"rows{kind}"
    journal = journal_of(runtime, folder, output)
    content = journal.read_bytes()

    for length in [*range(0, len(content), 499 if kind in KINDS[:2] else 1999), len(content)]:
        output.unlink(missing_ok=True)
        journal.write_bytes(content[:length])
        (tmp_path / f".{output.name}.new").write_bytes(b"half a table")
        report = tag_files(runtime, [folder], output)

        assert content[:length].count(b"\n") == report.resumed
        assert jsonl_rows(tmp_path / "whole.jsonl") == rows_of(output)
        assert {output.name, "whole.jsonl", folder.name} == left_in(tmp_path)


def test_a_report_that_a_killed_run_left_half_is_whole_after_one_over_other_paths(runtime, folder, tmp_path):
    output = tmp_path / "rows.csv"
    journal = journal_of(runtime, folder, output)
    journal.write_bytes(journal.read_bytes()[:-200])

    tag_files(runtime, [folder / "1.txt"], output)
    assert ["1.txt", "2.txt"] == list(dict.fromkeys(row["source"] for row in rows_of(output)))
    tag_files(runtime, [folder], output)

    tag_files(runtime, [folder], tmp_path / "whole.csv")
    assert (tmp_path / "whole.csv").read_bytes() == output.read_bytes()


def test_a_run_that_fails_leaves_what_it_had_and_the_next_goes_on(runtime, folder, tmp_path, monkeypatch):
    output = tmp_path / "rows.csv"
    tag = type(runtime).tag

    def failing_at_the_third(self, document, *, head):
        if document.source == "3.txt":
            raise KeyboardInterrupt
        return tag(self, document, head=head)

    with monkeypatch.context() as patched:
        patched.setattr(type(runtime), "tag", failing_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            tag_files(runtime, [folder], output)
    assert not output.exists()
    report = tag_files(runtime, [folder], output)

    assert (1, 2) == (report.tagged, report.resumed)
    assert {"1.txt", "2.txt", "3.txt"} == {row["source"] for row in table_rows(output)}


def test_other_reports_go_behind_those_that_are_there(runtime, folder, tmp_path):
    output = tmp_path / "rows.jsonl"
    tag_files(runtime, [folder / "1.txt", folder / "2.txt"], output)
    before = output.read_bytes()

    report = tag_files(runtime, [folder / "3.txt"], output)

    assert (1, 0) == (report.tagged, report.resumed)
    assert output.read_bytes().startswith(before)
    assert ["1.txt", "2.txt", "3.txt"] == list(dict.fromkeys(row["source"] for row in jsonl_rows(output)))


def test_a_half_written_report_is_finished_behind_reports_that_come_before_it(runtime, folder, tmp_path):
    output = tmp_path / "rows.jsonl"
    tag_files(runtime, [folder / "2.txt"], output)
    whole = output.read_bytes()
    output.write_bytes(whole[: len(whole) // 2])

    tag_files(runtime, [folder / "1.txt", folder / "2.txt"], output)

    rows = jsonl_rows(output)
    assert sorted(whole.splitlines()) == sorted(
        json.dumps(row, ensure_ascii=False).encode() for row in rows if row["source"] == "2.txt"
    )
    assert 0 == tag_files(runtime, [folder / "1.txt", folder / "2.txt"], output).rows


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_text_in_two_files_has_its_rows_once_and_the_second_is_named(runtime, folder, tmp_path, kind):
    tag_files(runtime, [folder], tmp_path / f"expected{kind}")
    (folder / "2023").mkdir()
    for copy in ("又一份.txt", "2023/1.txt"):
        shutil.copy(folder / "1.txt", folder / copy)
    output = tmp_path / f"rows{kind}"

    first, second = (tag_files(runtime, [folder], output) for _ in range(2))

    assert rows_of(tmp_path / f"expected{kind}") == rows_of(output)
    assert [(3, 2), (0, 5)] == [(report.tagged, report.resumed) for report in (first, second)]
    assert first.notes == second.notes
    for note, name in zip(first.notes, ("又一份.txt", "2023/1.txt"), strict=True):
        assert f"{folder / name}: the same text as 1.txt, whose rows stand for both" == note


def test_killed_before_a_copy_is_met_the_next_run_does_not_tag_it(runtime, folder, tmp_path):
    output = tmp_path / "rows.jsonl"
    tag_files(runtime, [folder], tmp_path / "expected.jsonl")
    journal_of(runtime, folder, output)
    shutil.copy(folder / "3.txt", folder / "0.txt")

    report = tag_files(runtime, [folder], output)

    assert (tmp_path / "expected.jsonl").read_bytes() == output.read_bytes()
    assert (0, 4, 1) == (report.tagged, report.resumed, len(report.notes))


def test_rows_that_were_cut_off_are_made_whole_by_a_copy_under_another_name(runtime, folder, tmp_path):
    output = tmp_path / "rows.jsonl"
    tag_files(runtime, [folder / "1.txt"], output)
    whole = output.read_bytes()
    output.write_bytes(whole[: len(whole) // 2])
    (folder / "1.txt").rename(folder / "又一份.txt")

    report = tag_files(runtime, [folder / "又一份.txt"], output)

    assert whole == output.read_bytes()
    assert (1, 1) == (report.tagged, len(report.notes))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_name_that_is_no_utf_8_stops_nothing(runtime, folder, tmp_path, kind):
    (folder / "2.txt").rename(folder / os.fsdecode("检查.txt".encode("gb18030")))

    first, second = (tag_files(runtime, [folder], tmp_path / f"rows{kind}") for _ in range(2))

    assert (3, 3) == (first.tagged, second.resumed)
    assert {"1.txt", "3.txt", "检查.txt"} == {row["source"] for row in rows_of(tmp_path / f"rows{kind}")}


def test_the_same_file_named_twice_has_its_rows_once(runtime, folder, tmp_path):
    report = tag_files(runtime, [folder / "1.txt", folder / "1.txt"], tmp_path / "rows.jsonl")

    ordinals = [row["ordinal"] for row in jsonl_rows(tmp_path / "rows.jsonl")]
    assert (1, list(range(len(ordinals)))) == (report.tagged, ordinals)


@pytest.mark.parametrize("kind", KINDS)
def test_the_output_may_lie_among_the_reports_and_is_none_of_them(runtime, folder, kind):
    output = folder / f"0{kind}"

    first, second = (tag_files(runtime, [folder], output) for _ in range(2))

    assert ([], []) == (first.failures, second.failures)
    rows = jsonl_rows(output) if kind == ".jsonl" else table_rows(output)
    assert ["1.txt", "2.txt", "3.txt"] == list(dict.fromkeys(row["source"] for row in rows))
    assert first.rows == len(rows)


def test_a_zip_gives_the_rows_of_its_reports(runtime, folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "材料.zip", "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"内/{path.name}")

    tag_files(runtime, [tmp_path / "材料.zip"], tmp_path / "zip.jsonl")
    tag_files(runtime, [folder], tmp_path / "folder.jsonl")

    zipped, plain = jsonl_rows(tmp_path / "zip.jsonl"), jsonl_rows(tmp_path / "folder.jsonl")
    assert {"材料.zip/内/1.txt", "材料.zip/内/2.txt", "材料.zip/内/3.txt"} == {row["source"] for row in zipped}
    assert plain == [{**row, "source": row["source"].removeprefix("材料.zip/内/")} for row in zipped]


def test_a_jsonl_of_reports_gives_rows_under_their_sources(runtime, tmp_path, report, other_report):
    records = [{"text": report, "source": "甲.docx"}, {"text": other_report}]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "reports.jsonl").write_text(lines, encoding="utf-8")

    tag_files(runtime, [tmp_path / "reports.jsonl"], tmp_path / "rows.jsonl")

    assert {"甲.docx", "reports.jsonl:2"} == {row["source"] for row in jsonl_rows(tmp_path / "rows.jsonl")}


def test_a_file_that_cannot_be_read_is_reported_and_the_rest_is_written(runtime, folder, tmp_path):
    (folder / "2.docx").write_bytes(b"PK\x03\x04 broken")
    calls = []

    def progress(name, total):
        calls.append((name, total))

    report = tag_files(runtime, [folder, tmp_path / "missing.txt"], tmp_path / "rows.csv", progress=progress)

    assert (3, [str(folder / "2.docx"), str(tmp_path / "missing.txt")]) == (
        report.tagged,
        [failure.name for failure in report.failures],
    )
    assert all(failure.message.startswith(f"{failure.name}: ") for failure in report.failures)
    assert {"1.txt", "2.txt", "3.txt"} == {row["source"] for row in table_rows(tmp_path / "rows.csv")}
    names = [folder / "1.txt", folder / "2.docx", folder / "2.txt", folder / "3.txt", tmp_path / "missing.txt"]
    assert [(str(name), 5) for name in names] == calls


FOREIGN = (
    ("notes.jsonl", b"dear diary"),
    ("notes.jsonl", b"dear diary\n"),
    ("notes.jsonl", b'{"text": "mine"}\n'),
    ("notes.jsonl", b'{"text": "mine"}'),
    ("notes.jsonl", b"[1, 2]\n"),
    ("notes.jsonl", b"\xff\xfe\x00\n"),
    ("notes.csv", "姓名,单位\n李,局\n".encode()),
    ("notes.csv", "姓名,单位\n".encode("gb18030")),
    ("notes.csv", b"\xef\xbb\xbf"),
    ("notes.csv", (",".join(TAG_FIELDS) + "\r\nmine\r\n").encode()),
    (".rows.csv.partial", b"dear diary\n"),
    (".rows.csv.partial", b'{"document_id": "a", "source": "b"}\n'),
    ("notes.xlsx", b"no workbook"),
    ("notes.parquet", b"no parquet"),
)


@pytest.mark.parametrize(("name", "content"), FOREIGN)
def test_somebody_elses_file_is_refused_and_not_touched(runtime, folder, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(BadOutput, match="holds something else than tagged rows"):
        tag_files(runtime, [folder], tmp_path / ("rows.csv" if name.startswith(".") else name))

    assert content == (tmp_path / name).read_bytes()
    assert {name, folder.name} == left_in(tmp_path)


def test_somebody_elses_workbook_is_refused_and_our_own_is_replaced(runtime, folder, tmp_path):
    output = tmp_path / "rows.xlsx"
    tag_files(runtime, [folder], output)
    tag_files(runtime, [folder], output)
    workbook = load_workbook(output)
    workbook.worksheets[0]["A1"] = "姓名"
    workbook.save(output)
    content = output.read_bytes()

    with pytest.raises(BadOutput, match="holds something else"):
        tag_files(runtime, [folder], output)

    assert content == output.read_bytes()


@pytest.mark.parametrize("heading", [None, "姓名"])
def test_a_workbook_of_ours_with_a_sheet_of_somebody_else_is_refused(runtime, folder, tmp_path, heading):
    output = tmp_path / "rows.xlsx"
    tag_files(runtime, [folder], output)
    workbook = load_workbook(output)
    workbook.create_sheet("mine")["A1"] = heading
    workbook.save(output)
    content = output.read_bytes()

    with pytest.raises(BadOutput, match="holds something else"):
        tag_files(runtime, [folder], output)

    assert content == output.read_bytes()


@pytest.mark.parametrize("kind", KINDS[2:])
def test_a_damaged_table_is_refused_and_not_touched(runtime, folder, tmp_path, kind):
    output = tmp_path / f"rows{kind}"
    tag_files(runtime, [folder], output)
    content = bytearray(output.read_bytes())

    for place in range(0, len(content), max(1, len(content) // 40)):
        output.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        damaged = output.read_bytes()
        with contextlib.suppress(BadOutput):
            # What it hits may be no more than a date; nothing but our own fault may come of it.
            tag_files(runtime, [tmp_path / "missing.txt"], output)
        assert damaged == output.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_where_every_input_fails_no_output_is_made(runtime, tmp_path, kind):
    report = tag_files(runtime, [tmp_path / "missing.txt"], tmp_path / f"rows{kind}")

    assert (1, []) == (len(report.failures), list(tmp_path.glob("*rows*")))


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_file_may_be_written_to(runtime, folder, tmp_path, kind):
    (tmp_path / f"rows{kind}").touch()

    assert 3 == tag_files(runtime, [folder], tmp_path / f"rows{kind}").tagged


def test_our_rows_followed_by_something_else_are_refused_and_not_touched(runtime, folder, tmp_path):
    output = tmp_path / "rows.jsonl"
    tag_files(runtime, [folder], output)
    with output.open("a", encoding="utf-8") as file:
        file.write('{"document_id": "x", "mine": true}\n')
    content = output.read_bytes()

    with pytest.raises(BadOutput, match="holds something else"):
        tag_files(runtime, [folder], output)

    assert content == output.read_bytes()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rows", "must end with .jsonl, .csv, .xlsx, .parquet"),
        ("rows.pdf", "must end with"),
        ("missing/rows.csv", "there is no folder .*missing; make it first"),
        ("folder.csv", "is a folder; name a file in it"),
    ],
)
def test_an_output_that_cannot_be_is_refused(runtime, folder, tmp_path, name, message):
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(BadOutput, match=message):
        tag_files(runtime, [folder], tmp_path / name)

    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_an_output_that_may_not_be_written_is_refused(runtime, folder, tmp_path, kind):
    # Not even root may make a file here.
    (tmp_path / "locked").symlink_to("/proc/self")

    with pytest.raises(BadOutput, match="cannot be written"):
        tag_files(runtime, [folder], tmp_path / "locked" / f"rows{kind}")


def test_what_writes_excel_and_parquet_is_not_imported_for_other_kinds(tmp_path):
    program = (
        "import sys, pathlib, service.batch as batch, service.tables as tables\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "tables.write_csv(iter(()), path)\n"
        "assert [] == list(tables.read_rows(path))\n"
        "assert not {'openpyxl', 'pyarrow'} & set(sys.modules)\n"
    )

    ran = subprocess.run([sys.executable, "-c", program, tmp_path / "rows.csv"], cwd=ROOT, capture_output=True)

    assert (0, b"") == (ran.returncode, ran.stderr)
