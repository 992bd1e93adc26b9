"""What every HTTP request passes through, as plain ASGI: its id, the net for strangers, and the limits of its body."""

import asyncio
import re
import uuid

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import FAULTS, places
from service.handlers import REQUEST_ID_HEADER, error_response, fault_response
from service.shortages import plain

# Ids of callers go into logs and headers: nothing that could break a line of either.
_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

# A body that comes slower holds the place of a request for as long as its sender likes.
BODY_WITHIN_S = 30.0
LEAST_BYTES_A_SECOND = 10_000

log = structlog.get_logger()


class RequestIds:
    """Give every request an id, the caller's own where it is sane, and answer any stranger with a plain 500.

    Starlette's own net raises the stranger again, so that the server would print its text: a text may quote a report.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request_id = request_id_of(Headers(scope=scope).get(REQUEST_ID_HEADER))
        scope.setdefault("state", {})["request_id"] = request_id
        answering = _Answering(send, request_id)
        try:
            await self._app(scope, receive, answering)
        except ClientDisconnect:
            pass  # nobody is left to answer
        except Exception as error:  # noqa: BLE001 - the last net; the fault is logged without its text
            if isinstance(fault := plain(error), FAULTS) and not answering.started:
                return await fault_response(Request(scope), fault)(scope, receive, answering)
            log.error("internal_error", request_id=request_id, kind=type(error).__qualname__, at=places(error))
            if not answering.started:
                await _internal_error(Request(scope))(scope, receive, answering)


class BodyLimit:
    """Refuse a body of more than `max_bytes` with 413, by its declared length or, without one, while it is read.

    A packed one is refused with 415, one that comes too slowly with 408.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        await self._app(scope, _Counted(receive, Headers(scope=scope), self._max_bytes), send)


class _Answering:
    """A `send` that adds what every answer has, as the request id, and knows whether the answer has begun."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID_HEADER] = self._request_id
            # The page of the documentation can send any request: none shall be clicked in it unseen, inside another.
            headers["X-Frame-Options"] = "DENY"
        await self._send(message)


class _Counted:
    """A `receive` that raises HTTPException: 415 for a packed body, 413 for one above the limit, 408 for a slow one."""

    def __init__(self, receive: Receive, headers: Headers, max_bytes: int) -> None:
        declared = headers.get("content-length", "")
        self._receive = receive
        self._declared = int(declared) if declared.isdecimal() else 0
        self._coding = headers.get("content-encoding", "identity").strip().lower()
        self._max_bytes = max_bytes
        self._counted = 0
        self._begun_s: float | None = None
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:
            # Whoever asks now wants to know when the caller goes away.
            return await self._receive()
        self._refuse_above_limit(self._declared)
        if self._coding != "identity":
            raise HTTPException(415, f"a body packed as {self._coding!r} is not taken; send it as it is")
        message = await self._in_time()
        self._counted += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        self._refuse_above_limit(self._counted)
        return message

    async def _in_time(self) -> Message:
        if self._begun_s is None:
            self._begun_s = asyncio.get_running_loop().time()
        given_s = BODY_WITHIN_S + self._counted / LEAST_BYTES_A_SECOND
        try:
            async with asyncio.timeout_at(self._begun_s + given_s):
                return await self._receive()
        except TimeoutError as error:
            found = f"after {given_s:.0f} s {self._counted:,} bytes of the body are here and more are to come"
            raise HTTPException(408, f"{found}; send it faster", {"Connection": "close"}) from error

    def _refuse_above_limit(self, length: int) -> None:
        if length > self._max_bytes:
            raise HTTPException(413, f"the body is larger than the limit of {self._max_bytes:,} bytes; split it")


def request_id_of(given: str | None) -> str:
    """Return the id that a caller gave, or a new one where it gave none or none that is fit for a log."""
    return given if given and _SANE_ID.fullmatch(given) else uuid.uuid4().hex


def _internal_error(request: Request) -> ASGIApp:
    message = "something went wrong on our side; the log has more under this request_id"
    return error_response(request, status=500, kind="internal_error", message=message)
