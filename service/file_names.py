"""The name of an uploaded file, in the ways in which the clients in use write one that is not ASCII.

RFC 7578 wants UTF-8 as it is. aiohttp writes all of it in percent escapes, .NET a `filename*` beside a name in MIME
words, curl on Chinese Windows GBK; and browsers escape the quotes in it.
"""

import re
from pathlib import PurePosixPath

from starlette.datastructures import UploadFile

from index.text import normalize

_EXTENDED = re.compile(r"filename\*\s*=\s*\"?utf-8'[^']*'([^\s;\"]+)", re.IGNORECASE)
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(b"%(..)")


def file_name(upload: UploadFile) -> str:
    """Return the name of the file, one line without the folders before it, "" where it has none."""
    header = upload.headers.get("content-disposition", "")
    found = _EXTENDED.search(header)
    name = _unescaped(found[1]) if found else _unescaped(normalize(_decoded(upload.filename or "", header)))
    last = " ".join(PurePosixPath(normalize(name).replace("\\", "/")).name.splitlines())
    return "" if last == ".." else last


def _decoded(name: str, header: str) -> str:
    """Return the name from GB18030 where its header, of which each character is a byte, is no UTF-8."""
    try:
        header.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return name.encode("latin-1", "replace").decode("gb18030", "replace")
    return name


def _unescaped(name: str) -> str:
    """Return the name without percent escapes, or as it is where a `%` in it begins none."""
    if _BROKEN_ESCAPE.search(name):
        return name
    try:
        return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), name.encode()).decode()
    except UnicodeDecodeError:
        return name
