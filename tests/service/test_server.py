import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from service import server
from tests.service.processes import clean_environment

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "service/sample/corpus/04-bank-branch-manager.docx"
STARTS_WITHIN_S = 60
ENDS_WITHIN_S = 15


@pytest.fixture
def environment(tmp_path):
    return {**clean_environment(), "LIUWEI_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def serve(environment):
    """Return what starts `liuwei serve` on a free port, and gives its process and address; all end with the test."""
    processes = []

    def start(*flags):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        command = [sys.executable, "-m", "service", "serve", "--port", str(port), *flags]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        processes.append(process)
        return process, f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def answer(address, path, *, body=None, kind="application/json"):
    """Return status and JSON of a request."""
    request = urllib.request.Request(address + path, data=body, headers={"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.status, json.loads(response.read() or "null")


def wait_until_up(process, address):
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        assert process.poll() is None, process.stderr.read()
        try:
            return answer(address, "/livez")
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError("the service did not come up")


def uploaded(path):
    """Return body and content type of a form with one file."""
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'
    return {
        "body": head.encode() + path.read_bytes() + b"\r\n--edge--\r\n",
        "kind": "multipart/form-data; boundary=edge",
    }


def test_it_serves_until_told_to_stop_and_keeps_what_it_was_given(serve, environment):
    process, address = serve()
    assert 200 == wait_until_up(process, address)[0]

    body = json.dumps({"input": ["下村调研走马观花"]}).encode()
    classified = answer(address, "/v1/classify", body=body)
    added = answer(address, "/v1/documents", **uploaded(REPORT))
    found = answer(address, "/v1/search", body=json.dumps({"query": "贷款审批 客户经理", "top_k": 3}).encode())
    process.send_signal(signal.SIGTERM)
    process.wait(ENDS_WITHIN_S)

    assert (200, "style") == (classified[0], classified[1]["data"][0]["dimension"])
    assert (201, REPORT.name) == (added[0], added[1]["source"])
    assert {added[1]["document_id"]} == {hit["document_id"] for hit in found[1]["data"]}
    assert 0 == process.returncode
    listed = liuwei(environment, "index", "list", "--json")
    assert [(REPORT.name, added[1]["document_id"])] == [(row["source"], row["document_id"]) for row in listed]
    assert all(row["ok"] for row in liuwei(environment, "index", "verify", "--json"))


def liuwei(environment, *arguments):
    """Return the rows that a command prints in a process of its own."""
    command = [sys.executable, "-m", "service", *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.skipif(os.name != "posix", reason="modes of files are those of Unix")
def test_the_data_directory_that_it_makes_is_its_owners_alone(serve, tmp_path):
    process, address = serve()
    wait_until_up(process, address)

    assert 0o700 == (tmp_path / "data").stat().st_mode & 0o777


def test_control_c_ends_it_without_a_word(serve):
    process, address = serve()
    wait_until_up(process, address)

    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=ENDS_WITHIN_S)

    assert 0 == process.returncode
    assert f"liuwei serves {address} (documentation at /docs); stop with Ctrl+C\n" == said.decode()


def test_any_free_port_is_taken_when_asked_and_told(serve):
    process, _ = serve("--port", "0")

    line = process.stderr.readline().decode()

    address = line.split()[2]
    assert line.startswith("liuwei serves http://127.0.0.1:")
    assert 200 == wait_until_up(process, address)[0]


def test_it_opens_as_many_files_as_its_hard_limit_allows(serve):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(before[0], 256), before[1]))
    try:
        process, address = serve()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    wait_until_up(process, address)

    assert (before[1], before[1]) == resource.prlimit(process.pid, resource.RLIMIT_NOFILE)


def test_with_json_the_address_is_a_line_of_json_on_stdout(serve):
    process, _ = serve("--port", "0", "--json")

    told = json.loads(process.stdout.readline())

    assert told["url"] == f"http://{told['host']}:{told['port']}"
    assert 200 == wait_until_up(process, told["url"])[0]


def made_folder(path):
    path.mkdir()
    path.chmod(0o500)
    return path


@pytest.mark.parametrize("make", [lambda path: path.touch() or path, lambda path: path.touch() or path / "below"])
def test_a_data_directory_that_is_none_is_told_in_one_line(serve, tmp_path, make):
    process, _ = serve("--data-dir", str(make(tmp_path / "data")))

    stdout, said = process.communicate(timeout=STARTS_WITHIN_S)

    assert (3, b"", 1) == (process.returncode, stdout, len(said.splitlines()))
    assert f"liuwei: {tmp_path / 'data'}" in said.decode()
    assert "--data-dir" in said.decode()


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_data_directory_that_may_not_be_written_to_is_told_in_one_line(serve, tmp_path):
    process, _ = serve("--data-dir", str(made_folder(tmp_path / "locked")))

    assert b"cannot be written to" in process.communicate(timeout=STARTS_WITHIN_S)[1]
    assert 3 == process.returncode


@pytest.mark.parametrize(("level", "kinds"), [("info", {"info", "warning"}), ("error", set())])
def test_logs_go_to_stderr_as_json_from_the_level_on(serve, tmp_path, level, kinds):
    process, address = serve("--log-level", level, "--head", str(tmp_path / "no-head"))
    wait_until_up(process, address)

    process.send_signal(signal.SIGTERM)
    stdout, said = process.communicate(timeout=ENDS_WITHIN_S)

    greeting, *lines = said.decode().splitlines()
    logged = [json.loads(line) for line in lines]
    assert (0, b"") == (process.returncode, stdout)
    assert greeting.startswith("liuwei serves")
    assert kinds == {line["level"] for line in logged}
    assert all(line["timestamp"] and line["event"] for line in logged)
    assert kinds == set() or "not_ready" in {line["event"] for line in logged}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_what_is_listened_on_is_known_as_tcp_so_that_an_answer_is_sent_at_once(host):
    with server._listen(host, 0) as listening:
        assert socket.IPPROTO_TCP == listening.proto


def test_beyond_loopback_it_does_not_start_without_a_key_and_says_how_to_make_one(serve):
    process, _ = serve("--host", "0.0.0.0")

    stdout, said = process.communicate(timeout=STARTS_WITHIN_S)

    assert (3, b"", 1) == (process.returncode, stdout, len(said.splitlines()))
    assert "liuwei keys create" in said.decode()


def test_a_request_that_is_inside_is_answered_before_it_stops(serve):
    process, address = serve()
    wait_until_up(process, address)
    texts = [f"第{number}项任务推进迟缓，遇到难题绕着走，担当精神不足" for number in range(150)]
    connection = http.client.HTTPConnection(address.removeprefix("http://"))

    connection.request("POST", "/v1/classify", json.dumps({"input": texts}), {"Content-Type": "application/json"})
    while b" 1.0" not in inside(address):
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    response = connection.getresponse()
    answered = json.loads(response.read())
    connection.close()
    process.wait(ENDS_WITHIN_S)

    assert (200, 150, 0) == (response.status, len(answered["data"]), process.returncode)
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(address.removeprefix("http://")).request("GET", "/livez")


def inside(address):
    """Return how many requests are inside beside this one, as a line of the figures."""
    with urllib.request.urlopen(address + "/metrics", timeout=60) as response:
        lines = response.read().splitlines()
    (line,) = [line for line in lines if line.startswith(b"liuwei_requests_inside")]
    return b" %.1f" % (float(line.split()[1]) - 1)


def test_an_ipv6_address_stands_in_brackets():
    assert ["http://[::1]:80", "http://127.0.0.1:80"] == [server.url_of(host, 80) for host in ("::1", "127.0.0.1")]
