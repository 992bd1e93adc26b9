"""A data directory in which everything happens: what a process does in it until it is killed, and what must then hold.

All is real but the encoder. What is done is told in a log, a line before and a line after, with one write each: what
stands there was done, whatever happened to the process; of the last thing that only began nothing can be known.
"""

import contextlib
import dataclasses
import json
import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import service.runtime
from index.backup import back_up, restore
from index.errors import NoCorpus
from index.outline import outline
from index.readers import document_from_text
from index.sentences import sentences
from models.head_versions import head_history
from models.taxonomy import load_taxonomy
from service.batch import tag_files
from service.errors import BadRequest
from service.fitting import TrainRequest, train_head
from service.heads import HEADS_FOLDER, undo_head
from service.job_runner import JobRunner
from service.jobs import ROWS, JobFolder
from service.labelling import Said, say, take_back
from service.refitting import refit_head
from service.runtime import Runtime
from service.settings import Settings
from tests.doubles import HashEmbedder
from tests.service.conftest import EXAMPLES

TAXONOMY = load_taxonomy()
CODES = ("theory", "style", "integrity", "ability")
TAGGED_REPORTS = 6
ACTIONS = {
    "add": 6,
    "remove": 5,
    "search": 1,
    "label": 4,
    "unlabel": 2,
    "job": 3,
    "cancel": 3,
    "work": 4,
    "tag": 3,
    "train": 2,
    "undo": 1,
    "refit": 2,
    "backup": 2,
}


def report_text(number):
    """Return a report that no other number gives."""
    return (
        f"第{number}号对照检查材料\n\n一、存在的问题\n\n（一）理论学习方面\n\n1.第{number}次学习不够系统。只记了笔记，没有读完原著。\n\n"
        f"（二）工作作风方面\n\n1.下村调研走马观花。第{number}组群众{number % 9}户没有走访。\n\n"
        f"二、整改措施\n\n1.每月走访{number + 10}户群众。建立{number}本台账。\n"
    )


def report(number):
    return document_from_text(report_text(number), source=f"{number}.txt")


def use_hash_embedder():
    """Put a double in place of every encoder: for a process of its own, which ends with it."""
    service.runtime.load_embedder = lambda name, **_: HashEmbedder(salt=name)


class World:
    """The folders, and the programs' view of them."""

    def __init__(self, root):
        self.root = Path(root)
        self.data = self.root / "data"
        self.log = self.root / "log"
        self.output = self.root / "rows.jsonl"
        self.begun = self.root / ".rows.jsonl.head"
        self.backup = self.root / "saved"
        self.inbox = self.root / "inbox"
        self.examples = self.root / "examples.jsonl"
        self.settings = Settings(data_dir=self.data, encoder="small")

    def make(self):
        """Put the inputs in place and train the first head."""
        self.inbox.mkdir(parents=True)
        for number in range(TAGGED_REPORTS):
            (self.inbox / f"{number}.txt").write_text(report_text(number), encoding="utf-8")
        rows = [{"text": text, "primary": primary, "role": role} for primary, role, text in EXAMPLES]
        self.examples.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        self.train()

    def train(self):
        request = TrainRequest(examples=(self.examples,))
        return train_head(self.settings, request, progress=lambda message: None).folder.name

    def tag(self):
        """Tag all, with the head that the output was begun with where there is one: under another it is refused."""
        name = json.loads(self.begun.read_text(encoding="utf-8"))["head"] if self.begun.exists() else ""
        head = str(self.data / HEADS_FOLDER / name) if name else ""
        with Runtime(dataclasses.replace(self.settings, head=head)) as runtime:
            tag_files(runtime, [self.inbox], self.output)


# ---------------------------------------------------------------------------------------------------------------------
# The process that is killed
# ---------------------------------------------------------------------------------------------------------------------


class Worker:
    """Does one thing after another until it is killed."""

    def __init__(self, root, seed, state):
        self.world = World(root)
        self.rng = random.Random(seed)
        self.state = state
        self.runtime = Runtime(self.world.settings)
        self.jobs = JobFolder(self.world.data)
        self.file = os.open(self.world.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def run(self):
        self.tell("ready")
        names, weights = zip(*ACTIONS.items(), strict=True)
        while True:
            getattr(self, self.rng.choices(names, weights)[0])()

    def tell(self, *words):
        os.write(self.file, (json.dumps(words) + "\n").encode())

    def add(self):
        self.state.number += 1
        document = report(self.state.number)
        self.tell("begin", "add", self.state.number, document.document_id)
        self.runtime.add(document)
        self.tell("done", "add", self.state.number, document.document_id)
        self.state.documents[document.document_id] = self.state.number

    def remove(self):
        if self.state.documents:
            document_id = self.rng.choice(sorted(self.state.documents))
            self.tell("begin", "remove", document_id)
            self.runtime.remove(document_id)
            self.tell("done", "remove", document_id)
            del self.state.documents[document_id]

    def search(self):
        self.tell("begin", "search")
        if self.state.documents:
            self.runtime.search("调研走马观花", top_k=5)
            self.runtime.corpus().flush()
        self.tell("done", "search")

    def label(self):
        if self.state.documents:
            document_id = self.rng.choice(sorted(self.state.documents))
            dimension = self.rng.choice(CODES)
            sentence_id = f"{document_id}:{self.rng.randrange(5)}"
            self.tell("begin", "label", sentence_id, dimension)
            given = say(self.runtime, Said(sentence_id=sentence_id, dimension=dimension, author="某人"))
            self.tell("done", "label", sentence_id, dimension, given.feedback_id)
            self.state.labels[given.feedback_id] = (sentence_id, dimension)

    def unlabel(self):
        if self.state.labels:
            feedback_id = self.rng.choice(sorted(self.state.labels))
            self.tell("begin", "unlabel", feedback_id)
            take_back(self.runtime, feedback_id, author="某人")
            self.tell("done", "unlabel", feedback_id)

    def job(self):
        some = [self.rng.randrange(50) for _ in range(self.rng.randrange(1, 4))]
        documents = [{"text": report_text(number), "title": "", "metadata": {}} for number in some]
        texts = [{"text": f"第{n}次学习不够", "context": ""} for n in range(self.rng.choice((0, 3)))]
        self.tell("begin", "job")
        job = self.jobs.create({"documents": documents, "texts": texts}, expires_s=3600, most=10_000)
        self.tell("done", "job", job.job_id, some, len(texts))

    def cancel(self):
        waiting = [job.job_id for job in self.jobs.all() if not job.ended]
        if waiting:
            job_id = self.rng.choice(waiting)
            self.tell("begin", "cancel", job_id)
            self.jobs.cancel(job_id)
            self.tell("done", "cancel", job_id)

    def work(self):
        self.tell("begin", "work")
        runner = JobRunner(self.runtime)
        for job in self.jobs.all():
            if not job.ended:
                runner._attempt(job.job_id)
        self.tell("done", "work")

    def tag(self):
        self.tell("begin", "tag")
        self.world.tag()
        self.tell("done", "tag")

    def train(self):
        self.tell("begin", "train")
        self.tell("done", "train", self.world.train())

    def undo(self):
        self.tell("begin", "undo")
        with contextlib.suppress(BadRequest):
            # The bundled head, at the end of the way back, would need the real encoder.
            if len(head_history(self.world.data / HEADS_FOLDER)) > 2:
                undo_head(self.world.settings)
        self.tell("done", "undo", head_history(self.world.data / HEADS_FOLDER)[0])

    def refit(self):
        self.tell("begin", "refit")
        name = None
        with contextlib.suppress(BadRequest, NoCorpus):
            name = refit_head(self.runtime).head.name
        self.tell("done", "refit", name)

    def backup(self):
        if (self.world.data / "corpus.sqlite").exists():
            self.tell("begin", "backup")
            made = back_up(self.world.data, self.world.backup)
            self.tell("done", "backup", sorted(self.state.documents), made.labels)


# ---------------------------------------------------------------------------------------------------------------------
# What must hold afterwards
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class State:
    """What is known to be there: documents by id with their number, labels by id with what they say, jobs by id."""

    number: int = 100
    documents: dict = field(default_factory=dict)
    labels: dict = field(default_factory=dict)
    undone: set = field(default_factory=set)
    jobs: dict = field(default_factory=dict)
    head: str = "v0001"
    saved: tuple | None = None
    unsure: tuple = ()

    def read(self, log):
        """Take in what a killed process told, and forget it."""
        lines = log.read_bytes().splitlines(keepends=True) if log.exists() else []
        log.unlink(missing_ok=True)
        for line in lines:
            assert line.endswith(b"\n")  # one write each
            kind, *words = json.loads(line)
            if kind == "begin":
                self.unsure = tuple(words)
                self.number = max(self.number, words[1]) if words[0] == "add" else self.number
            elif kind == "done":
                self.unsure = ()
                getattr(self, f"_{words[0]}", lambda *_: None)(*words[1:])
        return self.unsure[0] if self.unsure else "nothing"

    def _add(self, number, document_id):
        self.documents[document_id] = number

    def _remove(self, document_id):
        del self.documents[document_id]

    def _label(self, sentence_id, dimension, feedback_id):
        self.labels[feedback_id] = (sentence_id, dimension)

    def _unlabel(self, feedback_id):
        self.undone.add(feedback_id)

    def _job(self, job_id, numbers, texts):
        self.jobs[job_id] = (numbers, texts)

    def _train(self, name):
        self.head = name

    def _undo(self, name):
        self.head = name

    def _refit(self, name):
        self.head = name or self.head

    def _backup(self, documents, labels):
        self.saved = (documents, labels)


def check(root, state):
    """Raise AssertionError unless all is there, once and whole; return the state with what was unsure settled."""
    world = World(root)
    with Runtime(world.settings) as runtime:
        _check_documents(runtime, state)
        _check_labels(runtime, state)
        _check_heads(runtime, world, state)
        _check_jobs(runtime, world, state)
        _check_rows(world)
    _check_backup(world, state)
    assert not list(world.data.glob("*.restoring*"))
    state.unsure = ()
    return state


def _check_documents(runtime, state):
    corpus = runtime.corpus(create=True)
    bad = [found for found in corpus.verify() if not found.ok and not found.name.startswith("saved")]
    assert [] == bad, bad
    listed = [summary.document_id for summary in corpus.documents()]
    assert len(listed) == len(set(listed))
    word, *about = state.unsure or ("",)
    if word == "add" and about[1] in listed:
        state.documents[about[1]] = about[0]
    if word == "remove" and about[0] not in listed:
        del state.documents[about[0]]
    assert set(state.documents) == set(listed), set(state.documents) ^ set(listed)
    for document_id, number in state.documents.items():
        made = report(number)
        assert made.text == corpus.document(document_id).text
        expected = [one.text for one in sentences(made.text, outline(made.text, TAXONOMY))]
        assert expected == [one.sentence.text for one in corpus.sentences(document_id)]
    if listed:
        hits = corpus.search("走访群众", top_k=corpus.stats().sentences + 10, mode="dense")
        assert corpus.stats().sentences == len({hit.sentence_id for hit in hits}) == len(hits)


def _check_labels(runtime, state):
    corpus = runtime.corpus()
    found = {label.feedback_id: label for label in corpus.labels.all()}
    word, *about = state.unsure or ("",)
    for feedback_id in found.keys() - state.labels.keys():
        assert word == "label", f"{feedback_id} was never given"
        state.labels[feedback_id] = (about[0], about[1])
    if word == "unlabel" and found[about[0]].undone_at:
        state.undone.add(about[0])
    assert state.labels == {key: (label.sentence_id, label.dimension) for key, label in found.items()}
    assert state.undone == {key for key, label in found.items() if label.undone_at}
    in_force = {label.sentence_id: label for label in corpus.labels.in_force()}
    for document_id in state.documents:
        for stored in corpus.sentences(document_id):
            label = in_force.get(stored.sentence_id)
            assert (label.feedback_id if label else None) == stored.feedback_id
            assert label is None or label.dimension == stored.tag.dimension
            assert label is not None or max(stored.tag.scores, key=stored.tag.scores.get) == stored.tag.dimension


def _check_heads(runtime, world, state):
    in_use = head_history(world.data / HEADS_FOLDER)[0]
    if state.unsure and state.unsure[0] in ("train", "undo", "refit"):
        state.head = in_use
    assert state.head == in_use
    assert runtime.head.folder == world.data / HEADS_FOLDER / in_use
    assert runtime.classify([service.runtime.TextInput(text="下村调研走马观花")])[0].dimension in TAXONOMY.codes


def _check_jobs(runtime, world, state):
    folder, runner = JobFolder(world.data), JobRunner(runtime)
    found = {job.job_id: job for job in folder.all()}
    assert state.jobs.keys() <= found.keys()
    unknown = found.keys() - state.jobs.keys()
    assert len(unknown) <= (state.unsure[:1] == ("job",))
    for job_id, job in found.items():
        assert job_id not in unknown or job.status == "validating"
        if not job.ended:
            runner._attempt(job_id)
        done = folder.one(job_id)
        assert done.status in ("completed", "cancelled")
        if job_id in state.jobs:
            _check_result(done, _lines(folder.path(job_id, ROWS)), *state.jobs[job_id])
        shutil.rmtree(folder.path(job_id))
    state.jobs.clear()


def _check_result(job, rows, numbers, texts):
    expected = [
        (f"documents[{place}]", ordinal)
        for place, number in enumerate(numbers)
        if number not in numbers[:place]  # the same text again has its rows once
        for ordinal in range(len(sentences(report(number).text, outline(report(number).text, TAXONOMY))))
    ] + [(f"texts[{place}]", 0) for place in range(texts)]
    keys = [(row["source"], row["ordinal"]) for row in rows]
    assert keys == (expected if job.status == "completed" else expected[: len(keys)])
    assert job.status == "cancelled" or job.counts.total == job.counts.completed == len(numbers) + texts


def _check_rows(world):
    """Check what batch tagging left, let it end, check again, and clear it away, so that the next begins anew."""
    wanted = [
        (f"{number}.txt", sentence.ordinal, sentence.text)
        for number in range(TAGGED_REPORTS)
        for sentence in sentences(report(number).text, outline(report(number).text, TAXONOMY))
    ]
    for _ in range(2):
        if world.output.exists():
            rows = [(row["source"], row["ordinal"], row["text"]) for row in _lines(world.output)]
            assert wanted == rows
        world.tag()
    world.output.unlink()
    world.begun.unlink()
    assert not list(world.root.glob(".rows*"))


def _check_backup(world, state):
    if not world.backup.exists():
        return
    fresh = world.root / "fresh"
    made = restore(fresh, world.backup)
    with Runtime(Settings(data_dir=fresh, encoder="small")) as runtime:
        corpus = runtime.corpus()
        assert all(found.ok for found in corpus.verify())
        documents = sorted(summary.document_id for summary in corpus.documents())
        assert made.documents == len(documents)
        if state.saved is not None and state.unsure[:1] != ("backup",):
            assert state.saved == (documents, made.labels)
        state.saved = (documents, made.labels)
    shutil.rmtree(fresh)


def _lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
