"""How many requests are taken in at once: more than that are told to come back, and when."""

import math
import time

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import Overloaded
from service.handlers import fault_response

# A probe must be answered even when nobody else is; an operator looks at the figures just then.
ALWAYS_OPEN = ("/livez", "/readyz", "/metrics")
LATEST_SHARE = 0.1
LONGEST_RETRY_S = 60


class Admission:
    """Answer 429 to what comes while `most` requests are being answered or wait for it."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self._app = app
        self._most = most
        self._inside = 0
        self._seconds = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] in ALWAYS_OPEN:
            return await self._app(scope, receive, send)
        if self._inside >= self._most:
            return await fault_response(Request(scope), self._full())(scope, receive, send)
        self._inside += 1
        start = time.monotonic()
        try:
            await self._app(scope, receive, send)
        finally:
            self._inside -= 1
            self._seconds += LATEST_SHARE * (time.monotonic() - start - self._seconds)

    def _full(self) -> Overloaded:
        # Whoever comes now would wait about as long as those did who came before: then there is room again.
        retry_after_s = min(LONGEST_RETRY_S, max(1, math.ceil(self._seconds)))
        return Overloaded(
            f"{self._most} requests are being answered already; try again in {retry_after_s} s",
            retry_after_s=retry_after_s,
        )
