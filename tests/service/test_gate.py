import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.gate import needed_role, needs_keys
from service.keys import FILE_NAME, KeyFile


@pytest.fixture
def guarded(make_runtime):
    """Return a client of a service that has a key of each role, and their tokens."""
    runtime = make_runtime()
    keys = KeyFile(runtime.settings.data_dir)
    tokens = {role: keys.create(name=role, role=role).token for role in ("read", "write", "admin")}
    with TestClient(create_app(runtime)) as client:
        yield client, tokens


def shown(token):
    return {"Authorization": f"Bearer {token}"}


def kind(response):
    return response.status_code, response.json()["error"]["type"]


def test_without_keys_nobody_on_this_machine_needs_one(client):
    assert 200 == client.post("/v1/search", json={"query": "学习"}).status_code


def test_where_others_could_ask_a_key_is_needed_even_if_there_is_none(make_runtime):
    with TestClient(create_app(make_runtime(host="0.0.0.0"))) as client:
        assert (401, "missing_key") == kind(client.post("/v1/search", json={"query": "学习"}))
        assert (401, "wrong_key") == kind(client.get("/v1/documents", headers=shown("liuwei_x_y")))


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {}x", "Bearer x{}", "Bearer 密钥".encode()]
)
def test_a_missing_malformed_or_wrong_key_is_401_and_says_how_to_show_one(guarded, header):
    client, tokens = guarded
    given = header if isinstance(header, bytes) else header.format(tokens["admin"])

    response = client.post("/v1/classify", json={"input": ["学习"]}, headers={"Authorization": given} if given else {})

    assert 401 == response.status_code
    assert response.json()["error"]["type"] in ("missing_key", "wrong_key")
    assert "Bearer" == response.headers["WWW-Authenticate"]
    assert response.headers["X-Request-ID"]


def test_each_role_may_do_its_own_and_no_more(guarded, report):
    client, tokens = guarded
    add = {"text": report}

    document = client.post("/v1/documents", json=add, headers=shown(tokens["write"])).json()["document_id"]
    for role in ("read", "write", "admin"):
        assert 200 == client.post("/v1/search", json={"query": "学习"}, headers=shown(tokens[role])).status_code
        assert 200 == client.get("/metrics", headers=shown(tokens[role])).status_code
    assert (403, "forbidden") == kind(client.post("/v1/documents", json=add, headers=shown(tokens["read"])))
    assert (403, "forbidden") == kind(client.delete(f"/v1/documents/{document}", headers=shown(tokens["write"])))
    assert 200 == client.delete(f"/v1/documents/{document}", headers=shown(tokens["admin"])).status_code


def test_a_key_is_looked_at_before_the_body(guarded):
    client, _ = guarded

    assert 401 == client.post("/v1/classify", content=b"{").status_code
    assert 401 == client.post("/v1/nowhere", content=b"{").status_code


def test_probes_and_the_documentation_are_open(guarded):
    client, _ = guarded

    for path in ("/livez", "/readyz", "/docs", "/openapi.json"):
        assert 200 == client.get(path).status_code


def test_where_the_last_key_is_revoked_a_key_is_asked_for_all_the_same(guarded, make_runtime):
    client, tokens = guarded
    keys = KeyFile(make_runtime().settings.data_dir)

    for token in tokens.values():
        keys.revoke(token.split("_")[1])

    assert (401, "missing_key") == kind(client.get("/v1/documents"))
    assert (401, "wrong_key") == kind(client.get("/v1/documents", headers=shown(tokens["admin"])))
    (make_runtime().settings.data_dir / FILE_NAME).unlink()
    assert 200 == client.get("/v1/documents").status_code


def test_a_revoked_key_is_refused_from_the_next_request_on(guarded, make_runtime):
    client, tokens = guarded
    assert 200 == client.get("/v1/documents", headers=shown(tokens["read"])).status_code

    KeyFile(make_runtime().settings.data_dir).revoke(tokens["read"].split("_")[1])

    assert (401, "wrong_key") == kind(client.get("/v1/documents", headers=shown(tokens["read"])))


def test_a_damaged_file_of_keys_lets_nobody_in(guarded, make_runtime):
    client, tokens = guarded

    make_runtime().settings.data_dir.joinpath(FILE_NAME).write_text("?", encoding="utf-8")

    assert (503, "keys_damaged") == kind(client.get("/v1/documents", headers=shown(tokens["admin"])))
    assert 200 == client.get("/livez").status_code


def test_what_a_path_needs_is_write_unless_it_is_known_to_store_nothing(client):
    paths = client.get("/openapi.json").json()["paths"]
    needed = {
        f"{method.upper()} {path}": needed_role(method.upper(), path)
        for path, methods in paths.items()
        for method in methods
    }

    assert "write" == needed_role("POST", "/v1/something-new")
    assert "write" == needed["POST /v1/documents"]
    assert "admin" == needed["DELETE /v1/documents/{document_id}"]
    assert "read" == needed["GET /metrics"]
    assert "read" == needed["POST /retrieval"]
    assert {role for path, role in needed.items() if path.startswith("GET /v1/")} == {"read"}
    assert {"GET /livez", "GET /readyz"} == {path for path, role in needed.items() if role is None}
    assert "write" == needed_role("POST", "/docsX")


@pytest.mark.parametrize(
    ("host", "needed"),
    [
        ("127.0.0.1", False),
        ("127.8.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("192.168.1.5", True),
        ("127.example.org", True),
        ("", True),
    ],
)
def test_keys_are_needed_where_the_address_is_not_loopback(host, needed):
    assert needed == needs_keys(host)
