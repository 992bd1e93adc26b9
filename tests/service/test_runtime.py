import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.readers import document_from_text
from models.classifier import Classifier
from models.errors import BadText, ModelUnavailable
from models.ngrams import BUCKETS, Ngrams
from service.runtime import Runtime, TextInput
from service.settings import Settings
from service.tagged import context_of
from tests.doubles import HashEmbedder

SLOW_S = 0.05


@pytest.fixture
def opened(monkeypatch, small_head):
    """Let opening take a while, and return what was opened, in order."""
    names = []

    def open_embedder(name, **_):
        time.sleep(SLOW_S)
        names.append("embedder")
        return HashEmbedder()

    def open_classifier(folder, *, shared, threads):
        time.sleep(SLOW_S)
        shared()
        names.append("classifier")
        return small_head.classifier

    monkeypatch.setattr("service.runtime.load_embedder", open_embedder)
    monkeypatch.setattr("service.heads.load_classifier", open_classifier)
    return names


def all_done(actions):
    """Run the actions in a thread each, begun at one moment; return whether all came to an end."""
    start = threading.Barrier(len(actions))
    threads = [threading.Thread(target=lambda do=do: (start.wait(), do()), daemon=True) for do in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    return not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("first", range(4))
def test_everything_opens_once_whatever_thread_asks_for_what_first(tmp_path, opened, first):
    runtime = Runtime(Settings(data_dir=tmp_path))
    actions = [
        lambda: runtime.head,
        lambda: runtime.corpus(create=True),
        lambda: runtime.embedder,
        lambda: runtime.model_name,
    ]

    assert all_done((actions[first:] + actions[:first]) * 3)

    assert ["classifier", "embedder"] == sorted(opened)
    assert runtime.corpus() is runtime.corpus()
    runtime.close()


def test_what_could_not_be_opened_is_tried_again(tmp_path, monkeypatch, opened):
    runtime = Runtime(Settings(data_dir=tmp_path))
    with monkeypatch.context() as patched, pytest.raises(ModelUnavailable):
        patched.setattr("service.runtime.load_embedder", _missing)
        runtime.embedder  # noqa: B018

    assert 64 == runtime.embedder.dim


def _missing(name, **_):
    raise ModelUnavailable(name)


def test_the_name_of_the_head_stays_that_of_the_one_in_use(tmp_path, opened, monkeypatch):
    runtime = Runtime(Settings(data_dir=tmp_path))
    before = runtime.model_name
    monkeypatch.setattr("service.heads.load_manifest", None)

    assert before == runtime.model_name
    assert before.startswith("liuwei-head-")


@pytest.mark.parametrize(
    ("item", "param"),
    [
        (TextInput(text="长" * 21), "input[1]"),
        (TextInput(text="理论", context="长" * 21), "input[1].context"),
        (TextInput(text="理论", context="\ud800"), "input[1].context"),
    ],
)
def test_text_and_context_have_the_same_limits(make_runtime, item, param):
    runtime = make_runtime(max_text_chars=20)

    with pytest.raises(BadText) as caught:
        runtime.classify([TextInput(text="理论", context="长" * 20), item])

    assert param == caught.value.param


def test_a_closed_runtime_opens_its_corpus_again_when_asked(runtime, report):
    runtime.add(document_from_text(report, source="a.txt"))
    first = runtime.corpus()
    runtime.close()

    assert runtime.corpus() is not first
    assert 1 == runtime.documents(limit=10).total


def test_a_head_that_was_put_aside_is_found(tmp_path):
    (tmp_path / ".mine.liuwei-old").mkdir()

    assert tmp_path / ".mine.liuwei-old" == Runtime(Settings(head=str(tmp_path / "mine"))).head_folder
    assert Path("mine") == Runtime(Settings(head="mine")).head_folder


class OwnEncoder(HashEmbedder):
    """Reads no context itself, so that only n-grams can tell one."""

    def encode_in_context(self, texts, contexts):
        return self.encode_passages(texts)


@pytest.fixture
def with_ngrams(runtime, small_head):
    """A runtime whose head reads n-grams, with an encoder of its own."""
    taxonomy, rng = small_head.classifier.taxonomy, np.random.default_rng(0)
    dimensions, roles = (rng.standard_normal((BUCKETS, len(of))) for of in (taxonomy.codes, taxonomy.role_codes))
    ngrams = Ngrams(dimensions=dimensions.astype(np.float16), roles=roles.astype(np.float16))
    head = replace(small_head.classifier.head, ngrams=ngrams)
    runtime.__dict__["head"] = replace(small_head, classifier=Classifier(taxonomy, head, encoder=OwnEncoder()))
    return runtime


def test_characters_count_as_simplified_ones_in_texts_and_headings(with_ngrams):
    traditional, plain, alone = with_ngrams.classify([
        TextInput(text="理論學習不夠深入", context="學風問題"),
        TextInput(text="理论学习不够深入", context="学风问题"),
        TextInput(text="理论学习不够深入"),
    ])

    assert traditional.scores == plain.scores
    assert plain.scores != alone.scores


def test_aliases_in_traditional_characters_name_headings_of_either_script(runtime, small_head):
    taxonomy = small_head.classifier.taxonomy
    aliases = {"theory": "理論武裝", "problem": "存在問題"}
    dimensions, roles = (
        tuple(replace(entry, aliases=(aliases.get(entry.code, entry.label),)) for entry in entries)
        for entries in (taxonomy.dimensions, taxonomy.roles)
    )
    traditional = replace(taxonomy, dimensions=dimensions, roles=roles)
    runtime.__dict__["head"] = replace(
        small_head, classifier=Classifier(traditional, small_head.classifier.head, encoder=None)
    )

    for text in ("一、存在問題\n（一）理論武裝方面\n1.讀書不多。", "一、存在问题\n（一）理论武装方面\n1.读书不多。"):
        tagged = runtime.tag(document_from_text(text, source="a.txt"))[-1].sentence

        assert ("theory", "problem") == (tagged.declared, tagged.role)


def test_a_sentence_of_a_report_is_judged_under_its_headings(with_ngrams, report):
    tagged = with_ngrams.tag(document_from_text(report, source="a.txt"))

    inputs = [TextInput(text=one.sentence.text, context=context_of(one.sentence)) for one in tagged]
    assert any(item.context for item in inputs)
    assert [one.prediction.scores for one in tagged] == [one.scores for one in with_ngrams.classify(inputs)]


def test_a_report_that_is_there_is_told_as_it_is_stored_and_not_outlined_anew(runtime, report, monkeypatch):
    document = document_from_text(report, source="a.txt")
    stored = runtime.add(document)
    monkeypatch.setattr("service.runtime._sentences", lambda *_: ())

    assert replace(stored, status="unchanged") == runtime.add(document)
