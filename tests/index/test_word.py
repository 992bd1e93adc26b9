import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from index.errors import UnreadableDocument
from index.readers import parse_document
from tests.index.files import REPORT, refused, repacked, word_bytes, word_text


def numbered(*levels):
    """Return a change that makes the paragraphs of a document one list; levels are (format, template)."""

    def change(document):
        numbering = document.part.numbering_part.element
        rows = "".join(
            f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
            f'<w:lvlText w:val="{template}"/></w:lvl>'
            for depth, (kind, template) in enumerate(levels)
        )
        numbering.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{rows}</w:abstractNum>'))
        numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
        for paragraph in document.paragraphs:
            depth = len(paragraph.text) - len(paragraph.text.lstrip(">"))
            paragraph.runs[0].text = paragraph.text.lstrip(">")
            properties = paragraph._p.get_or_add_pPr()
            properties.append(
                parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="77"/></w:numPr>')
            )

    return change


def test_a_word_file_gives_paragraphs_and_tables_in_order():
    def change(document):
        table = document.add_table(rows=2, cols=2)
        for cell, text in zip(table._cells, ("姓名", "张三", "存在的问题", "学得浅。" * 20), strict=True):
            cell.text = text
        document.add_paragraph("以上。")

    assert word_text("对照检查材料", change=change).split("\n") == [
        "对照检查材料", "姓名 张三", "存在的问题", "学得浅。" * 20, "以上。",
    ]  # fmt: skip


def test_a_table_inside_a_table_is_read_once():
    def change(document):
        cell = document.add_table(rows=1, cols=1).cell(0, 0)
        cell.text = "外"
        cell.add_table(rows=1, cols=1).cell(0, 0).text = "内"

    assert word_text(change=change).split() == ["外", "内"]


def test_soft_line_breaks_and_tabs_of_a_word_file_are_kept_as_line_ends_and_spaces():
    assert word_text("一、问题\n学得浅。\t做得慢。") == "一、问题\n学得浅。 做得慢。"


def test_tracked_insertions_are_read_and_deletions_are_not():
    def change(document):
        run = "<w:r><w:t>{}</w:t></w:r>"
        for tag, body in (("ins", run.format("新增。")), ("del", "<w:r><w:delText>旧文。</w:delText></w:r>")):
            document.paragraphs[0]._p.append(
                parse_xml(f'<w:{tag} {nsdecls("w")} w:id="1" w:author="a">{body}</w:{tag}>')
            )

    assert word_text("学得浅。", change=change) == "学得浅。新增。"


def test_numbers_that_word_draws_are_written_into_the_text():
    change = numbered(("chineseCountingThousand", "%1、"), ("japaneseCounting", "（%2）"), ("decimal", "%3."))

    text = word_text(
        "存在的问题",
        ">学习方面",
        ">>学得浅。",
        ">>学得偏。",
        ">作风方面",
        ">>走得少。",
        "措施",
        ">多读。",
        change=change,
    )

    assert text.split("\n") == [
        "一、存在的问题", "（一）学习方面", "1. 学得浅。", "2. 学得偏。", "（二）作风方面", "1. 走得少。",
        "二、措施", "（一）多读。",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "template", "number"),
    [("decimalEnclosedCircleChinese", "%1", "③ "), ("bullet", "●", ""), ("none", "", ""), ("upperLetter", "%1)", "C)")],
)
def test_other_number_formats_of_word(kind, template, number):
    assert word_text("甲", "乙", "丙", change=numbered((kind, template))).split("\n")[-1] == f"{number}丙"


def test_a_heading_style_may_bring_its_number_along():
    def change(document):
        numbered(("chineseCounting", "%1、"))(document)
        for paragraph in document.paragraphs:
            paragraph._p.pPr.remove(paragraph._p.pPr.find(qn("w:numPr")))
            paragraph.style = "Heading 1"
        document.styles["Heading 1"].element.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:numId w:val="77"/></w:numPr>')
        )

    assert word_text("存在的问题", "整改措施", change=change) == "一、存在的问题\n二、整改措施"


@pytest.mark.parametrize("part", ["word/document.xml", "[Content_Types].xml", "word/styles.xml", "word/numbering.xml"])
@pytest.mark.parametrize(
    "damage", [lambda data: data[:-30], lambda data: b"", lambda data: b"<a/>", lambda data: b"\x00" * 50]
)
def test_a_word_file_with_a_damaged_part_is_refused_or_read_but_never_fails_otherwise(part, damage):
    broken = repacked(word_bytes(REPORT), lambda name, data: damage(data) if name == part else data)

    try:
        assert parse_document("a.docx", broken).text == REPORT
    except UnreadableDocument as error:
        assert str(error).startswith("a.docx: ")


def test_a_word_file_that_unpacks_to_gigabytes_is_not_opened(monkeypatch):
    monkeypatch.setattr("index.word.MOST_EXPANDED_BYTES", 10_000)

    refused("a.docx", repacked(word_bytes("学习"), lambda name, data: data + bytes(10_000)), "unpacks to", "not opened")
