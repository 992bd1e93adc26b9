from dataclasses import fields

import pytest

from index.copies import Copied

pytestmark = pytest.mark.usefixtures("small_models")


@pytest.fixture
def copying(tmp_path, report):
    """A report that took a sentence over from the one in the corpus."""
    path = tmp_path / "新.txt"
    path.write_text(
        f"个人对照检查材料\n\n一、存在的问题\n\n{taken(report)}\n\n去年我到渔港走访了十一次。\n", encoding="utf-8"
    )
    return path


def taken(report):
    """The longest line of a report."""
    return max(report.splitlines(), key=len)


def test_a_copy_is_told_with_its_source(liuwei, tmp_path, report, copying):
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")
    (added,) = liuwei("index", "add", tmp_path / "甲.txt", "--json").rows

    ran = liuwei("overlap", copying, "--json")

    assert 0 == ran.exit_code
    assert ran.rows
    assert ["path", *(field.name for field in fields(Copied))] == list(ran.rows[0])
    assert {added["document_id"]} == {row["document_id"] for row in ran.rows}
    assert {"verbatim"} == {row["kind"] for row in ran.rows}
    assert all(row["source_text"] in report for row in ran.rows)
    assert "verbatim" in liuwei("overlap", copying).stdout


def test_a_report_does_not_copy_itself(liuwei, tmp_path, report):
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")
    liuwei("index", "add", tmp_path / "甲.txt")

    ran = liuwei("overlap", tmp_path / "甲.txt")

    assert (0, "") == (ran.exit_code, ran.stdout)
    assert "nothing is copied" in ran.stderr


def test_a_run_out_of_bounds_is_wrong_usage(liuwei, tmp_path, report, copying):
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")
    liuwei("index", "add", tmp_path / "甲.txt")

    ran = liuwei("overlap", copying, "--least-run", 2)

    assert 2 == ran.exit_code
    assert "between 6 and 1000" in ran.stderr


def test_without_a_corpus_there_is_nothing_to_compare_with(liuwei, copying):
    assert 3 == liuwei("overlap", copying).exit_code


def test_a_file_that_cannot_be_read_does_not_stop_the_others(liuwei, tmp_path, report, copying):
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")
    liuwei("index", "add", tmp_path / "甲.txt")
    (tmp_path / "坏.docx").write_bytes(b"no docx")

    ran = liuwei("overlap", tmp_path / "坏.docx", copying, "--json")

    assert 1 == ran.exit_code
    assert "坏.docx" in ran.stderr
    assert ran.rows
