import contextlib
import json
import socket
import threading
import time

import pytest
import uvicorn

from service import connections
from service.connections import LARGEST_HEAD, Connection

WITHIN_S = 0.3
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def connect(monkeypatch):
    """Return what connects to a server that waits for a head for a short time."""
    monkeypatch.setattr(connections, "HEAD_WITHIN_S", WITHIN_S)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=Connection, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    with contextlib.ExitStack() as opened:
        yield lambda: opened.enter_context(socket.create_connection(listening.getsockname(), timeout=20))
        server.should_exit = True
        thread.join(20)


def received(connection):
    """Return all that comes until the other side closes."""
    content = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            content += piece
    return content


@pytest.mark.parametrize("sent", [b"", HEAD])
def test_a_head_that_does_not_come_closes_the_connection(connect, sent):
    slow, began_s = connect(), time.monotonic()
    slow.sendall(sent)

    assert b"" == received(slow)
    assert WITHIN_S <= time.monotonic() - began_s < 10


def test_the_head_of_a_second_request_has_its_time_too(connect):
    kept = connect()
    kept.sendall(HEAD + b"\r\n")
    assert kept.recv(1000).endswith(b"ok")
    kept.sendall(HEAD)

    assert b"" == received(kept)


def test_what_is_no_http_has_the_error_body_too(connect):
    strange = connect()
    strange.sendall(b"GET /\xe5\xad\xa6 HTTP/1.1\r\nHost: localhost\r\n\r\n")

    head, _, body = received(strange).partition(b"\r\n\r\n")
    error = json.loads(body)["error"]

    assert head.startswith(b"HTTP/1.1 400 ")
    assert {"type": "invalid_http", "param": None} == {name: error[name] for name in ("type", "param")}
    assert f"X-Request-ID: {error['request_id']}".encode() in head and error["message"]


def test_a_head_that_is_too_large_is_400_and_a_body_may_be_as_long_as_it_likes(connect):
    large, body = connect(), connect()
    large.sendall(HEAD + b"X: " + b"x" * LARGEST_HEAD)
    body.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n")
    time.sleep(WITHIN_S * 2)
    body.sendall(b"x" * 200_000)

    assert received(large).startswith(b"HTTP/1.1 400 ")
    assert received(body).startswith(b"HTTP/1.1 200 ")
