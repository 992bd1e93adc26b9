"""From exceptions to the one error body: `{"error": {"type", "message", "param", "request_id"}}`."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from service.dify import RETRIEVAL, dify_error
from service.errors import FAULTS, MACHINE, Outcome, outcome
from service.shortages import plain

REQUEST_ID_HEADER = "X-Request-ID"
# What the router, or a body that cannot be parsed at all, raises. The frameworks' 400 is one more wrong body.
_HTTP_KINDS = {
    404: "not_found",
    405: "method_not_allowed",
    408: "body_too_slow",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
}
_CLEARER = {
    "extra_forbidden": "this field is unknown",
    "is_instance_of": "wanted is a file, a part with a filename",
    "missing": "this field is missing",
    "model_attributes_type": "wanted is an object",
    "model_type": "wanted is an object",
    "too_short": "it is empty",
    "value_error": "it holds half a character, as \\ud800 without its other half",
}
_FASTAPI_GAVE_UP = "There was an error parsing the body"
# What SQLite or the system says of a disk or a folder has no row of its own.
_ENVIRONMENT = Outcome(status=503, exit_code=3, type="environment")
LONGEST_MESSAGE = 1000
LONGEST_PARAM = 200

log = structlog.get_logger()


def install_handlers(app: FastAPI) -> None:
    """Answer every known exception with the error body. Strangers are left to the outermost middleware."""
    app.add_exception_handler(RequestValidationError, _on_wrong_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    for kind in (*FAULTS, *MACHINE):
        app.add_exception_handler(kind, _on_fault)


def error_response(
    request: Request,
    *,
    status: int,
    kind: str,
    message: str,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the error body as a response. Message and param may quote the caller: they are cut, and fit for UTF-8."""
    shown = _clean(message, LONGEST_MESSAGE)
    error = {
        "type": kind,
        "message": shown,
        "param": _clean(param, LONGEST_PARAM) if param else None,
        "request_id": request_id(request),
    }
    also = dify_error(kind, status, shown) if request.scope["path"] == RETRIEVAL else {}
    return JSONResponse({**also, "error": error}, status_code=status, headers=headers)


def fault_response(request: Request, fault: BaseException, *, status: int | None = None) -> JSONResponse:
    """Return the error body of a known fault, with the status of the table unless another is given."""
    fault = plain(fault)
    found = outcome_of(fault)
    status = status or found.status
    if status >= 500:
        log.warning("fault", request_id=request_id(request), type=found.type, message=str(fault))
    param, headers = getattr(fault, "param", None), getattr(fault, "headers", None)
    return error_response(request, status=status, kind=found.type, message=str(fault), param=param, headers=headers)


def outcome_of(fault: BaseException) -> Outcome:
    """Return what the fault means; one without a row, as an OSError, is one of the machine."""
    try:
        return outcome(plain(fault))
    except KeyError:
        return _ENVIRONMENT


def request_id(request: Request) -> str:
    """Return the id that the middleware gave to the request."""
    return str(request.state.request_id)


def media_type(request: Request) -> str:
    """Return what a request says that its body is, without parameters and in small letters, "" for nothing."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def param_of(location: Sequence[int | str]) -> str | None:
    """Return a place in a request as a path: `("body", "input", 1, "text")` is `input[1].text`; the whole is None.

    Parts in <> name the branch of a union, `[key]` a wrong key: neither is a step in the body.
    """
    path = ""
    for step in location[1:]:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step != "[key]" and not (step.startswith("<") and step.endswith(">")):
            path += f".{step}"
    return path.removeprefix(".") or None


async def _on_fault(request: Request, fault: Exception) -> JSONResponse:
    return fault_response(request, fault)


async def _on_wrong_request(request: Request, fault: Exception) -> JSONResponse:
    errors: Sequence[Any] = fault.errors() if isinstance(fault, RequestValidationError) else ()
    first, *others = sorted(errors, key=lambda error: error["type"] != "extra_forbidden")
    param, message = _described(first, request)
    # One that is unknown often is the one that is missing, misspelt: that one is named too.
    missing = [error for error in others if first["type"] == "extra_forbidden" and error["type"] == "missing"][:1]
    message = "; ".join([message, *(_described(error, request)[1] for error in missing)])
    if len(others) > len(missing):
        message += f" (and {len(others) - len(missing)} more)"
    return error_response(request, status=422, kind="invalid_request", message=message, param=param)


async def _on_http_exception(request: Request, fault: Exception) -> JSONResponse:
    raised = fault if isinstance(fault, HTTPException) else HTTPException(500)
    status = 422 if raised.status_code == 400 else raised.status_code
    return error_response(
        request,
        status=status,
        kind=_HTTP_KINDS.get(status, "http_error"),
        message=_http_message(request, raised),
        headers={"Allow": _allowed(request)} if status == 405 else raised.headers,
    )


def _described(error: Mapping[str, Any], request: Request) -> tuple[str | None, str]:
    """Return param and message of one finding of pydantic. Its own messages never quote what was sent."""
    kind, place = error["type"], error["loc"]
    if kind == "json_invalid":
        reason = error.get("ctx", {}).get("error") or error["msg"].removeprefix("Invalid JSON: ")
        if isinstance(place[-1], int):
            return None, f"the body is no JSON: {reason} at character {place[-1]}"
        # One field of a form can be JSON by itself.
        param = param_of(place)
        return param, f"{param or 'the body'} is no JSON: {reason}"
    if len(place) == 1 and kind != "too_many_fields":
        return None, _wrong_whole(kind, request)
    param = param_of(place)
    return param, f"{param or 'the body'}: {_said(error)}"


def _wrong_whole(kind: str, request: Request) -> str:
    """Return what is wrong with a body that is no object at all, however many fields it may have."""
    if media_type(request) == "application/json":
        return "the body is empty; wanted is a JSON object" if kind == "missing" else "the body must be a JSON object"
    return "the body must be a JSON object, sent with Content-Type: application/json"


def _said(error: Mapping[str, Any]) -> str:
    """Return what pydantic says, in clearer words where there are any; a "value" whose items it counts is a text."""
    message = str(_CLEARER.get(error["type"], error["msg"])).replace(" after validation", "")
    return message.replace(" items", " characters") if message.startswith("Value should have at most") else message


def _http_message(request: Request, fault: HTTPException) -> str:
    if fault.status_code == 404:
        return "no such path; /docs shows all there are"
    if fault.status_code == 405:
        return f"{request.method} is not for this path, which takes {_allowed(request)}"
    if fault.detail == _FASTAPI_GAVE_UP:
        return "the body cannot be parsed; wanted is JSON in UTF-8"
    return str(fault.detail)


def _allowed(request: Request) -> str:
    """Return the methods that the path takes, as the OpenAPI document shows them.

    Starlette names only those of the first route that has the path; those of a path with names in it, which would take
    this one too, belong to another.
    """
    paths: Mapping[str, Mapping[str, Any]] = request.app.openapi()["paths"]
    found = [path for path in paths if compile_path(path)[0].match(request.url.path)]
    methods = paths[min(found, key=lambda path: path.count("{"))] if found else ["get", "head"]
    return ", ".join(sorted(method.upper() for method in methods))


def _clean(text: str, longest: int) -> str:
    """Return the text without halves of characters, which JSON can carry and UTF-8 cannot, and not too long."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole if len(whole) <= longest else whole[: longest - 1] + "…"
