"""`liuwei doctor`: what is wrong with this installation, and what to do."""

import platform
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from index.checks import CORPUS_ENCODER
from index.errors import CorpusBusy, IndexFault, NoCorpus
from index.folders import open_to_others
from index.records import Check
from models.artifacts import ENCODER
from models.embedders import BASE_FOLDER, BUNDLED, BUNDLED_FOLDER
from models.errors import ModelDamaged, ModelFault
from models.onnx_embedder import CHECKSUMS, read_checksums, verified_checksums
from service.errors import FAULTS, places
from service.options import installed_version
from service.relabelling import unknown_labels
from service.runtime import Runtime
from service.settings import Settings
from service.shortages import plain

LEAST_FREE_BYTES = 500_000_000
TUNED_FROM = "model.safetensors"
PACKAGES = ("liuwei", "numpy", "onnxruntime", "tokenizers", "faiss-cpu", "tantivy", "fastapi")


def checks(settings: Settings) -> Iterator[Check]:
    """Yield the checks one by one: versions, disk, encoder, base, classifier, then those of the corpus."""
    yield Check(name="versions", ok=True, detail=_versions())
    yield _disk(settings.data_dir)
    with Runtime(settings) as runtime:
        yield _tried("encoder", lambda: _encoder(runtime))
        yield _tried("base", _base)
        yield _tried("classifier", lambda: _classifier(runtime))
        yield from _corpus(runtime)


def corpus_checks(runtime: Runtime) -> list[Check]:
    """Return the checks of the corpus, whatever encoder there is. Raises NoCorpus, CorpusBusy.

    A store that cannot be opened is a check that fails, and so is an encoder that cannot be loaded.
    """
    try:
        corpus = runtime.corpus(any_embedder=True)
    except (NoCorpus, CorpusBusy):
        raise
    except IndexFault as fault:
        return [Check(name="store", ok=False, detail=str(fault))]
    labels = _labels(runtime)
    try:
        fingerprint = runtime.embedder.fingerprint
    except ModelFault as fault:
        return [*corpus.verify(), Check(name=CORPUS_ENCODER, ok=False, detail=str(fault)), *labels]
    return [*corpus.verify(fingerprint=fingerprint), *labels]


def _labels(runtime: Runtime) -> list[Check]:
    """Return whether the head in use knows the labels of the corpus; nothing where other checks tell what is wrong."""
    try:
        told = unknown_labels(runtime)
    except (IndexFault, ModelFault):
        return []
    return [Check(name="labels", ok=told is None, detail=told or "the head in use knows all")]


def _versions() -> str:
    found = [f"{package} {installed_version(package) or 'from a checkout'}" for package in PACKAGES]
    return ", ".join([f"Python {platform.python_version()}", *found])


def _disk(data_dir: Path) -> Check:
    if data_dir.exists() and not data_dir.is_dir():
        return Check(name="disk", ok=False, detail=f"{data_dir} is a file; name a folder with --data-dir")
    existing = next(path for path in (data_dir.absolute(), *data_dir.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    enough = free >= LEAST_FREE_BYTES
    advice = "" if enough else f"; free at least {LEAST_FREE_BYTES // 1_000_000} MB"
    if data_dir.is_dir() and open_to_others(data_dir):
        advice += f"; every user of this machine may read the reports there: 'chmod go= {data_dir}' keeps them out"
    return Check(name="disk", ok=enough, detail=f"{free // 1_000_000} MB free at {data_dir}{advice}")


def _encoder(runtime: Runtime) -> str:
    name = runtime.settings.encoder
    folder = BUNDLED_FOLDER if name == BUNDLED else Path(name)
    files = f", {_sound_files(folder)}" if name == BUNDLED or (folder / CHECKSUMS).is_file() else ""
    return f"{name}, {runtime.embedder.fingerprint}, {runtime.embedder.dim} wide{files}"


def _base() -> str:
    """Return the state of the weights that encoders are tuned from; a slim installation may leave them out."""
    if not (BASE_FOLDER / TUNED_FROM).is_file():
        return f"{TUNED_FROM} is missing, which only tuning needs"
    return f"weights to tune from, {_sound_files(BASE_FOLDER)}"


def _classifier(runtime: Runtime) -> str:
    own = runtime.head_folder / ENCODER
    files = f", with an encoder of its own, {_sound_files(own)}" if own.is_dir() else ""
    return f"{runtime.model_name}, {runtime.taxonomy.identity}, {runtime.head_folder}{files}"


def _sound_files(folder: Path) -> str:
    """Return how many files of a model folder are as SHA256SUMS says. Raises ModelDamaged, naming every other one."""
    names = list(read_checksums(folder))
    faults = []
    for name in names:
        try:
            verified_checksums(folder, (name,))
        except ModelFault as fault:
            faults.append(str(fault))
    if faults:
        raise ModelDamaged("; ".join(faults))
    return f"{len(names)} files as {CHECKSUMS} says"


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name=name, ok=True, detail=look())
    except Exception as fault:  # noqa: BLE001 - whatever is wrong, the other checks are wanted all the more
        return Check(name=name, ok=False, detail=_told(fault))


def _corpus(runtime: Runtime) -> Iterator[Check]:
    try:
        yield from corpus_checks(runtime)
    except NoCorpus as fault:
        # A fresh installation has none; that is no fault.
        yield Check(name="corpus", ok=True, detail=str(fault))
    except Exception as fault:  # noqa: BLE001 - as above
        yield Check(name="corpus", ok=False, detail=_told(fault))


def _told(fault: Exception) -> str:
    """Return what a fault says of itself; of one that is none of ours its kind and place, for it may quote a report."""
    known = plain(fault)
    if isinstance(known, (*FAULTS, OSError)):
        return str(known)
    return f"a fault of this program's own, {type(fault).__qualname__} at {places(fault)[-1]}; please report it"
