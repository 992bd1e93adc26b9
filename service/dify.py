"""What Dify's external knowledge API wants beside our own contract: where it asks, and its words for errors."""

RETRIEVAL = "/retrieval"
_CODES = {"missing_key": 1001, "wrong_key": 1002, "forbidden": 1002, "no_corpus": 2001}


def dify_error(kind: str, status: int, message: str) -> dict[str, int | str]:
    """Return the error as Dify reads it: 1001 no key, 1002 a wrong one, 2001 no knowledge, else the HTTP status."""
    return {"error_code": _CODES.get(kind, status), "error_msg": message}
