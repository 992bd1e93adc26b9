"""`liuwei serve`: uvicorn on a socket of our own, so that a taken port is said plainly and with its exit code."""

import contextlib
import gc
import resource
import signal
import socket
import sys
import tempfile
from pathlib import Path
from types import FrameType

import structlog
import uvicorn

from index.errors import CorpusUnwritable
from index.folders import make_private
from service import console
from service.app import create_app
from service.connections import Connection
from service.errors import NoKeys, PortTaken
from service.gate import needs_keys
from service.keys import KeyFile
from service.logs import configure_logs
from service.runtime import Runtime
from service.settings import Settings

# As a fault of the environment, on the command line.
START_FAILED = 3

log = structlog.get_logger()


class Server(uvicorn.Server):
    """The server, which keeps what it opened when it started from what the collector of garbage looks through.

    With many requests at once it looks often: it took an eighth of the interpreter's time.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and open all that the application opens."""
        await super().startup(sockets=sockets)
        gc.collect()
        gc.freeze()


def serve_until_stopped(settings: Settings, *, as_json: bool = False) -> None:
    """Serve until SIGINT or SIGTERM, then exit with 0, or with 3 where the start failed.

    With `as_json` the address is a line of JSON on stdout too.

    Raises CorpusUnwritable for a data directory that is none or may not be written to, NoKeys where other machines
    could ask without a key, PortTaken where the address cannot be listened on.
    """
    _refuse_unwritable(settings.data_dir)
    _refuse_keyless(settings)
    listening = _listen(settings.host, settings.port)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Once uvicorn has shut down in order, it raises the signal again for whoever handled it before.
        signal.signal(number, _exit)
    host, port = listening.getsockname()[:2]
    url = url_of(host, port)
    console.say(f"liuwei serves {url} (documentation at /docs); stop with Ctrl+C")
    if as_json:
        console.print_json({"url": url, "host": host, "port": port})
    configure_logs(settings.log_level)
    raise_open_files()
    app = create_app(Runtime(settings))
    config = uvicorn.Config(
        app,
        http=Connection,
        log_config=None,
        log_level=settings.log_level,
        access_log=False,
        timeout_graceful_shutdown=settings.stop_within_s,
    )
    server = Server(config)
    server.run(sockets=[listening])
    if not server.started:
        sys.exit(START_FAILED)


def url_of(host: str, port: int) -> str:
    """Return where the service is asked; an IPv6 address stands in square brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def raise_open_files() -> None:
    """Let the process open as many files and connections as it may; many systems begin with 1,024, a few clients."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return
    with contextlib.suppress(OSError, ValueError):  # a container may forbid it
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        log.info("open_files", before=soft, now=hard)


def _refuse_unwritable(folder: Path) -> None:
    try:
        make_private(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = "it is no folder" if folder.exists() and not folder.is_dir() else error.strerror or str(error)
        raise CorpusUnwritable(
            f"{folder} cannot be written to ({reason}); check its permissions or name another with --data-dir"
        ) from error


def _refuse_keyless(settings: Settings) -> None:
    if needs_keys(settings.host) and not KeyFile(settings.data_dir).keys():
        raise NoKeys(
            f"{settings.host} can be reached from other machines, and {settings.data_dir} has no API key; "
            "make one with 'liuwei keys create --name NAME', or listen on 127.0.0.1"
        )


def _listen(host: str, port: int) -> socket.socket:
    try:
        # The protocol must be named: asyncio sends at once (TCP_NODELAY) only where it reads that it is TCP; without
        # that every answer waits 40 ms for the caller's acknowledgement of its first half.
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with contextlib.ExitStack() as opening:
            listening = opening.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
            opening.pop_all()
    except OSError as error:
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror or error}; choose another --port") from error
    except UnicodeError as error:
        raise PortTaken(
            f"cannot listen on {host}:{port}: this is no name of a machine; choose another --host"
        ) from error
    return listening


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(0)
