import io
import json

import docx
import pytest

from service.answers import ErrorAnswer


def refusal(response):
    """Return status, type and param of an error after a look at its shape."""
    error = ErrorAnswer.model_validate(response.json(), strict=True).error
    return response.status_code, error.type, error.param


def upload(client, name, data, **fields):
    return client.post("/v1/documents", files={"file": (name, data)}, data=fields)


def word_file(text):
    document = docx.Document()
    for line in text.splitlines():
        document.add_paragraph(line)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_a_report_as_text_is_created_with_its_record(client, report):
    response = client.post("/v1/documents", json={"text": report, "title": " 我的 报告 ", "metadata": {"year": "2024"}})

    record = response.json()
    assert 201 == response.status_code
    assert ("我的 报告", "text", {"year": "2024"}) == (record["title"], record["source"], record["metadata"])
    assert len(report.strip()) == record["characters"]
    assert record["sentences"] > 5
    assert record["added_at"]


def test_a_mark_of_the_encoding_before_the_json_is_passed_over(client, report):
    content = b"\xef\xbb\xbf" + json.dumps({"text": report}).encode()

    assert (
        201 == client.post("/v1/documents", content=content, headers={"content-type": "application/json"}).status_code
    )


@pytest.mark.parametrize("year", [2024, 2024.0, "2024"])
def test_a_year_may_be_a_whole_number_and_is_text_in_every_answer(client, report, year):
    response = client.post("/v1/documents", json={"text": report, "metadata": {"author": "甲", "year": year}})

    assert (201, {"author": "甲", "year": "2024"}) == (response.status_code, response.json()["metadata"])
    assert [response.json()] == client.get("/v1/documents").json()["data"]


def test_a_file_may_come_with_metadata_too(client, report):
    given = json.dumps({"unit": "某县水利局", "year": 2024}, ensure_ascii=False)
    response = upload(client, "a.txt", report.encode(), metadata=given)
    blank = upload(client, "b.txt", ("附：" + report).encode(), metadata="")

    assert (201, {"unit": "某县水利局", "year": "2024"}) == (response.status_code, response.json()["metadata"])
    assert (201, {}) == (blank.status_code, blank.json()["metadata"])
    assert (
        response.json()["metadata"] == client.get(f"/v1/documents/{response.json()['document_id']}").json()["metadata"]
    )


@pytest.mark.parametrize(
    ("metadata", "param"),
    [
        ("某局", "metadata"),
        ('["某局"]', "metadata"),
        ('{"boss": "a"}', "metadata.boss"),
        ('{"year": true}', "metadata.year"),
    ],
)
def test_wrong_metadata_beside_a_file_is_422_and_names_the_place(client, report, metadata, param):
    response = upload(client, "a.txt", report.encode(), metadata=metadata)

    assert (422, "invalid_request", param) == refusal(response)
    assert 0 == client.get("/v1/documents").json()["total"]


@pytest.mark.parametrize("metadata", [None, {}, {"unit": None, "year": None}])
def test_null_metadata_and_a_null_title_are_as_good_as_none(client, report, metadata):
    response = client.post("/v1/documents", json={"text": report, "title": None, "metadata": metadata})

    assert (201, {}, "个人对照检查材料") == (response.status_code, *pick(response, "metadata", "title"))


def test_the_same_text_again_is_200_with_the_record_that_is_there(client, report):
    first = client.post("/v1/documents", json={"text": report})
    again = client.post("/v1/documents", json={"text": report + "\r\n", "title": "别的题目"})

    assert 200 == again.status_code
    assert first.json() == again.json()
    assert 1 == client.get("/v1/documents").json()["total"]


def test_a_title_is_found_in_the_text_where_none_is_given(client, report):
    assert "个人对照检查材料" == client.post("/v1/documents", json={"text": report}).json()["title"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("理论学习不够系统，读原著的时间不多。下村调研不够。", "理论学习不够系统，读原著的时间不多"),
        ("。\n 。学习 不够；调研不够。", "学习 不够"),
        ("学" * 41, "学" * 39 + "…"),
        ("学" * 40 + "。", "学" * 40),
        ("text\n\n学习不够。", "text"),
    ],
)
def test_a_text_that_begins_without_a_title_is_named_by_its_first_words(client, text, title):
    assert title == client.post("/v1/documents", json={"text": text, "title": " "}).json()["title"]


def test_files_are_read_by_their_kind_under_their_own_name(client, report, other_report):
    plain = upload(client, "张三.txt", report.encode("gb18030"))
    word = upload(client, "C:\\报告\\李四.docx", word_file(other_report), title="李四的报告")

    assert (201, "张三.txt", "个人对照检查材料") == (plain.status_code, *pick(plain, "source", "title"))
    assert (201, "李四.docx", "李四的报告") == (word.status_code, *pick(word, "source", "title"))


def test_a_file_and_its_text_are_one_document(client, report):
    as_file, as_text = upload(client, "a.txt", report.encode()), client.post("/v1/documents", json={"text": report})

    assert (201, 200) == (as_file.status_code, as_text.status_code)
    assert as_file.json() == as_text.json()


@pytest.mark.parametrize(
    ("name", "data"),
    [("empty.txt", b""), ("blank.txt", b" \n"), ("broken.docx", b"PK\x03\x04"), ("a.exe", b"MZ"), ("none", b"text")],
)
def test_a_file_that_cannot_be_read_is_422_names_the_file_and_changes_nothing(client, name, data):
    response = upload(client, name, data)

    assert (422, "unreadable_document", None) == refusal(response)
    assert name in response.json()["error"]["message"]
    assert 0 == client.get("/v1/documents").json()["total"]


@pytest.mark.parametrize(
    ("body", "kind", "param"),
    [
        ({"text": ""}, "bad_text", "text"),
        ({"text": " 。"}, "bad_text", "text"),
        ({"text": 5}, "invalid_request", "text"),
        ({}, "invalid_request", "text"),
        ({"text": "报告", "title": "题" * 501}, "invalid_request", "title"),
        ({"text": "报告", "file": "a"}, "invalid_request", "file"),
        ({"text": "报告", "metadata": {"boss": "a"}}, "invalid_request", "metadata.boss"),
        ({"text": "报告", "metadata": {"year": True}}, "invalid_request", "metadata.year"),
        ({"text": "报告", "metadata": {"year": 2024.5}}, "invalid_request", "metadata.year"),
        ({"text": "报告", "metadata": {"year": 10**16}}, "invalid_request", "metadata.year"),
    ],
)
def test_a_wrong_document_is_422_and_names_the_place(client, body, kind, param):
    assert (422, kind, param) == refusal(client.post("/v1/documents", json=body))


def test_a_wrong_form_is_422_and_names_the_field(client):
    misnamed = client.post("/v1/documents", files={"report": ("a.txt", b"text")})
    surplus = upload(client, "a.txt", "报告".encode(), colour="red")
    no_file = client.post("/v1/documents", files={"title": (None, "题目")})
    text_for_file = client.post("/v1/documents", files={"file": (None, "报告")})
    two_files = client.post("/v1/documents", files=[("file", ("a.txt", b"a")), ("file", ("b.txt", b"b"))])

    assert (422, "invalid_request", "report") == refusal(misnamed)
    assert (422, "invalid_request", "colour") == refusal(surplus)
    assert (422, "invalid_request", "file") == refusal(no_file)
    assert (422, "invalid_request", "file") == refusal(text_for_file)
    assert (422, "invalid_request", None) == refusal(two_files)


def test_a_body_of_another_kind_is_415(client):
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        response = client.post("/v1/documents", content="报告".encode(), headers={"Content-Type": kind})

        assert (415, "unsupported_media_type", None) == refusal(response)


def test_a_form_without_a_boundary_is_422(client):
    response = client.post("/v1/documents", content=b"x", headers={"Content-Type": "multipart/form-data"})

    assert (422, "invalid_request", None) == refusal(response)


def test_a_name_in_a_strange_encoding_is_stored_without_halves_of_characters(client, report):
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="\\ud800a.txt"\r\n\r\n'
        + report.encode()
        + b"\r\n--b--\r\n"
    )
    kind = "multipart/form-data; charset=raw_unicode_escape; boundary=b"

    response = client.post("/v1/documents", content=form, headers={"Content-Type": kind})

    assert (201, "a.txt") == (response.status_code, response.json()["source"])


def test_the_list_goes_from_oldest_to_newest_and_can_be_read_in_parts(client):
    added = [client.post("/v1/documents", json={"text": f"第{n}份报告。"}).json() for n in "一二三"]

    whole, part = client.get("/v1/documents").json(), client.get("/v1/documents?limit=1&offset=1").json()

    assert {"data": added, "total": 3} == whole
    assert {"data": added[1:2], "total": 3} == part
    assert {"data": [], "total": 3} == client.get("/v1/documents?offset=99999999999999999999").json()


@pytest.mark.parametrize(
    ("query", "param"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("offset=-1", "offset"), ("limit=a", "limit"), ("page=2", "page")],
)
def test_a_wrong_part_of_the_list_is_422_and_names_the_parameter(client, query, param):
    assert (422, "invalid_request", param) == refusal(client.get(f"/v1/documents?{query}"))


def test_a_document_is_shown_with_its_text_and_its_sentences(client, report):
    record = client.post("/v1/documents", json={"text": report}).json()

    shown = client.get(f"/v1/documents/{record['document_id']}").json()

    assert record == {key: shown[key] for key in record}
    assert report.strip() == shown["text"]
    assert record["sentences"] == len(shown["items"])
    for place, item in enumerate(shown["items"]):
        assert f"{record['document_id']}:{place}" == item["sentence_id"]
        assert item["text"] == shown["text"][item["start"] : item["end"]]


def test_a_deleted_document_is_gone_from_list_and_search(client, report):
    document_id = client.post("/v1/documents", json={"text": report}).json()["document_id"]

    deleted = client.delete(f"/v1/documents/{document_id}")

    assert (200, {"document_id": document_id, "deleted": True}) == (deleted.status_code, deleted.json())
    assert {"data": [], "total": 0} == client.get("/v1/documents").json()
    assert [] == client.post("/v1/search", json={"query": "下村调研"}).json()["data"]


def test_an_unknown_document_is_404(client):
    for response in (client.get("/v1/documents/0123456789abcdef"), client.delete("/v1/documents/%00")):
        assert (404, "unknown_document", None) == refusal(response)


def pick(response, *fields):
    return tuple(response.json()[field] for field in fields)


def test_a_text_without_words_is_not_called_a_file(client):
    message = client.post("/v1/documents", json={"text": " 。"}).json()["error"]["message"]

    assert "text: no word in it; wanted is the text of a report" == message


def test_a_misnamed_field_of_a_form_does_not_hide_the_missing_one(client):
    answer = client.post("/v1/documents", files={"report": ("a.txt", b"text")}, data={"colour": "red"})

    assert (
        "colour: this field is unknown; file: this field is missing (and 1 more)" == answer.json()["error"]["message"]
    )


def test_the_first_entry_of_a_list_names_a_text_without_its_bullet(client):
    assert "学习浮于表面" == client.post("/v1/documents", json={"text": "• 学习浮于表面\n• 读得少"}).json()["title"]
