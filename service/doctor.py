"""`liuwei doctor`: what is wrong with this installation, and what to do."""

import platform
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from index.errors import NoCorpus
from index.records import Check
from service.errors import FAULTS
from service.runtime import Runtime
from service.settings import Settings

LEAST_FREE_BYTES = 500_000_000
PACKAGES = ("liuwei", "numpy", "onnxruntime", "tokenizers", "faiss-cpu", "tantivy", "fastapi")


def checks(settings: Settings) -> Iterator[Check]:
    """Yield the checks one by one: versions, disk, encoder, classifier, then those of the corpus."""
    yield Check(name="versions", ok=True, detail=_versions())
    yield _disk(settings.data_dir)
    with Runtime(settings) as runtime:
        yield _tried(
            "encoder", lambda: f"{settings.encoder}, {runtime.embedder.fingerprint}, {runtime.embedder.dim} wide"
        )
        yield _tried("classifier", lambda: f"{runtime.model_name}, {runtime.taxonomy.identity}, {runtime.head_folder}")
        yield from _corpus(runtime)


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} from a checkout")
    return ", ".join(found)


def _disk(data_dir: Path) -> Check:
    if data_dir.exists() and not data_dir.is_dir():
        return Check(name="disk", ok=False, detail=f"{data_dir} is a file; name a folder with --data-dir")
    existing = next(path for path in (data_dir.absolute(), *data_dir.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    enough = free >= LEAST_FREE_BYTES
    advice = "" if enough else f"; free at least {LEAST_FREE_BYTES // 1_000_000} MB"
    return Check(name="disk", ok=enough, detail=f"{free // 1_000_000} MB free at {data_dir}{advice}")


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name=name, ok=True, detail=look())
    except (*FAULTS, OSError) as fault:
        return Check(name=name, ok=False, detail=str(fault))


def _corpus(runtime: Runtime) -> Iterator[Check]:
    try:
        yield from runtime.corpus(any_embedder=True).verify()
    except NoCorpus as fault:
        # A fresh installation has none; that is no fault.
        yield Check(name="corpus", ok=True, detail=str(fault))
    except (*FAULTS, OSError) as fault:
        yield Check(name="corpus", ok=False, detail=str(fault))
