import io
import zipfile

import pytest

from index.readers import parse_document
from index.word_packages import plain_package
from tests.index.document_cases import FOOTED, NOTE, NUMBERED, ONE_LIST, automatic
from tests.index.files import refused
from tests.index.word_files import docx_bytes

DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
OTHERS = [
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
]


def changed(data, *pairs):
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(made, "w") as result:
        for name in package.namelist():
            content = package.read(name).decode()
            for old, new in pairs:
                content = content.replace(old, new)
            result.writestr(name, content)
    return made.getvalue()


def strict(data):
    return changed(
        data,
        ("http://schemas.openxmlformats.org/officeDocument/2006/", "http://purl.oclc.org/ooxml/officeDocument/"),
        (
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://purl.oclc.org/ooxml/wordprocessingml/main",
        ),
    )


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("name", ["a.docx", "a.docm", "a.dotx", "a.dotm", "a.doc", "a.wps"])
def test_templates_and_files_with_macros_are_read_without_libreoffice(monkeypatch, kind, name):
    monkeypatch.setattr("index.office.PROGRAMS", ())
    data = changed(docx_bytes(automatic(), numbering=ONE_LIST), (DOCUMENT, kind))

    assert list(NUMBERED) == parse_document(name, data).text.split("\n")


def test_strict_open_xml_is_read_with_numbers_and_notes():
    numbered = strict(docx_bytes(automatic(), numbering=ONE_LIST))
    noted = strict(docx_bytes(FOOTED, footnotes=NOTE))

    assert b"purl.oclc.org" in zipfile.ZipFile(io.BytesIO(numbered)).read("word/document.xml")
    assert list(NUMBERED) == parse_document("a.docx", numbered).text.split("\n")
    assert "标题指文件标题。" in parse_document("a.docx", noted).text.split("\n")


def test_an_ordinary_file_stays_as_it_is():
    data = docx_bytes(automatic())

    assert data is plain_package(data)


def test_a_template_that_is_cut_off_is_refused():
    data = changed(docx_bytes(automatic()), (DOCUMENT, OTHERS[0]))

    refused("a.dotx", data[: len(data) // 2], "not a sound .docx file")
