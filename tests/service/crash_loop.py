"""Kill a process at seeded moments, again and again, and check after each that nothing is lost and nothing is twice.

`python -m tests.service.crash_loop --kills 200 --seed 1` prints what was going on when it was killed, and how often.
Several worlds are worked in side by side, each with a victim of its own.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from service.logs import configure_logs
from tests.service.crash_world import ACTIONS, State, Worker, World, check, use_hash_embedder

MOST_LINES = 20
# How long after it began something is cut off: what is done in a millisecond must be met too.
LONGEST_S = (0.0, 0.002, 0.01, 0.05)
# After so many more lines it is killed in whatever it does: without a document, nothing can be removed.
PATIENCE_LINES = 100
ENDS_WITHIN_S = 120
WORLDS = 2
# Each process is forked from a server that has imported all and run nothing: it starts in milliseconds, and no thread
# of a library is cut off by the fork.
PROCESSES = multiprocessing.get_context("forkserver")
# The words of jieba are named since the library reads them only when they are first needed, and that takes a while.
PROCESSES.set_forkserver_preload(["tests.service.crash_world", "rjieba"])
# Whoever starts a process asks all others whether they have ended. How one ended can be read once only: of two threads
# that ask at once the second reads nothing, and says 255 of a process that was killed. So one thread asks at a time.
ASKING = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When to kill: so long after it began that thing, once it has told so many lines."""

    doing: str
    after_lines: int
    delay_s: float

    def has_come(self, lines):
        """Return whether that thing has just begun, or has not been done for too long."""
        begun = f'["begin", "{self.doing}"'.encode()
        due = len(lines) >= self.after_lines and lines[-1].startswith(begun)
        return due or len(lines) >= self.after_lines + PATIENCE_LINES


def kill_again_and_again(root, *, kills, seed, tell=lambda line: None):
    """Return how often the process was killed while doing what. Raises AssertionError where something is lost."""
    rng, counts, state = random.Random(seed), Counter(), State()
    made = _started(_make, root)
    _join(made)
    assert 0 == made.exitcode, "the world was not made; see the traceback above"
    for number in range(kills):
        moment = Moment(
            doing=rng.choice(list(ACTIONS)),
            after_lines=rng.randrange(1, MOST_LINES),
            delay_s=rng.uniform(0, rng.choice(LONGEST_S)),
        )
        killed_at(moment, root, rng.randrange(2**32), state)
        doing = state.read(World(root).log)
        counts[doing] += 1
        state = checked(root, state)
        tell(f"{number + 1}: killed while doing {doing}; {len(state.documents)} documents, {len(state.labels)} labels")
    return counts


def in_several_worlds(root, *, kills, seed, worlds=WORLDS, tell=lambda line: None):
    """Return how often processes were killed while doing what, so many kills in all, shared by the worlds."""
    shares = [len(range(place, kills, worlds)) for place in range(worlds)]

    def one(place):
        return kill_again_and_again(
            root / f"world{place}",
            kills=shares[place],
            seed=seed * worlds + place,
            tell=lambda line: tell(f"world {place}, {line}"),
        )

    with ThreadPoolExecutor(worlds) as threads:
        return sum(threads.map(one, range(worlds)), Counter())


def killed_at(moment, root, seed, state):
    """Let a process work until the moment has come, then kill it."""
    process = _started(_work, root, seed, state)
    log, until = World(root).log, time.monotonic() + ENDS_WITHIN_S
    while not (log.exists() and moment.has_come(log.read_bytes().splitlines())):
        with ASKING:
            assert process.is_alive() and time.monotonic() < until, "the process ended by itself, or stands still"
        time.sleep(0.001)
    time.sleep(moment.delay_s)
    process.kill()
    _join(process)
    ended = f"the process ended by itself with {process.exitcode}; see its traceback above"
    assert process.exitcode == -signal.SIGKILL, ended


def checked(root, state):
    """Return the state after a check in a process of its own, which sees only what is on disk."""
    ours, theirs = PROCESSES.Pipe()
    process = _started(_check, root, state, theirs)
    theirs.close()
    assert ours.poll(ENDS_WITHIN_S), "the check did not end"
    answer = ours.recv()
    _join(process)
    assert isinstance(answer, State), answer
    return answer


def _started(target, *args):
    process = PROCESSES.Process(target=target, args=args)
    with ASKING:
        process.start()
    return process


def _join(process):
    with ASKING:
        process.join()


def _make(root):
    use_hash_embedder()
    World(root).make()


def _work(root, seed, state):
    use_hash_embedder()
    configure_logs("error")
    Worker(root, seed, state).run()


def _check(root, state, answer):
    use_hash_embedder()
    configure_logs("error")
    try:
        answer.send(check(root, state))
    except BaseException:  # noqa: BLE001 - told to the parent
        answer.send(traceback.format_exc())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, default=WORLDS)
    parser.add_argument("--root", type=Path, help="Folder to work in and keep; without it, one that is removed.")
    given = parser.parse_args()
    root = given.root or Path(tempfile.mkdtemp(prefix="liuwei-crash-"))
    started_s = time.monotonic()
    try:
        counts = in_several_worlds(
            root,
            kills=given.kills,
            seed=given.seed,
            worlds=given.worlds,
            tell=lambda line: sys.stderr.write(line + "\n"),
        )
    finally:
        if given.root is None:
            shutil.rmtree(root, ignore_errors=True)
    took_s = time.monotonic() - started_s
    sys.stdout.write(f"{sum(counts.values())} kills in {took_s:.0f} s, nothing lost, nothing twice; killed while:\n")
    for doing in sorted(ACTIONS.keys() | counts.keys(), key=lambda doing: -counts[doing]):
        sys.stdout.write(f"  {doing:<8} {counts[doing]}\n")


if __name__ == "__main__":
    os.environ["PYTHONWARNINGS"] = "ignore"
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in tests/conftest.py, for the processes that are killed
    main()
