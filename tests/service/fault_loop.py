"""Everything that writes, done again and again while one call of the system's after another fails: a disk with faults.

`faults.c` makes the n-th call fail that changes a file below the folder, and, with --lasting, all that follow. Whatever
is being done then must say what is wrong or go on; nothing that was there may be lost; done again on a sound disk, it
must succeed. `python -m tests.service.fault_loop` tries every call of every action, which takes a quarter of an hour.
"""

import argparse
import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from functools import partial
from pathlib import Path

from service.errors import FAULTS
from service.logs import configure_logs
from tests.service.crash_world import report, use_hash_embedder
from tests.service.fault_world import ACTIONS, BEHIND, STORED, FaultWorld

SOURCE = Path(__file__).with_name("faults.c")
LIBRARY = "FAULTS_LIBRARY"
ELSEWHERE = ("add-first", "restore")
"""Actions in a data directory of their own."""


def swept(root, names, *, error, lasting, every, tell=lambda line: None):
    """Return what went wrong, a line each, and how many faults were tried."""
    use_hash_embedder()
    library, wrong, tried = ctypes.CDLL(os.environ[LIBRARY]), [], 0
    _in_child(lambda: FaultWorld(root / "template").make())
    for name in names:
        fault, calls = _tried(library, root, name, 0, error, lasting)
        if fault or not calls:
            wrong.append(f"{name} on a sound disk: {fault or 'it writes nothing'}")
        for number in range(1, calls + 1, every):
            fault = _tried(library, root, name, number, error, lasting)[0] or _in_child(partial(_check, root, name))
            wrong += [f"{name}, call {number} of {calls}: {fault}"] if fault else []
            tried += 1
        tell(f"{name}: {calls} calls")
    return wrong, tried


def _tried(library, root, name, number, error, lasting):
    """Return what is wrong with how an action ended while a call failed, "" for nothing, and how many calls it made."""
    shutil.rmtree(root / "world", ignore_errors=True)
    shutil.copytree(root / "template", root / "world")

    def act():
        library.fault_arm(os.fsencode(root / "world"), number, error, lasting)
        try:
            ran = ACTIONS[name](FaultWorld(root / "world"))
            said = "" if ran is None or ran.exit_code in (0, 1, 2, 3) else f"ended with {ran.exit_code}"
        except (*FAULTS, OSError):
            said = ""  # in a command, a line on stderr
        finally:
            library.fault_disarm()
        return said, library.fault_count()

    ended = _in_child(act)
    return ended if isinstance(ended, list) else (ended, 0)


def _check(root, name):
    """Return what is missing or wrong, "" for nothing."""
    world = FaultWorld(root / "world")
    data = world.root / "fresh" if name in ELSEWHERE else world.data
    if name not in ELSEWHERE:
        listed = {row["document_id"] for row in world.must("index", "list", "--json").rows}
        kept = STORED if name == "restore-over" else [*STORED, *BEHIND]
        if lost := {report(number).document_id for number in kept} - listed - {report(1).document_id}:
            return f"lost {lost}"
        world.must("heads", "list")
        world.must("keys", "list")
        world.must("classify", "学习不够")
        world.must("index", "restore", world.root / "saved", data=world.root / "copy")
    again = ACTIONS[name](world) if _can_be_done_again(world, name) else None
    if again is not None and again.exit_code:
        return f"again: {again.stderr}"
    verified = world.liuwei("index", "verify", data=data)
    return verified.stdout if verified.exit_code else ""


def _can_be_done_again(world, name):
    """Return False for what is refused when it is done twice, where it was done."""
    done = {
        "remove": lambda: report(1).document_id not in world.must("index", "list", "--json").stdout,
        "restore": lambda: (world.root / "fresh" / "corpus.sqlite").exists(),
        "revoke": lambda: not world.must("keys", "list", "--json").rows,
        "unlabel": lambda: True,
        "undo": lambda: True,
    }
    return not done.get(name, lambda: False)()


def _in_child(act):
    """Return what a function returns in a process of its own, or its traceback."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.close(reading)
        try:
            answer = act()
        except BaseException:  # noqa: BLE001 - told to the parent
            answer = traceback.format_exc()
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:
            json.dump(answer, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        content = pipe.read()
    os.waitpid(child, 0)
    return json.loads(content) if content else "the process ended by itself"


def with_faults(*arguments):
    """Run this module with the library preloaded, which is compiled first; return how it ended."""
    with tempfile.TemporaryDirectory(prefix="liuwei-faults-") as folder:
        library = Path(folder, "faults.so")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
        environment = {**os.environ, "LD_PRELOAD": str(library), LIBRARY: str(library), "PYTHONWARNINGS": "ignore"}
        command = [sys.executable, "-m", __spec__.name, "--root", folder, *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, check=False, cwd=SOURCE.parents[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--every", type=int, default=1, help="Try every so manieth call.")
    parser.add_argument("--error", default="EIO")
    parser.add_argument("--lasting", action="store_true")
    parser.add_argument("actions", nargs="*", help="Some of the actions; without, all.")
    given = parser.parse_args()
    if not given.root:
        ran = with_faults(*sys.argv[1:])
        sys.stderr.buffer.write(ran.stderr)
        sys.stdout.buffer.write(ran.stdout)
        sys.exit(ran.returncode)
    configure_logs("error")
    wrong, tried = swept(
        given.root,
        given.actions or list(ACTIONS),
        error=getattr(errno, given.error),
        lasting=given.lasting,
        every=given.every,
        tell=lambda line: sys.stderr.write(line + "\n"),
    )
    sys.stdout.write("".join(f"{line}\n" for line in [*wrong, f"{tried} faults, {len(wrong)} went wrong"]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
