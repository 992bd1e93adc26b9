"""`liuwei serve`: uvicorn on a socket of our own, so that a taken port is said plainly and with its exit code."""

import contextlib
import signal
import socket
import sys
from types import FrameType

import uvicorn

from service import console
from service.app import create_app
from service.errors import PortTaken
from service.runtime import Runtime
from service.settings import Settings


def serve_until_stopped(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, then exit with 0. Raises PortTaken where the address cannot be listened on."""
    listening = _listen(settings.host, settings.port)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Once uvicorn has shut down in order, it raises the signal again for whoever handled it before.
        signal.signal(number, _exit)
    host, port = listening.getsockname()[:2]
    console.say(f"liuwei serves http://{host}:{port} (documentation at /docs); stop with Ctrl+C")
    app = create_app(Runtime(settings))
    uvicorn.Server(uvicorn.Config(app, log_level=settings.log_level, access_log=False)).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with contextlib.ExitStack() as opening:
            listening = opening.enter_context(socket.socket(family, kind))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
            opening.pop_all()
    except OSError as error:
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror or error}; choose another --port") from error
    return listening


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(0)
