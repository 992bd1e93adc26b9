"""Kill a process at seeded moments, again and again, and check after each that nothing is lost and nothing is twice.

`python -m tests.service.crash_loop --kills 200 --seed 1` prints what was going on when it was killed, and how often.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.service.crash_world import State, Worker, World, check

MOST_LINES = 30
LONGEST_S = 0.05
ENDS_WITHIN_S = 120
# Each process is forked from a server that has imported all and run nothing: it starts in milliseconds, and no thread
# of a library is cut off by the fork.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.service.crash_world"])


def kill_again_and_again(root, *, kills, seed, tell=lambda line: None):
    """Return how often the process was killed while doing what. Raises AssertionError where something is lost."""
    rng, counts, state = random.Random(seed), Counter(), State()
    World(root).make()
    for number in range(kills):
        killed_after(root, rng.randrange(2**32), state, rng.randrange(1, MOST_LINES), rng.uniform(0, LONGEST_S))
        doing = state.read(World(root).log)
        counts[doing] += 1
        state = checked(root, state)
        tell(f"{number + 1}: killed while doing {doing}; {len(state.documents)} documents, {len(state.labels)} labels")
    return counts


def killed_after(root, seed, state, lines, delay_s):
    """Let a process work until it has told so many lines and for a moment more, then kill it."""
    process = PROCESSES.Process(target=_work, args=(root, seed, state))
    process.start()
    log, until = World(root).log, time.monotonic() + ENDS_WITHIN_S
    while not (log.exists() and log.read_bytes().count(b"\n") >= lines):
        assert process.is_alive() and time.monotonic() < until, "the process ended by itself, or stands still"
        time.sleep(0.001)
    time.sleep(delay_s)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL, "the process ended by itself; see its traceback above"


def checked(root, state):
    """Return the state after a check in a process of its own, which sees only what is on disk."""
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=_check, args=(root, state, theirs))
    process.start()
    theirs.close()
    assert ours.poll(ENDS_WITHIN_S), "the check did not end"
    answer = ours.recv()
    process.join()
    assert isinstance(answer, State), answer
    return answer


def _work(root, seed, state):
    Worker(root, seed, state).run()


def _check(root, state, answer):
    import traceback

    try:
        answer.send(check(root, state))
    except BaseException:  # noqa: BLE001 - told to the parent
        answer.send(traceback.format_exc())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--root", type=Path, help="Folder to work in and keep; without it, one that is removed.")
    given = parser.parse_args()
    root = given.root or Path(tempfile.mkdtemp(prefix="liuwei-crash-"))
    started_s = time.monotonic()
    try:
        counts = kill_again_and_again(
            root / "world", kills=given.kills, seed=given.seed, tell=lambda line: sys.stderr.write(line + "\n")
        )
    finally:
        if given.root is None:
            shutil.rmtree(root, ignore_errors=True)
    took_s = time.monotonic() - started_s
    sys.stdout.write(f"{sum(counts.values())} kills in {took_s:.0f} s, nothing lost, nothing twice; killed while:\n")
    for doing, count in counts.most_common():
        sys.stdout.write(f"  {doing:<8} {count}\n")


if __name__ == "__main__":
    os.environ["PYTHONWARNINGS"] = "ignore"
    main()
