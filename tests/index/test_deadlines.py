import time

import pytest

from index.deadlines import Deadline
from index.errors import UnreadableDocument
from index.readers import parse_document
from tests.index.document_cases import ONE_LIST, automatic
from tests.index.pdf_files import chinese_pdf
from tests.index.word_files import docx_bytes


def test_only_work_counts_and_too_much_of_it_is_refused():
    deadline = Deadline("a.docx", seconds=0.05)
    time.sleep(0.1)
    deadline.check()

    until_s = time.thread_time() + 10
    with pytest.raises(UnreadableDocument, match=r"a\.docx: not read after 0 seconds of work; split it"):
        while time.thread_time() < until_s:
            deadline.check()


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.docx", docx_bytes(automatic(), numbering=ONE_LIST)), ("a.pdf", chinese_pdf(["学得浅。"], ["走得少。"]))],
    ids=["docx", "pdf"],
)
def test_a_file_that_takes_too_long_is_given_up_and_named(monkeypatch, name, data):
    monkeypatch.setattr("index.deadlines.LONGEST_S", -1.0)

    with pytest.raises(UnreadableDocument, match=f"{name}: not read after"):
        parse_document(name, data)
