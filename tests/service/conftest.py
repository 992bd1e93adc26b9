"""A whole runtime without a model: hashed vectors, a head fitted to a few sentences, and a corpus in a fresh folder."""

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from models.classifier import Classifier
from models.datasets import Example
from models.taxonomy import load_taxonomy
from models.training import fit_head
from service import cli_corpus, cli_overlap, cli_search, cli_texts, doctor, fitting
from service.app import create_app
from service.heads import OpenHead
from service.runtime import Runtime
from service.settings import PREFIX, Settings
from service.turns import SharedEmbedder
from tests.doubles import HashEmbedder
from tests.service.commands import Ran, run

EXAMPLES = (
    ("theory", "problem", "理论学习不够深入，满足于读文件、记笔记"),
    ("theory", "measure", "每周安排半天读原著，把理论学习抓实"),
    ("politics", "problem", "党内政治生活不够严肃，批评时碍于情面"),
    ("politics", "cause", "党性锻炼有所放松，政治敏锐性不强"),
    ("ability", "problem", "数字化办公的本领不足，业务知识更新慢"),
    ("ability", "measure", "报名参加业务培训，补上专业能力的短板"),
    ("responsibility", "problem", "遇到难题有畏难情绪，主动担当不够"),
    ("responsibility", "measure", "敢于牵头攻坚，把担当作为落到项目上"),
    ("style", "problem", "下村调研走马观花，与群众谈心不多"),
    ("style", "cause", "宗旨意识有所淡化，习惯坐在办公室听汇报"),
    ("integrity", "problem", "对身边人的廉洁提醒不够经常"),
    ("integrity", "measure", "管好家风，严守纪律规矩，自觉接受监督"),
    ("none", "other", "以上报告，请各位同志批评指正"),
    ("none", "other", "现将个人有关情况报告如下"),
)
REPORT = """个人对照检查材料

一、存在的问题

（一）理论学习方面

1.理论学习不够系统。平时忙于事务，读原著的时间不多。

（二）工作作风方面

1.下村调研不够深入。有时坐在车上看、隔着玻璃瞧。

二、整改措施

1.坚持每天学习一小时。带头交流学习体会。
"""
OTHER_REPORT = """个人检视剖析材料

一、主要不足

1.数字化办公的本领不足。新系统上线半年仍靠同事代办。

2.遇到难题有畏难情绪。征地工作中有等靠思想。
"""


class FakeRuntime(Runtime):
    """A runtime whose encoder and head are small; its corpus and everything else is real."""

    @cached_property
    def embedder(self) -> SharedEmbedder:
        return SharedEmbedder(HashEmbedder(), lambda: self.observer)

    @cached_property
    def head(self) -> OpenHead:
        taxonomy = load_taxonomy()
        examples = [Example(text=text, primary=primary, role=role) for primary, role, text in EXAMPLES]
        vectors = self.embedder.encode_passages([example.text for example in examples])
        classifier = Classifier(taxonomy, fit_head(examples, vectors, taxonomy).head)
        return OpenHead(classifier=classifier, name="liuwei-head-of-tests", folder=Path("nowhere"))


@pytest.fixture(scope="session")
def small_head(tmp_path_factory) -> OpenHead:
    """The head of FakeRuntime, fitted once."""
    return FakeRuntime(Settings(data_dir=tmp_path_factory.mktemp("unused"))).head


@pytest.fixture
def make_runtime(tmp_path: Path, small_head: OpenHead) -> Callable[..., FakeRuntime]:
    """Return a function from settings, by name, to a runtime with an empty data folder."""

    def make(**settings: Any) -> FakeRuntime:
        runtime = FakeRuntime(Settings(**{"data_dir": tmp_path / "data", **settings}))
        runtime.__dict__["head"] = small_head
        return runtime

    return make


@pytest.fixture
def runtime(make_runtime: Callable[..., FakeRuntime]) -> Iterator[FakeRuntime]:
    with make_runtime() as runtime:
        yield runtime


@pytest.fixture
def client(runtime: FakeRuntime) -> Iterator[TestClient]:
    with TestClient(create_app(runtime)) as client:
        yield client


@pytest.fixture
def report() -> str:
    return REPORT


@pytest.fixture
def other_report() -> str:
    return OTHER_REPORT


@pytest.fixture
def liuwei(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Return what runs a command in this process; its data folder is new, no other variable is set."""
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LIUWEI_DATA_DIR", str(tmp_path / "data"))
    return run


@pytest.fixture
def small_encoder(monkeypatch: pytest.MonkeyPatch, liuwei: Callable[..., Ran]) -> None:
    """Let everything be real but the encoder; each name of one stands for another.

    Wide enough that few bigrams share a place: the words of the bundled labels, which are learnt from too, are many.
    """
    monkeypatch.setattr("service.runtime.load_embedder", lambda name, **_: HashEmbedder(dim=256, salt=name))
    monkeypatch.setenv("LIUWEI_ENCODER", "small")


@pytest.fixture
def small_models(monkeypatch: pytest.MonkeyPatch, make_runtime: Callable[..., FakeRuntime]) -> None:
    """Let every command run with FakeRuntime in place of the real models."""
    for module in (cli_texts, cli_search, cli_corpus, cli_overlap, doctor, fitting):
        monkeypatch.setattr(module, "Runtime", lambda settings: make_runtime(**asdict(settings)))
