import hashlib
import io
import json
import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from models.artifacts import (
    ARRAYS,
    BUNDLED_HEAD,
    EXAMPLES,
    MANIFEST,
    TAXONOMY,
    load_classifier,
    load_manifest,
    save_head,
)
from models.classifier import Classifier
from models.datasets import Example
from models.errors import EncoderMismatch, ModelDamaged, ModelUnavailable
from models.ngrams import BUCKETS, Ngrams
from models.taxonomy import BUNDLED_TAXONOMY, load_taxonomy
from models.training import fit_head

TEXTS = ("学习不深", "担当不足", "批评指正")
VECTORS = np.eye(3, 8, dtype=np.float32)


@pytest.fixture
def saved(tmp_path):
    taxonomy = load_taxonomy()
    labels = ("theory", "responsibility", "none")
    examples = [Example(text=t, primary=p, role="problem") for t, p in zip(TEXTS, labels, strict=True)]
    trained = fit_head(examples, VECTORS, taxonomy)
    save_head(tmp_path, trained.head, taxonomy_file=BUNDLED_TAXONOMY, encoder="e-1", metrics={"accuracy": 1.0})
    return tmp_path, Classifier(taxonomy, trained.head)


def test_a_saved_head_predicts_as_before(saved):
    folder, before = saved

    after = load_classifier(folder, shared=lambda: "e-1")

    assert before.predict(TEXTS, VECTORS, evidence=2) == after.predict(TEXTS, VECTORS, evidence=2)


def test_ngrams_are_saved_with_the_head_and_must_fit_its_taxonomy(saved, tmp_path):
    _, classifier = saved
    rng = np.random.default_rng(0)
    layers = (rng.standard_normal((BUCKETS, n)).astype(np.float16) for n in (7, 5))
    head = replace(classifier.head, ngrams=Ngrams(**dict(zip(("dimensions", "roles"), layers, strict=True))))
    short = replace(head, ngrams=Ngrams(dimensions=head.ngrams.dimensions[:, :6], roles=head.ngrams.roles))
    for name, one in (("whole", head), ("short", short)):
        save_head(tmp_path / name, one, taxonomy_file=BUNDLED_TAXONOMY, encoder="e-1", metrics={})

    after = load_classifier(tmp_path / "whole", shared=lambda: "e-1")

    assert np.array_equal(after.head.ngrams.dimensions, head.ngrams.dimensions)
    before = Classifier(classifier.taxonomy, head)
    assert before.predict(TEXTS, VECTORS) == after.predict(TEXTS, VECTORS)
    assert classifier.predict(TEXTS, VECTORS) != after.predict(TEXTS, VECTORS)
    with pytest.raises(ModelDamaged, match="n-grams of dimensions"):
        load_classifier(tmp_path / "short", shared=lambda: "e-1")


def test_a_head_of_another_encoder_is_refused_with_what_to_do(saved):
    with pytest.raises(EncoderMismatch, match="liuwei train"):
        load_classifier(saved[0], shared=lambda: "e-2")


@pytest.mark.parametrize("name", [ARRAYS, EXAMPLES])
def test_an_altered_file_is_refused_by_name(saved, name):
    with (saved[0] / name).open("ab") as file:
        file.write(b"x")

    with pytest.raises(ModelDamaged, match=name):
        load_classifier(saved[0], shared=lambda: "e-1")


def test_a_folder_without_a_manifest_holds_no_head(tmp_path):
    with pytest.raises(ModelUnavailable, match=MANIFEST):
        load_manifest(tmp_path)


def test_a_head_of_the_format_before_is_read_as_one_without_ngrams(saved):
    folder, before = saved
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**manifest, "format": 2}), encoding="utf-8")

    after = load_classifier(folder, shared=lambda: "e-1")

    assert after.head.ngrams is None
    assert before.predict(TEXTS, VECTORS) == after.predict(TEXTS, VECTORS)


def test_a_manifest_of_another_format_is_refused(saved):
    manifest = json.loads((saved[0] / MANIFEST).read_text(encoding="utf-8"))
    (saved[0] / MANIFEST).write_text(json.dumps({**manifest, "format": 99}), encoding="utf-8")

    with pytest.raises(ModelDamaged, match="format 99"):
        load_manifest(saved[0])


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changed(folder, fields):
    """Change fields of the manifest; `table__key` reaches into a table, None takes the key out."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for name, value in fields.items():
        table, _, key = name.rpartition("__")
        within = manifest[table] if table else manifest
        within[key] = value
        if value is None:
            del within[key]
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"dim": 9}, "vectors of examples"),
        ({"examples": 4}, "examples are 3"),
        ({"taxonomy": "other@1"}, "version of the taxonomy are six"),
        ({"thresholds__courage": 0.5}, "thresholds.courage"),
        ({"thresholds__margin": None}, "thresholds.margin"),
        ({"thresholds__margin": "wide"}, "margin is"),
        ({"thresholds": 5}, "thresholds"),
        ({"temperature": 0}, "temperature"),
        ({"temperature": "warm"}, "temperature"),
        ({"sha256": []}, "sha256.head.npz"),
        ({"sha256__head.npz": None}, "sha256.head.npz"),
        ({"sha256__head.npz": 5}, "sha256.head.npz"),
        ({"colour": "red"}, "not a manifest"),
    ],
)
def test_a_manifest_that_contradicts_its_folder_or_the_format_is_refused(saved, fields, said):
    changed(saved[0], fields)

    with pytest.raises(ModelDamaged, match=said):
        load_classifier(saved[0], shared=lambda: "e-1")


def test_arrays_that_do_not_fit_the_taxonomy_are_refused(saved):
    folder, _ = saved
    with np.load(folder / ARRAYS) as arrays:
        kept = dict(arrays)
    np.savez(folder / ARRAYS, **{**kept, "dimensions_weight": kept["dimensions_weight"][:, :3]})
    changed(folder, {f"sha256__{ARRAYS}": sha256(folder / ARRAYS)})

    with pytest.raises(ModelDamaged, match="dimensions"):
        load_classifier(folder, shared=lambda: "e-1")


def test_a_stored_taxonomy_that_is_none_means_damage(saved):
    folder, _ = saved
    (folder / TAXONOMY).write_text("no: taxonomy", encoding="utf-8")
    changed(folder, {f"sha256__{TAXONOMY}": sha256(folder / TAXONOMY)})

    with pytest.raises(ModelDamaged, match="train again"):
        load_classifier(folder, shared=lambda: "e-1")


def test_arrays_with_pickled_objects_are_not_loaded(saved):
    folder, _ = saved
    np.savez(folder / ARRAYS, example_vectors=np.array([{"a": 1}], dtype=object))
    changed(folder, {f"sha256__{ARRAYS}": sha256(folder / ARRAYS)})

    with pytest.raises(ModelDamaged, match="train again"):
        load_classifier(folder, shared=lambda: "e-1")


def test_the_bundled_head_says_how_it_did_on_batches_it_had_not_seen():
    metrics = load_manifest(BUNDLED_HEAD).metrics

    assert metrics["accuracy"] > 0.7
    assert metrics["ece"] < 0.1


def resealed(folder, arrays):
    """Put other bytes in place of the arrays, with the checksum that they have, as somebody of bad intent would."""
    (folder / ARRAYS).write_bytes(arrays)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    manifest["sha256"][ARRAYS] = hashlib.sha256(arrays).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def array_of(shape, kind="<f4", body=b""):
    """Return a .npy file that says that it has this shape."""
    head = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + body


def archive(member):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("dimensions_weight.npy", member)
    return packed.getvalue()


@pytest.mark.parametrize(
    "arrays",
    [
        archive(array_of((10**15,))),
        archive(array_of((-1,))),
        archive(array_of((1,), "|O", pickle.dumps(ValueError))),
        array_of((3,), body=b"\0" * 12),
        pickle.dumps(ValueError),
    ],
    ids=["larger than memory", "negative", "pickled objects", "no archive", "a pickle"],
)
def test_arrays_of_bad_intent_are_refused_though_their_checksum_is_right(saved, arrays):
    folder, _ = saved
    resealed(folder, arrays)

    with pytest.raises(ModelDamaged, match="cannot be read as a classifier head"):
        load_classifier(folder, shared=lambda: "e-1")


def test_a_sound_head_that_finds_no_room_is_not_called_damaged(saved, monkeypatch):
    folder, _ = saved

    def no_room(*_):
        raise MemoryError

    monkeypatch.setattr("models.artifacts._ngrams", no_room)

    with pytest.raises(MemoryError):
        load_classifier(folder, shared=lambda: "e-1")


def test_a_manifest_that_is_nested_without_end_is_refused(saved):
    folder, _ = saved
    (folder / MANIFEST).write_text("[" * 200_000, encoding="utf-8")

    with pytest.raises(ModelDamaged, match="is not a manifest"):
        load_manifest(folder)
