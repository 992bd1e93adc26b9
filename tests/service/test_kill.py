"""`liuwei tag` and `liuwei index add` are killed at seeded moments; run again, nothing is lost and nothing is twice."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.tables import read_rows
from tests.service.processes import clean_environment

ROOT = Path(__file__).parents[2]
REPORTS = 40
ENDS_WITHIN_S = 120


def environment_with(data_dir):
    return {**clean_environment(), "LIUWEI_DATA_DIR": str(data_dir)}


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """A folder of small reports, all different."""
    folder = tmp_path_factory.mktemp("reports")
    for number in range(REPORTS):
        text = (
            f"第{number}号对照检查材料\n\n一、存在的问题\n\n1.理论学习不够。第{number}次学习只记了笔记。\n\n"
            f"2.下村调研走马观花。第{number}组群众没有走访。\n\n二、整改措施\n\n1.每月走访{number + 10}户群众。\n"
        )
        (folder / f"{number:02}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def environment(tmp_path):
    return environment_with(tmp_path / "data")


@pytest.fixture(scope="module")
def uninterrupted(reports, tmp_path_factory):
    """The outputs of runs that nobody stopped, by suffix."""
    output = tmp_path_factory.mktemp("whole") / "rows"
    for suffix in (".jsonl", ".csv"):
        environment = environment_with(output.parent / "data")
        finished("tag", reports, "--output", output.with_suffix(suffix), environment=environment)
    return {suffix: output.with_suffix(suffix).read_bytes() for suffix in (".jsonl", ".csv")}


def started(*arguments, environment):
    command = [sys.executable, "-m", "service", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finished(*arguments, environment):
    """Run a command to its end and return the rows that it printed."""
    process = started(*arguments, environment=environment)
    stdout, stderr = process.communicate(timeout=ENDS_WITHIN_S)
    assert 0 == process.returncode, stderr.decode()
    return [json.loads(line) for line in stdout.splitlines()]


def killed(process):
    process.kill()
    return process.communicate()[0]


def size(path):
    return path.stat().st_size if path.exists() else 0


@pytest.mark.parametrize(("suffix", "seed"), [(".jsonl", 1), (".csv", 2)])
def test_tagging_killed_again_and_again_ends_as_if_never_stopped(
    reports, environment, uninterrupted, tmp_path, suffix, seed
):
    output, journal = tmp_path / f"rows{suffix}", tmp_path / f".rows{suffix}.partial"
    rng, whole, kept = random.Random(seed), uninterrupted[".jsonl"].splitlines(), []

    for moment in sorted(rng.uniform(0, len(uninterrupted[".jsonl"])) for _ in range(4)):
        process = started("tag", reports, "--output", output, environment=environment)
        while process.poll() is None and size(journal) <= moment and not output.exists():
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.005))
        killed(process)
        rows = rows_in(journal)
        kept.append(len(rows))
        assert rows == whole[: len(rows)]
        assert not output.exists() or uninterrupted[suffix] == output.read_bytes()
    assert any(0 < count < len(whole) for count in kept), f"no kill came while rows were written: {kept}"
    finished("tag", reports, "--output", output, environment=environment)

    assert uninterrupted[suffix] == output.read_bytes()
    assert {output.name} == {path.name for path in tmp_path.iterdir() if path.suffix != ".head"}


def rows_in(journal):
    """Return the rows of the whole lines of a journal, as JSON Lines has them."""
    lines = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []
    return [json.dumps(row, ensure_ascii=False).encode() for line in lines for row in json.loads(line)["rows"]]


def test_adding_reports_to_a_finished_output_may_be_killed_too(reports, environment, tmp_path):
    output, rng = tmp_path / "rows.xlsx", random.Random(4)
    several = sorted(reports.iterdir())[:3]
    finished("tag", *several, "--output", output, environment=environment)
    before = output.read_bytes()

    for _ in range(2):
        process = started("tag", reports, "--output", output, environment=environment)
        while process.poll() is None and not (tmp_path / ".rows.xlsx.partial").exists():
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.3))
        killed(process)
        # Wherever it was: the old output or the new one, never none and never half of one.
        assert before == output.read_bytes() or REPORTS == len({row["source"] for row in read_rows(output)})
    finished("tag", *several, "--output", output, environment=environment)
    done = finished("tag", reports, "--output", output, "--json", environment=environment)[0]
    again = finished("tag", reports, "--output", output, "--json", environment=environment)[0]

    assert (REPORTS, []) == (done["tagged"] + done["resumed"], done["failed"])
    assert (0, REPORTS) == (again["tagged"], again["resumed"])
    sources = [row["source"] for row in read_rows(output)]
    assert REPORTS == len(set(sources))
    assert {sources.count(source) for source in sources} == {sources.count("00.txt")}


def test_of_two_runs_into_one_output_the_second_is_refused(reports, environment, tmp_path):
    output = tmp_path / "rows.jsonl"
    first = started("tag", reports, "--output", output, environment=environment)
    while first.poll() is None and not (tmp_path / ".rows.jsonl.partial").exists():
        time.sleep(0.001)
    first.send_signal(signal.SIGSTOP)
    time.sleep(0.05)

    second = started("tag", reports, "--output", output, environment=environment)
    told = second.communicate(timeout=ENDS_WITHIN_S)[1].decode()
    first.send_signal(signal.SIGCONT)
    first.communicate(timeout=ENDS_WITHIN_S)

    assert (0, 3) == (first.returncode, second.returncode), told
    assert f"{output} is being written by another run" in told
    assert REPORTS == len({row["source"] for row in read_rows(output)})


def test_adding_killed_again_and_again_loses_and_doubles_nothing(reports, environment):
    rng, reported = random.Random(3), set()

    for _ in range(4):
        process = started("index", "add", reports, "--json", environment=environment)
        # Lines of what is there already come at once; the moment lies among the new ones.
        lines = [process.stdout.readline() for _ in range(len(reported) + rng.randrange(1, 9))]
        time.sleep(rng.uniform(0, 0.02))
        lines += killed(process).splitlines(keepends=True)
        reported |= {json.loads(line)["document_id"] for line in lines if line.endswith(b"\n")}
    last = finished("index", "add", reports, "--json", environment=environment)

    statuses = {row["document_id"]: row["status"] for row in last}
    listed = [row["document_id"] for row in finished("index", "list", "--json", environment=environment)]
    assert (REPORTS, REPORTS) == (len(statuses), len(listed))
    assert set(statuses) == set(listed)
    assert {"unchanged"} == {statuses[document_id] for document_id in reported}
    checks = finished("index", "verify", "--json", environment=environment)
    assert [] == [check for check in checks if not check["ok"]]


def test_a_killed_training_leaves_the_head_in_use(environment, tmp_path):
    examples = tmp_path / "examples.jsonl"
    rows = [{"text": f"第{n}次学习不够", "primary": "theory", "role": "problem"} for n in range(20)]
    rows += [{"text": f"第{n}次走马观花", "primary": "style", "role": "problem"} for n in range(20)]
    examples.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    finished("train", "--examples", examples, environment=environment)
    heads = tmp_path / "data/heads"

    for seed in range(2):
        process = started("train", "--examples", examples, environment=environment)
        while process.poll() is None and {"v0001", "CURRENT"} == {path.name for path in heads.iterdir()}:
            time.sleep(0.001)
        time.sleep(random.Random(seed).uniform(0, 0.02))
        killed(process)
        row = finished("classify", "第3次走马观花", "--json", environment=environment)[0]
        assert "style" == row["dimension"]
    finished("train", "--examples", examples, environment=environment)

    assert "style" == finished("classify", "第3次走马观花", "--json", environment=environment)[0]["dimension"]
