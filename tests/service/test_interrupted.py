"""Ctrl-C ends a command at once, whatever it was doing."""

import signal
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


# Ctrl-C comes while a module is imported, or while the commands are put together.
AT_IMPORT = """
import os, signal, sys, time

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)

sys.meta_path.insert(0, Interrupting())
from service.__main__ import main
main()
"""
AT_ASSEMBLY = """
import os, signal, time
import typer.main

def interrupted(app):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.1)

typer.main.get_command = interrupted
from service.__main__ import main
main()
"""


@pytest.mark.parametrize(("code", "ended"), [(AT_IMPORT, -signal.SIGINT), (AT_ASSEMBLY, 130)])
def test_an_interruption_before_the_command_begins_is_no_traceback(tmp_path, code, ended):
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}", "--help"]

    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)

    assert (ended, b"", b"") == (ran.returncode, ran.stdout, ran.stderr)
