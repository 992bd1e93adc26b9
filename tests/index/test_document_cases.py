"""Every kind of file that an office sends gives the lines and the outline that a reader of it sees."""

import pytest

from index.readers import parse_document
from tests.index.document_cases import CASES, archives
from tests.index.files import outcomes
from tests.index.outlines import document_shape


def test_there_are_enough_files_of_all_kinds():
    assert len(CASES) + len(archives()) >= 60
    assert {"docx", "pdf", "txt", "html", "md", "doc", "wps", "jsonl"} == {
        case.file.partition(".")[2] for case in CASES
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file.partition('.')[2]}: {case.about}")
def test_a_file_gives_its_lines_and_its_outline(case):
    data = case.data()

    document = parse_document(case.file, data)

    assert data == case.data()
    if case.lines is not None:
        found = document.text.split("\n")
        assert [line for line in case.lines if line] == [line for line in found if line][
            -len([*filter(None, case.lines)]) :
        ]
    if case.outline is not None:
        assert list(case.outline) == document_shape(document)
    assert case.notes == len(document.notes)


@pytest.mark.parametrize(
    ("about", "data", "names"), archives(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_archive_gives_its_reports(about, data, names, tmp_path):
    (tmp_path / "a.zip").write_bytes(data)

    found = outcomes(tmp_path / "a.zip")

    assert [str(tmp_path / "a.zip" / name) for name in names] == list(found)
    assert [] == [text for text in found.values() if text.startswith("!")]
