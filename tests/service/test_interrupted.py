"""Ctrl-C ends a command at once, whatever it was doing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Ctrl-C comes while the first thread of the encoder starts, before the pool has taken note of it: nobody would tell
# that thread to stop, and Python would wait for it for ever.
CODE = """
import os, signal, sys, threading, time

start, wait = threading.Thread.start, threading.Event.wait

def waited_then_interrupted(event, timeout=None):
    threading.Event.wait = wait
    came = wait(event, timeout)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)
    return came

def started(thread):
    if thread.name.startswith("encoder"):
        threading.Thread.start, threading.Event.wait = start, waited_then_interrupted
    start(thread)

threading.Thread.start = started
from service.cli import main
main()
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["classify", "学习不够", "担当不够"],
        ["tag", ROOT / "service/sample/corpus", "--output", "rows.jsonl"],
        ["index", "add", ROOT / "service/sample/corpus", "--data-dir", "data"],
    ],
)
def test_no_thread_keeps_a_command_that_was_interrupted(tmp_path, arguments):
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{CODE}"]

    ran = subprocess.run([*command, *map(str, arguments)], cwd=tmp_path, capture_output=True, timeout=60, check=False)

    assert 130 == ran.returncode, ran.stderr
