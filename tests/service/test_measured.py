import re

import pytest
import structlog
from starlette.testclient import TestClient

from service.app import create_app

SECRET = "某同志收受礼品三次"


def figure(text, name):
    """Return the value of a figure, 0 where it is not there yet."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def figures(client):
    return client.get("/metrics").text


def test_requests_are_counted_by_route_and_status(client):
    client.post("/v1/search", json={"query": "学习"})
    client.post("/v1/search", json={"query": "学习", "top_k": 0})
    client.get("/v1/documents/abc")
    client.get("/v1/nothing/abc")
    client.request("INVENTED", "/v1/search")

    text = figures(client)

    count = "liuwei_request_seconds_count"
    assert 1 == figure(text, f'{count}{{method="POST",path="/v1/search",status="200"}}')
    assert 1 == figure(text, f'{count}{{method="POST",path="/v1/search",status="422"}}')
    assert 1 == figure(text, f'{count}{{method="GET",path="/v1/documents/{{document_id}}",status="404"}}')
    assert 1 == figure(text, f'{count}{{method="GET",path="other",status="404"}}')
    assert 'method="other"' in text
    assert 1 == figure(text, "liuwei_requests_inside")  # this one
    assert "abc" not in text


def test_the_size_of_the_corpus_and_abstentions_are_shown(client, report):
    before = figures(client)
    document = client.post("/v1/documents", json={"text": report}).json()
    client.post("/v1/classify", json={"input": ["好", "下村调研走马观花，与群众谈心不多"]})

    text = figures(client)

    assert 0 == figure(before, "liuwei_index_documents")
    assert (1, document["sentences"]) == (
        figure(text, "liuwei_index_documents"),
        figure(text, "liuwei_index_sentences"),
    )
    assert 1 == figure(text, 'liuwei_abstained_total{reason="too_short"}')
    assert 2 <= sum(float(value) for value in re.findall(r"^liuwei_classified_total\{.*\} (\S+)", text, re.MULTILINE))


def test_batches_are_counted(client, runtime):
    names = ("liuwei_batch_texts_sum", "liuwei_batch_requests_sum", "liuwei_encoding_seconds_count")
    before = figures(client)

    runtime.observer.encoded(texts=5, requests=3, seconds=0.01)

    after = figures(client)
    assert [5, 3, 1] == [figure(after, name) - figure(before, name) for name in names]


def test_a_corpus_that_cannot_be_opened_keeps_nobody_from_the_figures(make_runtime, tmp_path):
    runtime = make_runtime(data_dir=tmp_path / "file")
    (tmp_path / "file").touch()

    with TestClient(create_app(runtime)) as client:
        assert 200 == client.get("/metrics").status_code


@pytest.mark.parametrize("path", ["/v1/classify", "/v1/search", "/v1/documents", "/retrieval", "/v1/embeddings"])
def test_every_request_is_logged_with_its_id_and_without_a_word_of_the_report(client, path):
    bodies = {
        "/v1/classify": {"input": [SECRET]},
        "/v1/search": {"query": SECRET},
        "/v1/documents": {"text": SECRET, "title": SECRET},
        "/retrieval": {"knowledge_id": SECRET, "query": SECRET, "retrieval_setting": {}},
        "/v1/embeddings": {"input": SECRET},
    }

    with structlog.testing.capture_logs() as logged:
        response = client.post(path, json=bodies[path], headers={"X-Request-ID": "r-1"})

    (line,) = [line for line in logged if line["event"] == "request"]
    assert response.status_code in (200, 201)
    assert ("r-1", "POST", path, response.status_code) == (
        line["request_id"],
        line["method"],
        line["path"],
        line["status"],
    )
    assert line["ms"] > 0
    assert SECRET not in str(logged)
    assert SECRET not in figures(client)
