"""Damaged documents through every reader: none may crash, hang, or take more than 1 GiB.

`python -m tests.bench.fuzz_documents --count 10000 --seed 1` prints what happened as JSON and fails where a document
did anything else than being read or being refused. Each part runs in a process of its own, so that one that dies or
hangs is known by its number; `--first N --count 1` tries that one alone.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from index import office
from index.archives import expand
from index.errors import UnreadableDocument
from index.outline import outline
from index.readers import parse_document
from index.sentences import sentences
from tests.index.heading_labels import AliasLabels
from tests.index.mutations import mutated, originals

PART = 250
LONGEST_S = 60
MOST_MIB = 1024


@dataclass
class Result:
    """What became of a part: counts, the slowest document as (seconds, number), the peak of memory, the failures."""

    read: int = 0
    refused: int = 0
    slowest: tuple[float, int] = (0.0, -1)
    peak_mib: int = 0
    failures: list[str] = field(default_factory=list)


def read_through(document, folder):
    """Read a document as far as its sentences; return whether it could be read. Anything but a refusal is raised."""
    if document.name.endswith((".zip", ".jsonl")):
        path = folder / document.name
        path.write_bytes(document.data)
        loads = [source.load for source in expand([path])]
    else:
        loads = [lambda: parse_document(document.name, document.data)]
    return any([_is_read(load) for load in loads])


def _is_read(load):
    try:
        found = load()
    except UnreadableDocument:
        return False
    nodes = outline(found.text, AliasLabels(), found.headings, found.cells)
    spans = sentences(found.text, nodes)
    assert "".join("".join(span.text.split()) for span in spans) == "".join(found.text.split())
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--office", action="store_true", help="let LibreOffice read what only it can, slowly")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not given.office:
        office.PROGRAMS = ()
    if given.part:
        _run_part(given, Path(given.part))
        return 0
    began, total = time.monotonic(), Result()
    for first in range(given.first, given.first + given.count, PART):
        _add(total, _part(first, min(PART, given.first + given.count - first), given))
    summary = {"count": given.count, "seed": given.seed, "read": total.read, "refused": total.refused,
               "slowest_s": round(total.slowest[0], 2), "slowest": total.slowest[1], "peak_mib": total.peak_mib,
               "seconds": round(time.monotonic() - began), "failures": total.failures}  # fmt: skip
    print(json.dumps(summary, ensure_ascii=False))
    return 1 if total.failures else 0


def _part(first, count, given):
    """Run a part in a process of its own. One that dies is begun again behind the document that killed it."""
    total = Result()
    while count > 0:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            command = [sys.executable, "-m", "tests.bench.fuzz_documents", "--first", str(first), "--count", str(count)]
            try:
                subprocess.run(
                    [*command, "--seed", given.seed, "--part", folder, *(["--office"] if given.office else [])],
                    check=True,
                    timeout=LONGEST_S * 20 + count,
                    stdout=sys.stderr,
                )
                fault = ""
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                fault = str(error).partition(" died with ")[2] or type(error).__name__
            _add(total, Result(**json.loads((place / "result").read_text(encoding="utf-8"))))
            if not fault:
                return total
            reached = int((place / "number").read_text(encoding="utf-8"))
        total.failures.append(f"{reached}: {fault}")
        first, count = reached + 1, first + count - reached - 1
    return total


def _run_part(given, folder):
    # Far above what is allowed, so that what takes too much is told by its number rather than by the machine.
    resource.setrlimit(resource.RLIMIT_AS, (4 * MOST_MIB * 2**20, 4 * MOST_MIB * 2**20))
    made, result = originals(), Result()
    for number in range(given.first, given.first + given.count):
        (folder / "number").write_text(str(number), encoding="utf-8")
        (folder / "result").write_text(json.dumps(vars(result)), encoding="utf-8")
        document = mutated(made, number, seed=given.seed)
        began = time.process_time()
        try:
            is_read = read_through(document, folder)
            result.read, result.refused = result.read + is_read, result.refused + (not is_read)
        except Exception as error:  # noqa: BLE001 - what it may be is the question
            result.failures.append(f"{number} {document.name}: {type(error).__name__} {str(error)[:200]}")
        taken = time.process_time() - began
        result.slowest = max(tuple(result.slowest), (taken, number))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        if peak > MOST_MIB >= result.peak_mib:
            result.failures.append(f"{number} {document.name}: {peak} MiB")
        if taken > LONGEST_S:
            result.failures.append(f"{number} {document.name}: {taken:.0f} s")
        result.peak_mib = max(peak, result.peak_mib)
    (folder / "result").write_text(json.dumps(vars(result)), encoding="utf-8")


def _add(total, part):
    total.read += part.read
    total.refused += part.refused
    total.slowest = max(tuple(total.slowest), tuple(part.slowest))
    total.peak_mib = max(total.peak_mib, part.peak_mib)
    total.failures += part.failures


if __name__ == "__main__":
    sys.exit(main())
