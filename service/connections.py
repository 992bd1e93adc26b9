"""A connection of the server, which gives the head of a request neither all time nor all memory.

Keys are looked at after the head, so whoever can reach the port can send one; uvicorn waits for it for ever and keeps
whatever comes.
"""

import asyncio
import json
import uuid
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_WITHIN_S = 30.0
LARGEST_HEAD = 65_536
TOO_LARGE = f"The headers are larger than {LARGEST_HEAD} bytes."


class Connection(HttpToolsProtocol):
    """uvicorn's, closed where the head of a request is late and answered with 400 where it is too large."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._in_head = True
        self._limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes before the head is complete."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response(TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin with the head of a request."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """Be content: the application looks after the rest."""
        self._wait_no_more()
        self._in_head, self._head_bytes = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect another head."""
        self._in_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP with the error body that everything else has, and close."""
        request_id = uuid.uuid4().hex
        error = {"type": "invalid_http", "message": msg, "param": None, "request_id": request_id}
        body = json.dumps({"error": error}).encode()
        head = {"Content-Type": "application/json", "Content-Length": len(body), "X-Request-ID": request_id}
        lines = ["HTTP/1.1 400 Bad Request", *(f"{name}: {value}" for name, value in head.items()), "Connection: close"]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()

    def _wait(self) -> None:
        self._wait_no_more()
        self._limit = self.loop.call_later(HEAD_WITHIN_S, self._late)

    def _wait_no_more(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _late(self) -> None:
        # The answer to a request before this one is worth more than an end to this one.
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
