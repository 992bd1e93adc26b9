from pathlib import Path

import pytest

from index.readers import parse_document, read_document
from tests.index.files import pdf_bytes, refused

SAMPLES = Path(__file__).parents[2] / "service" / "sample" / "corpus"
PDF_SAMPLES = sorted(SAMPLES.glob("*.pdf"))


def test_lines_of_a_pdf_that_the_page_edge_broke_are_joined():
    drawn = (
        b"BT /F1 12 Tf 14 TL 50 700 Td (The first line of this paragraph is broken, as it) Tj T* "
        b"(reaches the edge; the second.) Tj T* (A new paragraph.) Tj T* (- 3 -) Tj ET"
    )

    text = parse_document("a.pdf", pdf_bytes(drawn)).text

    assert text == "The first line of this paragraph is broken, as it reaches the edge; the second.\nA new paragraph."


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
