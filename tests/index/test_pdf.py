from pathlib import Path

import pypdfium2
import pytest

from index.pdf import page_lines
from index.readers import parse_document, read_document
from tests.index.files import pdf_bytes, refused
from tests.index.pdf_files import LEFT, LINE, SIZE, chinese_pdf

SAMPLES = Path(__file__).parents[2] / "service" / "sample" / "corpus"
PDF_SAMPLES = sorted(SAMPLES.glob("*.pdf"))


def test_lines_of_a_pdf_that_the_page_edge_broke_are_joined():
    drawn = (
        b"BT /F1 12 Tf 14 TL 50 700 Td (The first line of this paragraph is broken, as it) Tj T* "
        b"(reaches the edge; the second.) Tj T* (A new paragraph.) Tj T* (- 3 -) Tj ET"
    )

    text = parse_document("a.pdf", pdf_bytes(drawn)).text

    assert text == "The first line of this paragraph is broken, as it reaches the edge; the second.\nA new paragraph."


def test_a_title_on_several_lines_is_one_line():
    title = ["市烟草专卖局党组成员、", "副局长“三严三实”专题", "民主生活会对照检查材料"]
    body = ["本人能够自觉遵守纪律。", "现将有关情况报告如下。"]

    found = parse_document("a.pdf", chinese_pdf([*title, *body]))

    assert ["".join(title), *body] == found.text.split("\n")
    assert "".join(title) == found.title


@pytest.mark.parametrize("top", [["某局简报", "学习情况报告"], ["党组成员、", "副局长到会。", "对照检查材料"]])
def test_lines_at_the_top_that_make_no_title_together_stay(top):
    found = parse_document("a.pdf", chinese_pdf([*top, "本人能够自觉遵守纪律。"]))

    assert top == found.text.split("\n")[:-1]


def lines_of(data, *, turned=0):
    document = pypdfium2.PdfDocument(data)
    page = document[0]
    page.set_rotation(turned)
    found = page_lines(page)
    document.close()
    return found


def test_lines_stand_where_they_were_drawn_with_their_size():
    first, second = lines_of(chinese_pdf(["对照检查", "学得浅"]))

    assert ["对照检查", "学得浅"] == [first.text, second.text]
    assert [LEFT, LEFT + 4 * SIZE, LEFT, LEFT + 3 * SIZE] == [
        round(place) for place in (first.left, first.right, second.left, second.right)
    ]
    assert LINE == round(first.bottom - second.bottom)
    assert 0 < first.top - first.bottom <= 2 * SIZE
    assert [SIZE, SIZE] == [round(first.size), round(second.size)]


@pytest.mark.parametrize("matrix", [b"1 0 0 1", b"0 1 -1 0", b"-1 0 0 -1", b"0 -1 1 0"])
def test_on_a_page_that_is_shown_turned_right_is_right_as_a_reader_sees_it(matrix):
    drawn = b"BT /F1 12 Tf 14 TL %s 300 300 Tm (The first line) Tj T* (of two.) Tj ET" % matrix
    degrees = 90 * [b"1 0 0 1", b"0 1 -1 0", b"-1 0 0 -1", b"0 -1 1 0"].index(matrix)

    first, second = lines_of(pdf_bytes(drawn), turned=degrees)

    assert ["The first line", "of two."] == [first.text, second.text]
    assert abs(first.left - second.left) < 1
    assert first.right - first.left > second.right - second.left > 30
    assert first.bottom - second.bottom == pytest.approx(14, abs=1)


def test_a_pdf_under_a_password_is_refused():
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >> /ID [<00> <00>]" % (
        b"41" * 32,
        b"42" * 32,
    )

    refused("a.pdf", pdf_bytes(b"BT /F1 12 Tf (words) Tj ET", trailer=lock), "password")


@pytest.mark.parametrize("sample", PDF_SAMPLES or [None], ids=lambda path: path.stem if path else "none")
def test_a_chinese_pdf_gives_whole_sentences_without_page_numbers(sample):
    if sample is None:
        pytest.skip(f"{SAMPLES} holds no PDF")

    lines = read_document(sample).text.split("\n")

    assert [line for line in lines if "—" in line] == []
    assert all(line.endswith(("。", "：", "；")) for line in lines if len(line) > 40)
