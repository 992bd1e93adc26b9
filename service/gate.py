"""Who may do what over HTTP: looks at the key of a request before anything of its body is read."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.dify import RETRIEVAL
from service.errors import FAULTS, Forbidden, MissingKey, WrongKey
from service.handlers import fault_response
from service.keys import ApiKey, KeyFile, Role
from service.origins import is_loopback_name, refuse_foreign

# What tells a probe or a reader of the documentation nothing about the corpus.
OPEN_PATHS = ("/livez", "/readyz", "/openapi.json", "/docs")
# Asked with a body, and nothing is stored.
READING_POSTS = ("/v1/classify", "/v1/search", "/v1/embeddings", RETRIEVAL)
# What is gone for all, or changes the answers that all get.
DOCUMENTS = "/v1/documents/"
FOR_ALL = ("/v1/heads", "/v1/feedback/refit")


class Gate:
    """Let a request in that shows a key good enough for it.

    Where none is required and none was ever made, any is let in that no strange web page can be behind. `required` is
    whether a key must be shown even where none was ever made.
    """

    def __init__(self, app: ASGIApp, *, keys: KeyFile, required: bool) -> None:
        self._app = app
        self._keys = keys
        self._required = required

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        try:
            self._check(scope)
        except FAULTS as fault:
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": 1008})
            # Dify knows a refused key by 403 alone.
            status = 403 if scope["path"] == RETRIEVAL and isinstance(fault, WrongKey) else None
            return await fault_response(Request(scope), fault, status=status)(scope, receive, send)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        role = needed_role(scope.get("method", "GET"), scope["path"])
        if role is None:
            return
        if not (self._required or self._keys.ever_made()):
            return refuse_foreign(scope)
        key = self._holder(Headers(scope=scope).get("authorization", ""))
        scope.setdefault("state", {})["key_id"] = key.key_id
        if not key.may(role):
            raise Forbidden(f"key {key.key_id} has the role {key.role}; this needs {role}")

    def _holder(self, authorization: str) -> ApiKey:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise MissingKey("show a key: Authorization: Bearer KEY; 'liuwei keys create' makes one")
        key = self._keys.holder_of(token.strip())
        if key is None:
            raise WrongKey("this key is unknown or was revoked; 'liuwei keys create' makes another")
        return key


def needed_role(method: str, path: str) -> Role | None:
    """Return the role that a request needs, None for none. What is not known to store nothing needs `write`."""
    if any(path == known or path.startswith(known + "/") for known in OPEN_PATHS):
        return None
    if (method == "DELETE" and path.startswith(DOCUMENTS)) or (method == "POST" and path.startswith(FOR_ALL)):
        return "admin"
    if method in ("GET", "HEAD", "OPTIONS") or (method == "POST" and path.rstrip("/") in READING_POSTS):
        return "read"
    return "write"


def needs_keys(host: str) -> bool:
    """Return whether who listens on that address can be reached from other machines. A name counts as if it could."""
    return not is_loopback_name(host)
