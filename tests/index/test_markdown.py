import time

import pytest

from index.errors import UnreadableDocument
from index.readers import parse_document
from tests.index.outlines import document_shape

FILE = """# 对照检查

## 政治素质

- 批评**不敢**辣味十足，[链接](http://a.b/c.d)里的要求没落实
- 对错误言论 `不发声`
* [x] 读得少

| 问题 | 措施 |
|:--|--:|
| 开会多 | 少开会<br>开短会 | 年底 |
| 文件\\|长 | **限1500字** |
> 引用：要敢于*斗争*。![图](a.png)

---

## **能力本领**
&emsp;&emsp;3. 不会用&amp;电脑
3\\. 统计学差
"""


def lines(text):
    return [line for line in parse_document("a.md", text.encode()).text.split("\n") if line]


def test_signs_are_laid_bare_and_numbers_stay_as_they_are_written():
    assert [
        "对照检查",
        "政治素质",
        "批评不敢辣味十足，链接里的要求没落实",
        "对错误言论 不发声",
        "读得少",
        "问题 措施",
        "开会多",
        "少开会",
        "开短会",
        "年底",
        "文件|长",
        "限1500字",
        "引用：要敢于*斗争*。",
        "能力本领",
        "\u3000\u30003. 不会用&电脑",
        "3. 统计学差",
    ] == lines(FILE)


def test_a_table_has_its_columns_and_a_heading_of_bold_words_is_one():
    document = parse_document("a.md", FILE.encode())

    assert ["问题", "措施"] == [document.cells[document.text.index(words)].column for words in ("开会多", "少开会")]
    assert {"part 政治素质", "part 能力本领", "  point 3. 不会用&电脑"} <= set(document_shape(document))


@pytest.mark.parametrize(
    "text",
    [
        "个人对照检查\n\n　　我学得浅，\n读得少。\n\n    一、问题\n1.不下乡。\n-1分，>5万元，=3\n10%|20%\n"
        "___同志、李*、张*说",
        "**局长说李**没有作为，**副局长也**一样。\n**同志没有来。",
        "国发[2023](15号)、C:\\报告、a`b",
    ],
)
def test_a_file_without_signs_is_read_as_it_stands(text):
    assert text == parse_document("a.md", text.encode()).text == parse_document("a.txt", text.encode()).text


@pytest.mark.parametrize(
    ("front", "line"),
    [
        ("---\ntitle: 对照检查材料\nauthor:\n  - 张三\n# 说明\n---\n", "对照检查材料\n"),
        ('---\ntags: [a]\ntitle: "对照 检查"\n...\n', "对照 检查\n"),
        ("---\ndate: 2024-12-26\n---\n", ""),
        ("---\n\n学得浅。\n\n---\n", "学得浅。\n\n\n"),
    ],
)
def test_of_what_describes_a_file_at_its_top_the_title_is_read(front, line):
    assert f"{line}一、问题" == parse_document("a.md", f"{front}一、问题".encode()).text


def test_a_note_stands_below_the_line_with_its_mark():
    text = (
        "甲[^1]甲。\n乙[^x]。\n\n[^1]: 注一。\n[^x]:注二\n丙[^2]。\n| 问 | 答[^t] |\n|--|--|\n| 丁 | 戊 |\n[^t]: 注三。"
    )

    found = parse_document("a.md", text.encode()).text.split("\n")

    assert ["甲甲。", "注一。", "乙。", "注二", "丙[^2]。"] == [line for line in found if line][:5]
    assert "注三。" == found[-1]
    assert not any("^t" in line for line in found)


def test_entries_of_a_list_are_never_joined():
    entry = "在学习上不深入，满足于读文件，没有学懂弄通"
    document = parse_document("a.md", f"- {entry}\n- {entry}。".encode())

    assert 2 == len(document_shape(document))


@pytest.mark.parametrize("piece", ["[", "[a](", "`", "` `` ", "**a", "|", "- ", "# ", "> ", "|-", "\\", "<br", "* "])
def test_a_file_that_only_opens_is_read_in_no_time(piece):
    began = time.process_time()
    for end in ("", "\n"):
        try:
            parse_document("a.md", f"学得浅。\n{piece * 50_000}{end}x".encode())
        except UnreadableDocument as error:
            assert "more than 100,000" in str(error)

    assert time.process_time() - began < 5
