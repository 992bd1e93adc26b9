"""Which requests a strange web page could be behind, in the browser of somebody on this machine.

A browser sends forms and files to loopback for any page. A page whose name was made to lead to loopback afterwards
(DNS rebinding) could read the answers too; the Host header still says that name. A page knows no key: where one is
asked for, none of this matters.
"""

import ipaddress
import re

from starlette.datastructures import Headers
from starlette.types import Scope

from service.errors import ForeignRequest

_ADVICE = "'liuwei keys create' makes a key; with one, any program may ask"
_HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[^\[\]:]+))(?::\d*)?")
# What browsers say of a request that a page of another origin makes; programs say nothing.
_FOREIGN_SITES = ("cross-site", "same-site")


def refuse_foreign(scope: Scope) -> None:
    """Raise ForeignRequest where a page of another origin asks, or one to whom the machine has a strange name."""
    headers = Headers(scope=scope)
    host, origin = headers.get("host", "").lower(), headers.get("origin", "").lower()
    # The server is the address of the socket, or, without a socket, the name that a program in this process gave.
    server = scope.get("server")
    if host and not is_loopback_name(name := _name(host)) and not (server and name == server[0]):
        raise ForeignRequest(f"without a key this machine is called localhost or 127.0.0.1, not {host!r}; {_ADVICE}")
    if origin and origin.partition("://")[2] != host:
        raise ForeignRequest(f"without a key no page of another origin is answered ({origin!r}); {_ADVICE}")
    if headers.get("sec-fetch-site") in _FOREIGN_SITES:
        raise ForeignRequest(f"without a key no page of another origin is answered; {_ADVICE}")


def is_loopback_name(name: str) -> bool:
    """Return whether an address or name is this machine's own, whatever a name server says."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _name(host: str) -> str:
    """Return a Host header without its port, "" for a malformed one."""
    found = _HOST.fullmatch(host)
    return (found["address"] or found["name"]) if found else ""
