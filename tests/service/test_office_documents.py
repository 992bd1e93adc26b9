"""What office files need of the commands: headings by format and notes on scanned pages reach whoever asked."""

import pytest

from tests.index.document_cases import HEADED, HEADED_LINES, HEADING_STYLES, HEADINGS, LONG, styled
from tests.index.pdf_files import chinese_pdf
from tests.index.word_files import docx_bytes

pytestmark = pytest.mark.usefixtures("small_models")


def test_scanned_pages_among_others_are_told_when_a_report_is_added_and_when_it_is_tagged(liuwei, tmp_path):
    path = tmp_path / "半.pdf"
    path.write_bytes(chinese_pdf(LONG, None))

    added = liuwei("index", "add", path, "--json")
    tagged = liuwei("tag", path, "--output", tmp_path / "rows.jsonl")

    assert [("added", None)] == [(row["status"], row["error"]) for row in added.rows]
    for ran in (added, tagged):
        assert 0 == ran.exit_code
        assert f"{path}: page 2 is a picture without text, most likely scanned; not read" in ran.stderr


def test_headings_by_style_are_in_the_paths_of_what_is_found(liuwei, tmp_path):
    path = tmp_path / "甲.docx"
    path.write_bytes(docx_bytes(styled(HEADINGS, HEADED), styles=HEADING_STYLES))
    liuwei("index", "add", path)

    (found,) = liuwei("search", "平时只看标题", "--mode", "lexical", "--top-k", "1", "--json").rows

    assert [HEADED_LINES[1], HEADED_LINES[2]] == found["path"]


def test_a_search_in_one_script_finds_a_report_in_the_other(liuwei, tmp_path):
    path = tmp_path / "甲.txt"
    path.write_text("一、存在的問題\n脫離群眾，調研走馬觀花。", encoding="big5")
    liuwei("index", "add", path)

    (found,) = liuwei("search", "调研走马观花", "--top-k", "1", "--json").rows

    assert "脫離群眾，調研走馬觀花。" == found["text"]
    assert [[5, 11]] == found["highlights"]
