import pytest

from index.contents import without_contents
from index.readers import document_from_text
from index.readings import Line

REPORT = ["一、存在的问题", "（一）理论学习方面", "学得浅。", "二、整改措施", "每天读。"]
ENTRIES = ["一、存在的问题", "（一）理论学习方面", "二、整改措施"]


def lines(*texts):
    return [Line(text=text) for text in texts]


@pytest.mark.parametrize("heading", ["目录", "目  录", "目　录", "目次", "目錄"])
@pytest.mark.parametrize("page", ["", "3", " 12", "\t3", "………1", " ...... 12", "—— 3"])
def test_headings_named_below_contents_are_there_once(heading, page):
    contents = [heading, *(entry + page for entry in ENTRIES)]

    assert lines("标题", *REPORT) == list(without_contents(lines("标题", *contents, *REPORT)))


def test_blank_lines_among_the_entries_go_with_them():
    assert lines("", *REPORT) == list(without_contents(lines("目录", "", ENTRIES[0], "", ENTRIES[2], "", *REPORT)))


def test_contents_of_a_plain_text_go_too():
    text = "\r\n".join(["标题", "目录", *(f"{entry} 1" for entry in ENTRIES), *REPORT])

    assert ["标题", *REPORT] == document_from_text(text, source="a.txt").text.split("\n")


@pytest.mark.parametrize(
    "texts",
    [
        ["目录", *REPORT],
        ["目录", "一、存在的问题 1", *REPORT],
        ["目录", "问题清单 1", "整改清单 2", *REPORT],
        ["编好目录", "一、存在的问题 1", "二、整改措施 2", *REPORT],
        [*ENTRIES, *REPORT],
    ],
)
def test_what_is_no_table_of_contents_stays(texts):
    assert lines(*texts) == list(without_contents(lines(*texts)))


def test_headings_by_format_stay_headings():
    body = [Line(text=text, level=1) for text in ("存在的问题", "整改措施")]

    assert body == list(without_contents([*lines("目录", "存在的问题 1", "整改措施 2"), *body]))
