"""Services and commands as real processes on a data directory, with the bundled models, and what asks them."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

from tests.bench.served import HOST, ROOT

ENDS_WITHIN_S = 120


def ask(port, method, path, body=None):
    """Return status and JSON of a request, whatever the status."""
    content = None if body is None else json.dumps(body).encode()
    url, headers = f"http://{HOST}:{port}{path}", {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, content, headers, method=method), timeout=60) as got:
            return got.status, json.loads(got.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def ids(port):
    """Return the ids of all documents, in their order."""
    return sorted(row["document_id"] for row in ask(port, "GET", "/v1/documents?limit=1000")[1]["data"])


@contextlib.contextmanager
def started(data):
    """Yield the process of a service, which may be killed, and its port."""
    command = _command("serve", "--port", "0", data=data)
    with subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process, json.loads(process.stdout.readline())["port"]
        finally:
            process.kill()


def ended(*arguments, data):
    """Run a command to its end and return how it ended."""
    return subprocess.run(
        _command(*arguments, data=data),
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )


def liuwei(data, *arguments):
    """Return the rows that a command printed, which must end well."""
    ran = ended(*arguments, data=data)
    assert 0 == ran.returncode, ran.stderr.decode()
    return [json.loads(line) for line in ran.stdout.splitlines()]


def wait_until(condition):
    until = time.monotonic() + ENDS_WITHIN_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def _command(*arguments, data):
    return [sys.executable, "-m", "service", *map(str, arguments), "--json", "--data-dir", str(data)]


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("LIUWEI_")}
