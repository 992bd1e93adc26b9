"""An account of every request: a line in the log and a figure for Prometheus. Never of what was asked."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.metrics import Metrics

# A path without a route may hold anything, and each would be a figure of its own.
NO_ROUTE = "other"
# The caller went away before there was an answer.
GONE = 499

log = structlog.get_logger()


class Accounts:
    """Take note of every request when it has been answered. Stands outside all that may answer."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        status, start = GONE, time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.inside.inc()
        try:
            await self._app(scope, receive, noting)
        finally:
            self._metrics.inside.dec()
            self._note(scope, status, time.perf_counter() - start)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        path, method = getattr(scope.get("route"), "path", NO_ROUTE), _method(scope)
        self._metrics.answered(method=method, path=path, status=status, seconds=seconds)
        state = scope.get("state", {})
        log.info(
            "request",
            request_id=state.get("request_id"),
            key_id=state.get("key_id"),
            method=method,
            path=path,
            status=status,
            ms=round(seconds * 1000, 1),
        )


def _method(scope: Scope) -> str:
    """Return the method, one word for all that HTTP does not know: callers may invent any number of them."""
    known = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
    return scope["method"] if scope["method"] in known else NO_ROUTE
