import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.keys import KeyFile

EVIL = "https://evil.example"
FORM = {"files": {"file": ("甲.txt", "理论学习不够深入，满足于读文件。".encode())}}
BY_NAME = {"Host": "evil.example:8000", "Origin": "http://evil.example:8000", "Sec-Fetch-Site": "same-origin"}


def kind(response):
    return response.status_code, response.json().get("error", {}).get("type")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://testserver.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        BY_NAME,
        {"Host": "localhost.evil.example"},
        {"Host": "127.0.0.1.evil.example:8000"},
        {"Host": "192.0.2.1:8000"},
        {"Host": "[::1"},
        {"Host": ":8000"},
    ],
)
def test_a_page_of_another_origin_adds_removes_and_reads_nothing(client, report, headers):
    document = client.post("/v1/documents", json={"text": report}).json()["document_id"]

    refused = [
        client.post("/v1/documents", **FORM, headers=headers),
        client.post("/v1/jobs/files", **FORM, headers=headers),
        client.post("/v1/heads/undo", headers=headers),
        client.delete(f"/v1/documents/{document}", headers=headers),
        client.get(f"/v1/documents/{document}", headers=headers),
        client.get("/metrics", headers=headers),
    ]

    assert {(403, "foreign_request")} == {kind(response) for response in refused}
    assert all("liuwei keys create" in response.json()["error"]["message"] for response in refused)
    assert [document] == [row["document_id"] for row in client.get("/v1/documents").json()["data"]]
    assert 0 == client.get("/v1/jobs").json()["total"]


@pytest.mark.parametrize("host", ["localhost:8000", "LOCALHOST", "127.0.0.1:8000", "127.8.0.1", "[::1]:8000"])
def test_a_program_and_the_page_of_the_documentation_are_answered(client, host):
    page = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}

    assert 200 == client.get("/v1/documents", headers={"Host": host}).status_code
    assert 201 == client.post("/v1/documents", **FORM, headers=page).status_code
    assert 200 == client.get("/v1/documents", headers={"Host": host, "Sec-Fetch-Site": "none"}).status_code


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/docs", "/openapi.json"])
def test_what_tells_nothing_of_the_corpus_is_open_under_any_name(client, path):
    assert 200 == client.get(path, headers={**BY_NAME, "Sec-Fetch-Site": "cross-site"}).status_code


def test_no_answer_is_shown_inside_another_page(client):
    assert {"DENY"} == {
        client.get(path).headers.get("X-Frame-Options") for path in ("/docs", "/v1/documents", "/nowhere")
    }


def test_who_shows_a_key_may_ask_from_anywhere(make_runtime):
    runtime = make_runtime()
    token = KeyFile(runtime.settings.data_dir).create(name="Dify", role="write").token
    shown = {"Authorization": f"Bearer {token}", "Origin": EVIL, "Sec-Fetch-Site": "cross-site", "Host": "office:8000"}

    with TestClient(create_app(runtime)) as client:
        assert 201 == client.post("/v1/documents", **FORM, headers=shown).status_code
        assert 200 == client.post("/v1/search", json={"query": "学习"}, headers=shown).status_code
        assert (401, "missing_key") == kind(client.get("/v1/documents", headers={"Origin": EVIL}))


def test_dify_is_told_in_its_own_words(client):
    body = {"knowledge_id": "k", "query": "学习", "retrieval_setting": {"top_k": 1, "score_threshold": 0}}

    answer = client.post("/retrieval", json=body, headers={"Host": "office:8000"})

    assert (403, 403) == (answer.status_code, answer.json()["error_code"])
    assert "liuwei keys create" in answer.json()["error_msg"]
