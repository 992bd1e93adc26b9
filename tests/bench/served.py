"""A real `liuwei serve` in a process of its own and clients on loopback, for the load test and the soak.

The client speaks just enough HTTP for one kept connection: load generator and server share the cores of the machine,
and a full client library would take more of them than what is measured.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 120
ENDS_WITHIN_S = 60
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status and body of an answer, and how long it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def data(self) -> Any:
        return json.loads(self.body)


@contextlib.contextmanager
def served(data_dir: Path, *flags: str) -> Iterator[int]:
    """Yield the port of a service of its own; it is stopped in order afterwards, and must then end with 0."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIUWEI_")}
    command = [sys.executable, "-m", "service", "serve", "--port", "0", "--data-dir", str(data_dir), *flags]
    with tempfile.TemporaryFile() as said:  # a pipe that nobody reads would stop it once it is full
        process = subprocess.Popen(command, cwd=ROOT, env=kept, stderr=said)
        try:
            yield _port(process, said)
            process.send_signal(signal.SIGTERM)
            if process.wait(ENDS_WITHIN_S):
                raise RuntimeError(f"the service ended with {process.returncode}: {_text(said)[-2000:]}")
        finally:
            process.kill()
            process.wait()


def _port(process: "subprocess.Popen[bytes]", said: IO[bytes]) -> int:
    """Return the port that the greeting names, once the service answers there."""
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        greeting, ended, _ = _text(said).partition("\n")
        if ended:
            port = int(greeting.split()[2].rpartition(":")[2])
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{HOST}:{port}/livez"):
                return port
        time.sleep(0.1)
    raise RuntimeError(f"the service did not start: {_text(said)}")


def _text(said: IO[bytes]) -> str:
    size = os.fstat(said.fileno()).st_size
    return os.pread(said.fileno(), size, 0).decode()


class Client:
    """One connection that is kept, with the API key that it shows, if any."""

    def __init__(self, port: int, *, key: str = "") -> None:
        self._port = port
        self._authorization = f"Authorization: Bearer {key}\r\n" if key else ""

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def ask(self, method: str, path: str, body: object = None) -> Answer:
        """Send one request and return its answer. Raises ConnectionError where there is none."""
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{self._authorization}"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        start = time.perf_counter()
        self._writer.write(head.encode() + content)
        try:
            status_line, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
            }
            received = await self._reader.readexactly(int(headers.get("content-length", 0)))
        except asyncio.IncompleteReadError as error:
            raise ConnectionError(f"{method} {path}: the connection ended") from error
        seconds = time.perf_counter() - start
        return Answer(status=int(status_line.split()[1]), headers=headers, body=received, seconds=seconds)
