import asyncio
import json
import re

import pytest
import structlog
from starlette.testclient import TestClient

from index.errors import IndexFault
from models.errors import ModelUnavailable
from service import middleware
from service.app import create_app
from tests.doubles import HashEmbedder

CONFIDENTIAL = "某同志收受礼品三次"


def error_of(response):
    return response.json()["error"]


def test_the_process_is_alive_and_names_what_it_serves_when_ready(client):
    ready = client.get("/readyz")

    assert {"status": "alive"} == client.get("/livez").json()
    assert 200 == ready.status_code
    assert {
        "status": "ready",
        "model": "liuwei-head-of-tests",
        "taxonomy": "six-dimensions@2026.2",
        "encoder": "hash-bigrams-64",
    } == ready.json()


def test_probes_may_ask_with_head(client):
    assert [200, 200] == [client.head(path).status_code for path in ("/livez", "/readyz")]


def test_starting_opens_the_corpus_and_stopping_closes_it(runtime):
    with TestClient(create_app(runtime)):
        assert runtime.settings.data_dir.joinpath("corpus.sqlite").is_file()

        assert runtime._corpora._known is not None

    assert runtime._corpora._known is None


def test_without_a_model_the_app_starts_but_is_not_ready_and_says_what_to_do(runtime):
    def no_model(*args, **kwargs):
        raise ModelUnavailable("no such folder; choose an encoder")

    runtime.classified = no_model

    with TestClient(create_app(runtime)) as client:
        ready, classified = client.get("/readyz"), client.post("/v1/classify", json={"input": ["理论学习"]})

        assert 200 == client.get("/livez").status_code

    for response in (ready, classified):
        assert 503 == response.status_code
        assert "model_unavailable" == error_of(response)["type"]
        assert "no such folder; choose an encoder" == error_of(response)["message"]


@pytest.mark.parametrize("fault", [IndexFault("corpus.sqlite: disk I/O error"), OSError(28, "No space left", "data")])
def test_a_fault_of_the_machine_keeps_nobody_from_starting_and_is_503_when_asked(runtime, fault):
    def fail():
        raise fault

    runtime.check_ready = fail

    with TestClient(create_app(runtime)) as client:
        ready = client.get("/readyz")

    assert (503, "environment") == (ready.status_code, error_of(ready)["type"])
    assert str(fault) == error_of(ready)["message"]


def test_a_corpus_of_another_encoder_is_not_ready_either(make_runtime, report):
    with TestClient(create_app(make_runtime())) as client:
        client.post("/v1/documents", json={"text": report})
    other = make_runtime()
    other.__dict__["embedder"] = HashEmbedder(salt="other")

    with TestClient(create_app(other)) as client:
        ready = client.get("/readyz")

    assert 503 == ready.status_code
    assert "embedder_mismatch" == error_of(ready)["type"]


def test_what_is_added_is_found_after_a_restart(make_runtime, report):
    with TestClient(create_app(make_runtime())) as client:
        client.post("/v1/documents", json={"text": report})

    with TestClient(create_app(make_runtime())) as client:
        hits = client.post("/v1/search", json={"query": "下村调研不够深入"}).json()["data"]

    assert "下村调研不够深入" in hits[0]["text"]


def test_a_sane_request_id_comes_back_in_the_header_and_in_the_error(client):
    response = client.get("/nowhere", headers={"X-Request-ID": "review-2024.07:1"})

    assert "review-2024.07:1" == response.headers["X-Request-ID"]
    assert "review-2024.07:1" == error_of(response)["request_id"]


def test_a_request_id_that_is_missing_or_unfit_for_a_log_is_made(client):
    for given in ({}, {"X-Request-ID": ""}, {"X-Request-ID": "a b"}, {"X-Request-ID": "x" * 129}):
        made = client.get("/livez", headers=given).headers["X-Request-ID"]

        assert re.fullmatch("[0-9a-f]{32}", made)


def test_a_stranger_is_a_plain_500_whose_text_is_neither_sent_nor_logged(runtime):
    def break_down(*args, **kwargs):
        raise RuntimeError(CONFIDENTIAL)

    with TestClient(create_app(runtime)) as client, structlog.testing.capture_logs() as logged:
        runtime.classified = break_down
        response = client.post("/v1/classify", json={"input": [CONFIDENTIAL]})

    assert 500 == response.status_code
    assert "internal_error" == error_of(response)["type"]
    assert CONFIDENTIAL not in response.text
    assert CONFIDENTIAL not in str(logged)
    assert ["RuntimeError"] == [line["kind"] for line in logged if line["event"] == "internal_error"]
    assert {response.headers["X-Request-ID"]} == {line["request_id"] for line in logged}


def test_an_unknown_path_is_404_and_a_wrong_method_405_with_every_method_there_is(client):
    missing, wrong = client.get("/v2/classify"), client.put("/v1/documents")

    assert (404, "not_found") == (missing.status_code, error_of(missing)["type"])
    assert (405, "method_not_allowed") == (wrong.status_code, error_of(wrong)["type"])
    assert "GET, POST" == wrong.headers["Allow"]


def test_allow_names_the_methods_of_the_path_and_of_none_that_would_take_it_too(client):
    for path, allowed in (
        ("/v1/feedback/queue", "GET"),
        ("/v1/feedback/fb-1", "DELETE, GET"),
        ("/v1/feedback/refit", "POST"),
        ("/v1/documents/abc", "DELETE, GET"),
        ("/livez", "GET"),
    ):
        response = client.request("OPTIONS", path)

        assert (405, allowed) == (response.status_code, response.headers["Allow"])


def test_a_body_above_the_limit_is_413_whether_it_says_its_length_or_not(make_runtime):
    def pieces():
        for _ in range(30):
            yield b"x" * 100

    with TestClient(create_app(make_runtime(max_upload_bytes=2_000))) as client:
        for path in ("/v1/classify", "/v1/search", "/v1/documents"):
            for kind in ("application/json", "multipart/form-data; boundary=b"):
                for body in (b"x" * 3_000, pieces()):
                    response = client.post(path, content=body, headers={"Content-Type": kind})

                    assert (413, "body_too_large") == (response.status_code, error_of(response)["type"])


def test_a_body_at_the_limit_is_taken(make_runtime):
    body = '{"input":["理论学习"]}'.encode()

    with TestClient(create_app(make_runtime(max_upload_bytes=len(body)))) as client:
        response = client.post("/v1/classify", content=body, headers={"Content-Type": "application/json"})

    assert 200 == response.status_code


@pytest.mark.parametrize("path", ["/v1/classify", "/v1/documents"])
def test_a_packed_body_is_415_and_says_so(client, path):
    response = client.post(
        path, content=b"{}", headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}
    )

    assert (415, "unsupported_media_type") == (response.status_code, error_of(response)["type"])
    assert "'gzip'" in error_of(response)["message"]


def test_a_body_that_comes_too_slowly_is_408_and_one_that_goes_on_is_not(runtime, monkeypatch):
    monkeypatch.setattr(middleware, "BODY_WITHIN_S", 0.2)
    body = '{"input":["理论学习"]}'.encode()
    with TestClient(create_app(runtime)) as client:
        slow, steady = (
            asyncio.run(answered(client.app, body, pause_s=pause_s, bytes_a_second=bytes_a_second))
            for pause_s, bytes_a_second in ((0.05, 10_000), (0.05, 20))
        )

    assert (408, "close", "body_too_slow") == (slow[0]["status"], slow[1]["connection"], slow[2]["error"]["type"])
    assert 200 == steady[0]["status"]


async def answered(app, body, *, pause_s, bytes_a_second):
    """Return start, headers and JSON of the answer to a body that comes byte by byte."""
    sent, pieces = [], iter([bytes([byte]) for byte in body])

    async def receive():
        await asyncio.sleep(pause_s)
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message):
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"host", b"localhost")]
    scope = {"type": "http", "method": "POST", "path": "/v1/classify", "headers": headers, "query_string": b""}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(middleware, "LEAST_BYTES_A_SECOND", bytes_a_second)
        await app(scope, receive, send)
    named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0], named, json.loads(sent[1]["body"])


def test_the_docs_page_loads_everything_from_this_server(client):
    page = client.get("/docs").text
    loaded = re.findall(r"""(?:src|href)="([^"]+)"|url: '([^']+)'""", page)

    assert 4 == len(loaded)
    for address in map("".join, loaded):
        assert address.startswith("/")
        assert 200 == client.get(address).status_code
    assert '"validatorUrl": null' in page


def test_openapi_shows_every_path_with_the_error_body(client):
    document = client.get("/openapi.json").json()

    assert {
        "/livez",
        "/metrics",
        "/readyz",
        "/retrieval",
        "/v1/classify",
        "/v1/documents",
        "/v1/documents/{document_id}",
        "/v1/embeddings",
        "/v1/feedback",
        "/v1/feedback/queue",
        "/v1/feedback/refit",
        "/v1/feedback/{feedback_id}",
        "/v1/heads",
        "/v1/heads/undo",
        "/v1/heads/use",
        "/v1/jobs",
        "/v1/jobs/files",
        "/v1/jobs/{job_id}",
        "/v1/jobs/{job_id}/result",
        "/v1/models",
        "/v1/search",
    } == set(document["paths"])
    answers = [
        (int(status), answer["content"]["application/json"]["schema"]["$ref"])
        for operations in document["paths"].values()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if "application/json" in answer["content"]
    ]
    assert len(answers) > 50
    for status, schema in answers:
        assert schema.endswith("ErrorAnswer") == (status >= 400)
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_no_default_in_openapi_is_an_object_which_generators_of_clients_refuse(client):
    def defaults(part):
        if isinstance(part, dict):
            if "default" in part:
                yield part["default"]
            for below in part.values():
                yield from defaults(below)
        elif isinstance(part, list):
            for below in part:
                yield from defaults(below)

    found = list(defaults(client.get("/openapi.json").json()))

    assert found
    assert [] == [one for one in found if isinstance(one, dict)]
