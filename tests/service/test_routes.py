import json

import pytest
from starlette.testclient import TestClient

from service.answers import (
    Alive,
    ClassifyAnswer,
    Deleted,
    DocumentList,
    DocumentRecord,
    ErrorAnswer,
    Ready,
    SearchAnswer,
    WholeDocument,
)
from service.app import create_app

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def filled(client, report, other_report):
    """A client of an app that holds two reports."""
    for text in (report, other_report):
        client.post("/v1/documents", json={"text": text})
    return client


def refusal(response):
    """Return status, type and param of an error after a look at its shape."""
    error = ErrorAnswer.model_validate(response.json(), strict=True).error
    return response.status_code, error.type, error.param


def test_answers_have_exactly_the_shapes_that_openapi_shows(filled):
    document = filled.get("/v1/documents").json()["data"][0]["document_id"]
    answers = {
        Alive: filled.get("/livez"),
        Ready: filled.get("/readyz"),
        ClassifyAnswer: filled.post("/v1/classify", json={"input": ["理论学习不够", "好"], "evidence": 2}),
        SearchAnswer: filled.post("/v1/search", json={"query": "下村调研"}),
        DocumentList: filled.get("/v1/documents"),
        DocumentRecord: filled.post("/v1/documents", json={"text": "新的一份报告。"}),
        WholeDocument: filled.get(f"/v1/documents/{document}"),
        Deleted: filled.delete(f"/v1/documents/{document}"),
    }

    for model, answer in answers.items():
        assert model.model_validate_json(answer.content, strict=True)


def test_texts_are_classified_in_their_order_with_or_without_context(client):
    body = {"input": ["理论学习不够深入，满足于读文件", {"text": "下村调研走马观花", "context": "（二）工作作风"}]}

    answer = client.post("/v1/classify", json=body).json()

    assert ("liuwei-head-of-tests", "six-dimensions@2026.2") == (answer["model"], answer["taxonomy"])
    assert [(0, "theory"), (1, "style")] == [(one["index"], one["dimension"]) for one in answer["data"]]
    assert [[], []] == [one["evidence"] for one in answer["data"]]


def test_the_confidence_is_the_score_of_the_dimension_and_scores_sum_to_one(filled):
    classified = filled.post("/v1/classify", json={"input": ["理论学习不够", "好", "下村调研", "廉洁"]}).json()["data"]
    document = filled.get("/v1/documents").json()["data"][0]["document_id"]
    stored = filled.get(f"/v1/documents/{document}").json()["items"]

    for row in [*classified, *stored]:
        assert row["confidence"] == row["scores"][row["dimension"]]
        assert pytest.approx(1, abs=1e-5) == sum(row["scores"].values())


def test_a_null_context_is_as_good_as_none(client):
    answers = [
        client.post("/v1/classify", json={"input": [item]}).json()
        for item in ("遇到难题绕着走", {"text": "遇到难题绕着走", "context": None})
    ]

    assert answers[0]["data"] == answers[1]["data"]


@pytest.mark.parametrize("nothing", [None, {}, {"dimension": None, "role": None, "document_id": None}])
def test_a_null_filter_keeps_every_hit(filled, nothing):
    body = {"query": "学习", "top_k": 3}

    assert (
        filled.post("/v1/search", json=body).json()["data"]
        == filled.post("/v1/search", json={**body, "filter": nothing}).json()["data"]
    )


def test_a_filter_of_another_kind_is_told_what_is_wanted(client):
    answer = client.post("/v1/search", json={"query": "学习", "filter": "theory"})

    assert (422, "filter: wanted is an object") == (answer.status_code, answer.json()["error"]["message"])


def test_evidence_is_as_many_examples_as_asked_for(client):
    answer = client.post("/v1/classify", json={"input": ["理论学习不够深入"], "evidence": 3}).json()

    assert 3 == len(answer["data"][0]["evidence"])
    assert answer["data"][0]["counter_evidence"]


@pytest.mark.parametrize(
    ("body", "kind", "param"),
    [
        ({"input": []}, "invalid_request", "input"),
        ({"input": "理论"}, "invalid_request", "input"),
        ({"input": ["理论", 5]}, "invalid_request", "input[1]"),
        ({"input": ["理论", None]}, "invalid_request", "input[1]"),
        ({"input": ["理论", {}]}, "invalid_request", "input[1].text"),
        ({"input": ["理论", {"text": 5}]}, "invalid_request", "input[1].text"),
        ({"input": ["理论", {"text": "理论", "title": ""}]}, "invalid_request", "input[1].title"),
        ({"input": ["理论", "\ud800"]}, "invalid_request", "input[1]"),
        ({"input": ["理论", " \n"]}, "bad_text", "input[1]"),
        ({"input": ["理论", {"text": ""}]}, "bad_text", "input[1]"),
        ({"input": ["理论", "长" * 21]}, "bad_text", "input[1]"),
        ({"input": ["理论", {"text": "理论", "context": "长" * 21}]}, "bad_text", "input[1].context"),
        ({"input": ["理论", {"text": "理论", "context": "\ud800"}]}, "invalid_request", "input[1].context"),
        ({"input": ["理论"] * 4}, "invalid_request", "input"),
        ({"input": ["理论"], "evidence": -1}, "invalid_request", "evidence"),
        ({"input": ["理论"], "evidence": 21}, "invalid_request", "evidence"),
        ({"input": ["理论"], "evidence": True}, "invalid_request", "evidence"),
        ({"input": ["理论"], "evidence": "1"}, "invalid_request", "evidence"),
        ({"inputs": ["理论"]}, "invalid_request", "inputs"),
        ({}, "invalid_request", "input"),
        ([], "invalid_request", None),
    ],
)
def test_a_wrong_classify_request_is_422_and_names_the_place(make_runtime, body, kind, param):
    with TestClient(create_app(make_runtime(max_batch_texts=3, max_text_chars=20))) as client:
        response = client.post("/v1/classify", content=json.dumps(body), headers=JSON)

    assert (422, kind, param) == refusal(response)


@pytest.mark.parametrize("path", ["/v1/classify", "/v1/search", "/v1/documents"])
@pytest.mark.parametrize("body", [b"", b"{", b'{"input": ["\xff"]}', b'"text"', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_422(client, path, body):
    response = client.post(path, content=body, headers=JSON)

    assert (422, "invalid_request", None) == refusal(response)


def test_very_many_unknown_fields_are_refused_without_naming_each(client):
    many = {f"field{number}": 1 for number in range(100_000)}

    for path, body, param in (
        ("/v1/classify", many, None),
        ("/v1/classify", {"input": ["理论", many]}, "input[1]"),
        ("/v1/search", {"query": "理论", "filter": many}, "filter"),
        ("/v1/documents", {"text": "报告", "metadata": many}, "metadata"),
    ):
        response = client.post(path, json=body)

        assert (422, "invalid_request", param) == refusal(response)
        assert "more fields" in response.json()["error"]["message"]


def test_an_unknown_field_that_cannot_be_written_as_utf_8_is_refused_all_the_same(client):
    response = client.post("/v1/classify", content=rb'{"input": ["x"], "\ud800": 1}', headers=JSON)

    assert 422 == refusal(response)[0]


def test_the_nearest_sentence_comes_first_and_says_where_it_stands(filled, report):
    answer = filled.post("/v1/search", json={"query": "下村调研不够深入", "top_k": 2}).json()

    first = answer["data"][0]
    assert 2 == len(answer["data"])
    assert first["text"] == report.strip()[first["start"] : first["end"]]
    assert "下村调研不够深入" in first["text"]
    assert ["一、存在的问题", "（二）工作作风方面"] == first["path"]
    assert answer["took_ms"] > 0


def test_every_mode_and_unit_answers(filled):
    for mode in ("hybrid", "dense", "lexical"):
        for unit in ("sentence", "passage"):
            answer = filled.post("/v1/search", json={"query": "畏难情绪", "mode": mode, "unit": unit, "top_k": 1})

            assert "畏难情绪" in answer.json()["data"][0]["text"]


def test_filters_keep_only_hits_that_match_one_value_of_each(filled):
    listed = filled.get("/v1/documents").json()["data"]
    wanted = {"role": ["measure", "cause"], "document_id": [listed[0]["document_id"]], "dimension": []}

    hits = filled.post("/v1/search", json={"query": "学习", "top_k": 50, "filter": wanted}).json()["data"]

    assert hits
    assert {listed[0]["document_id"]} == {hit["document_id"] for hit in hits}
    assert {hit["role"] for hit in hits} <= {"measure", "cause"}


def test_the_label_that_tables_show_may_stand_for_its_code(filled):
    by_code, by_label = (
        filled.post("/v1/search", json={"query": "学习", "filter": {"dimension": [dimension], "role": [role]}}).json()
        for dimension, role in (("theory", "problem"), ("理论学习", "问题"))
    )

    assert by_code["data"]
    assert by_code["data"] == by_label["data"]


@pytest.mark.parametrize(
    ("body", "kind", "param"),
    [
        ({"query": " "}, "bad_text", "query"),
        ({"query": 5}, "invalid_request", "query"),
        ({"query": "学习", "top_k": 0}, "invalid_request", "top_k"),
        ({"query": "学习", "top_k": 1001}, "invalid_request", "top_k"),
        ({"query": "学习", "top_k": 1.5}, "invalid_request", "top_k"),
        ({"query": "学习", "mode": "exact"}, "invalid_request", "mode"),
        ({"query": "学习", "unit": "report"}, "invalid_request", "unit"),
        ({"query": "学习", "filter": {"dimension": ["courage"]}}, "invalid_request", "filter.dimension"),
        ({"query": "学习", "filter": {"role": ["hero"]}}, "invalid_request", "filter.role"),
        ({"query": "学习", "filter": {"role": "cause"}}, "invalid_request", "filter.role"),
        ({"query": "学习", "filter": {"dimension": ["theory", 1]}}, "invalid_request", "filter.dimension[1]"),
        ({"query": "学习", "filter": {"title": []}}, "invalid_request", "filter.title"),
        ({"query": "学习", "limit": 3}, "invalid_request", "limit"),
        ({"query": "学习", "neighbours": 11}, "invalid_request", "neighbours"),
        ({"query": "学习", "neighbours": -1}, "invalid_request", "neighbours"),
        ({"query": "学习", "diversity": 1.1}, "invalid_request", "diversity"),
        ({"query": "学习", "diversity": "0.5"}, "invalid_request", "diversity"),
        ({"query": "学习", "collapse": 1}, "invalid_request", "collapse"),
        ({"query": "学习", "closest": "yes"}, "invalid_request", "closest"),
        ({"query": "学习", "facets": ["role"]}, "invalid_request", "facets"),
    ],
)
def test_a_wrong_search_is_422_and_names_the_place(client, body, kind, param):
    assert (422, kind, param) == refusal(client.post("/v1/search", json=body))


def test_a_plain_search_answers_with_hits_and_time_alone(filled):
    answer = filled.post("/v1/search", json={"query": "下村调研"}).json()

    assert {"took_ms", "data"} == set(answer)
    assert {(0, None, 0)} == {
        (len(hit["before"] + hit["after"]), hit["closest"], hit["duplicates"]["count"]) for hit in answer["data"]
    }


def test_what_a_search_asks_for_beyond_its_hits_is_there(filled):
    asked = {"neighbours": 2, "collapse": True, "diversity": 0.5, "closest": True, "facets": True}
    response = filled.post("/v1/search", json={"query": "下村调研不够深入", "top_k": 3, **asked})
    answer = response.json()

    assert SearchAnswer.model_validate_json(response.content, strict=True)
    first = answer["data"][0]
    assert 3 == len(answer["data"])
    assert "（二）工作作风方面" == first["before"][-1]["text"]
    assert "有时坐在车上看、隔着玻璃瞧。" == first["after"][0]["text"]
    assert "下村调研不够深入" in first["text"][slice(*first["closest"])]
    assert {"dimension", "role", "document_id"} == set(answer["facets"])
    assert sum(answer["facets"]["role"].values()) > 3


def test_whole_numbers_are_as_good_as_others_for_diversity(filled):
    for diversity in (0, 1, 0.0, 1.0):
        assert 200 == filled.post("/v1/search", json={"query": "学习", "diversity": diversity}).status_code


def test_an_empty_corpus_has_no_hits(client):
    assert [] == client.post("/v1/search", json={"query": "理论学习"}).json()["data"]


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"[1]", "application/json", "the body must be a JSON object"),
        (b"", "Application/JSON; charset=utf-8", "the body is empty; wanted is a JSON object"),
        (b'{"input": ["a"', "application/json", "the body is no JSON: Expecting ',' delimiter at character 14"),
        (b'{"input": ["a"]}', "text/plain", "the body must be a JSON object, sent with Content-Type: application/json"),
    ],
)
def test_what_is_wrong_with_a_whole_body_is_told_apart(client, content, kind, message):
    answer = client.post("/v1/classify", content=content, headers={"Content-Type": kind})

    assert message == answer.json()["error"]["message"]


def test_lengths_of_texts_are_counted_in_characters_and_of_lists_in_items(client):
    label = client.post("/v1/feedback", json={"text": "学", "dimension": "theory", "author": "甲" * 5000})
    search = client.post("/v1/search", json={"query": "学", "filter": {"role": ["cause"] * 1001}})

    assert "author: Value should have at most 200 characters, not 5000" == label.json()["error"]["message"]
    assert "filter.role: List should have at most 1000 items, not 1001" == search.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/v1/documents/", "/v1/classify/", "/livez/"])
def test_a_path_with_a_slash_more_is_404_as_every_wrong_path(client, path):
    assert (404, "not_found", None) == refusal(client.get(path, follow_redirects=False))
