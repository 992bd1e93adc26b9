"""A data directory with a little of everything in it, and what is done there while its disk fails."""

import json
from pathlib import Path

from service.job_runner import JobRunner
from service.jobs import JobFolder
from service.labelling import Said, say, take_back
from service.refitting import refit_head
from service.runtime import Runtime
from service.settings import Settings
from tests.service.commands import run
from tests.service.conftest import EXAMPLES
from tests.service.crash_world import report, report_text

STORED, BEHIND, NEW, TAGGED = range(4), range(4, 6), 90, range(10, 13)
KINDS = ("jsonl", "csv", "xlsx", "parquet")


class FaultWorld:
    """The folder, its data directory, and the program as it is used there."""

    def __init__(self, root):
        self.root = Path(root)
        self.data = self.root / "data"
        self.inbox = self.root / "inbox"
        self.settings = Settings(data_dir=self.data, encoder="small")

    def liuwei(self, *arguments, data=None):
        """Run a command and return how it ended."""
        return run(*arguments, "--data-dir", data or self.data, "--encoder", "small")

    def make(self):
        """Make everything that there is before a fault."""
        self.inbox.mkdir(parents=True)
        for number in TAGGED:
            (self.inbox / f"{number}.txt").write_text(report_text(number), encoding="utf-8")
        (self.root / "new.txt").write_text(report_text(NEW), encoding="utf-8")
        rows = [{"text": text, "primary": primary, "role": role} for primary, role, text in EXAMPLES]
        (self.root / "few.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        for _ in range(2):
            self.must("train", "--examples", self.root / "few.jsonl")
        with Runtime(self.settings) as runtime:
            for number in STORED:
                runtime.add(report(number))
            say(runtime, Said(sentence_id=f"{report(0).document_id}:1", dimension="integrity", author="某人"))
            runtime.corpus().flush()
        self.must("index", "backup", self.root / "saved")
        self.must("keys", "create", "--name", "甲")
        folder = JobFolder(self.data)
        documents = [{"text": report_text(number), "title": "", "metadata": {}} for number in TAGGED]
        folder.create({"documents": documents, "texts": []}, expires_s=10**6, most=10)
        runtime = Runtime(self.settings)
        for number in BEHIND:
            runtime.add(report(number))  # left behind by indexes, as by a process that was killed

    def must(self, *arguments, data=None):
        """Run a command, which must end well."""
        ran = self.liuwei(*arguments, data=data)
        assert 0 == ran.exit_code, (arguments, ran.stderr)
        return ran


def _command(*arguments, fresh=False):
    def act(world):
        filled = [argument(world) if callable(argument) else argument for argument in arguments]
        return world.liuwei(*filled, data=world.root / "fresh" if fresh else None)

    return act


def _in_runtime(act):
    def acted(world):
        with Runtime(world.settings) as runtime:
            act(world, runtime)

    return acted


def _first_job(world):
    return JobFolder(world.data).all()[0].job_id


def _first_key(world):
    return json.loads((world.data / "keys.json").read_text(encoding="utf-8"))["keys"][0]["key_id"]


def _new(world):
    return world.root / "new.txt"


def _create_job(world, runtime):
    JobRunner(runtime).create({"documents": [], "texts": [{"text": "学习不够", "context": ""}]})


def _search(world, runtime):
    assert runtime.search("走访群众", top_k=3)


# A function of the world each, which returns how a command ended, or None.
ACTIONS = {
    "add": _command("index", "add", _new),
    "add-first": _command("index", "add", _new, fresh=True),
    "remove": _command("index", "remove", report(1).document_id),
    "search": _in_runtime(_search),
    "flush": _in_runtime(lambda world, runtime: runtime.corpus().flush()),
    "rebuild": _command("index", "rebuild"),
    "relabel": _command("index", "rebuild", "--classify"),
    "backup": _command("index", "backup", lambda world: world.root / "saved"),
    "restore": _command("index", "restore", lambda world: world.root / "saved", fresh=True),
    "restore-over": _command("index", "restore", "--force", lambda world: world.root / "saved"),
    **{
        f"tag-{kind}": _command(
            "tag", lambda world: world.inbox, "--output", lambda world, kind=kind: world.root / f"rows.{kind}"
        )
        for kind in KINDS
    },
    "train": _command("train", "--examples", lambda world: world.root / "few.jsonl"),
    "train-output": _command(
        *("train", "--examples", lambda world: world.root / "few.jsonl"),
        *("--output", lambda world: world.root / "head"),
    ),
    "undo": _command("heads", "undo"),
    "use": _command("heads", "use", "v0001"),
    "refit": _in_runtime(lambda world, runtime: refit_head(runtime)),
    "label": _in_runtime(
        lambda world, runtime: say(runtime, Said(sentence_id=f"{report(2).document_id}:1", dimension="style"))
    ),
    "unlabel": _in_runtime(
        lambda world, runtime: take_back(runtime, runtime.corpus().labels.in_force()[0].feedback_id, author="乙")
    ),
    "key": _command("keys", "create", "--name", "乙"),
    "revoke": _command("keys", "revoke", _first_key),
    "job": _in_runtime(_create_job),
    "work": _in_runtime(lambda world, runtime: JobRunner(runtime)._attempt(_first_job(world))),
    "cancel": _in_runtime(lambda world, runtime: JobFolder(world.data).cancel(_first_job(world))),
}
