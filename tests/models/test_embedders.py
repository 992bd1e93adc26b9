"""Both kinds of encoder on the same weights; sentence-transformers takes seconds to import, so it is one module."""

import shutil
import sys

import numpy as np
import pytest

from models import embedders
from models.embedders import BASE_FOLDER, SentenceTransformerEmbedder, load_embedder
from models.errors import ModelUnavailable


@pytest.fixture(scope="module")
def full_precision() -> SentenceTransformerEmbedder:
    pytest.importorskip("sentence_transformers")
    return SentenceTransformerEmbedder(str(BASE_FOLDER), device="cpu")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_fingerprint_of_a_loaded_model_is_the_same_at_every_load(full_precision):
    again = SentenceTransformerEmbedder(str(BASE_FOLDER), device="cpu")

    assert again.fingerprint == full_precision.fingerprint
    assert (0, 512) == again.encode_passages([]).shape
    assert np.allclose(1, np.linalg.norm(again.encode_queries(["作风"]), axis=1), atol=1e-5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_fingerprint_tells_the_weights_and_not_the_query_instruction_or_the_threads(full_precision):
    torch = pytest.importorskip("torch")
    instructed = SentenceTransformerEmbedder(str(BASE_FOLDER), device="cpu", query_instruction="检索：")
    changed = SentenceTransformerEmbedder(str(BASE_FOLDER), device="cpu")
    name, weights = next((n, w) for n, w in changed._model.state_dict().items() if w.dim() == 2)
    # The same numbers elsewhere in a matrix: its sum stays.
    weights[[0, 1]] = weights[[1, 0]]

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    fingerprints = [one.fingerprint for one in (instructed, changed)]
    torch.set_num_threads(threads)

    assert full_precision.fingerprint == fingerprints[0]
    assert full_precision.fingerprint != fingerprints[1], name


def test_the_fingerprint_is_computed_once(full_precision, monkeypatch):
    before = full_precision.fingerprint
    monkeypatch.setattr(full_precision._model, "state_dict", None)

    assert before == full_precision.fingerprint


def test_without_the_package_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)

    with pytest.raises(ModelUnavailable, match=r"pip install '\.\[torch\]' --constraint constraints\.txt"):
        load_embedder("some/model")


def test_weights_of_every_kind_of_number_can_be_told_apart():
    torch = pytest.importorskip("torch")
    kinds = (torch.bfloat16, torch.float16, torch.float32, torch.int64, torch.bool)

    for kind in kinds:
        assert embedders._bytes(torch.zeros((), dtype=kind)) != embedders._bytes(torch.ones((), dtype=kind))


def test_a_name_that_is_no_model_is_refused_with_the_name(tmp_path):
    pytest.importorskip("sentence_transformers")

    with pytest.raises(ModelUnavailable, match="empty-folder"):
        load_embedder(str(tmp_path / "empty-folder"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_code_that_comes_in_the_folder_of_an_encoder_is_never_run(tmp_path):
    pytest.importorskip("sentence_transformers")
    folder = tmp_path / "encoder"
    shutil.copytree(BASE_FOLDER, folder)
    modules = (folder / "modules.json").read_text(encoding="utf-8")
    theirs = modules.replace("sentence_transformers.models.Normalize", "theirs.Normalize")
    (folder / "modules.json").write_text(theirs, encoding="utf-8")
    (folder / "theirs.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()", encoding="utf-8")

    with pytest.raises(ModelUnavailable, match="theirs.Normalize"):
        load_embedder(str(folder), device="cpu")

    assert modules != theirs
    assert not (tmp_path / "ran").exists()


def test_weights_that_were_cut_off_are_refused_with_the_name_of_the_encoder(tmp_path):
    pytest.importorskip("sentence_transformers")
    folder = shutil.copytree(BASE_FOLDER, tmp_path / "cut-off")
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(1_000_000)

    with pytest.raises(ModelUnavailable, match="cut-off"):
        load_embedder(str(folder))


@pytest.mark.parametrize("device", ["gpu", "cuda:7"])
def test_a_device_that_is_not_there_is_named(device):
    pytest.importorskip("sentence_transformers")

    with pytest.raises(ModelUnavailable, match=device):
        load_embedder(str(BASE_FOLDER), device=device)
