"""A classifier head on disk: a folder with a manifest, arrays, its taxonomy and its examples. Nothing is unpickled.

manifest.json    format, taxonomy, encoder fingerprint, dim, counts, thresholds, metrics, SHA-256 of the others
head.npz         the arrays, loaded with allow_pickle=False; vectors of examples in eight bits, each with its scale
taxonomy.yaml    the taxonomy that it was fitted to
examples.jsonl   the labelled examples, for evidence, in the order of their vectors
encoder/         an encoder of its own, tuned to the task (only where there is one)
"""

import hashlib
import json
import math
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from models.classifier import Classifier, Head, Linear, Thresholds
from models.datasets import LazyExamples, example_line
from models.errors import BadTaxonomy, EncoderMismatch, ModelDamaged, ModelUnavailable
from models.ngrams import BUCKETS, Ngrams
from models.onnx_embedder import OnnxEmbedder
from models.taxonomy import Taxonomy, load_taxonomy

FORMAT = 3
# Heads of format 2 are the same without n-grams.
READABLE = (2, FORMAT)
MANIFEST = "manifest.json"
ARRAYS = "head.npz"
TAXONOMY = "taxonomy.yaml"
EXAMPLES = "examples.jsonl"
ENCODER = "encoder"
# What a manifest must give the checksum of.
CHECKED = (ARRAYS, TAXONOMY, EXAMPLES)
BUNDLED_HEAD = Path(__file__).parent / "bundled" / "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a head folder says of itself. `metrics` are those of the held-out batches at training time.

    `trained_at` is in UTC; "" where the folder does not tell.
    """

    format: int
    taxonomy: str
    encoder: str
    dim: int
    examples: int
    temperature: float
    thresholds: Mapping[str, float]
    metrics: Mapping[str, float]
    sha256: Mapping[str, str]
    trained_at: str = ""

    @property
    def name(self) -> str:
        """Return a short name that changes with the arrays, as responses show it."""
        return f"liuwei-head-{self.sha256[ARRAYS][:12]}"


def save_head(folder: Path, head: Head, *, taxonomy_file: Path, encoder: str, metrics: Mapping[str, float]) -> Manifest:
    """Write the head into a new folder and return its manifest. The manifest comes last: without it nothing loads."""
    folder.mkdir(parents=True, exist_ok=True)
    # Not compressed: numbers of eight bits hardly shrink, and a cold start would have to unpack them.
    np.savez(folder / ARRAYS, allow_pickle=False, **_arrays(head))
    shutil.copyfile(taxonomy_file, folder / TAXONOMY)
    lines = "".join(example_line(example) + "\n" for example in head.examples)
    (folder / EXAMPLES).write_text(lines, encoding="utf-8")
    manifest = Manifest(
        format=FORMAT,
        taxonomy=load_taxonomy(taxonomy_file).identity,
        encoder=encoder,
        dim=int(head.dimensions.weight.shape[0]),
        examples=len(head.examples),
        temperature=head.temperature,
        thresholds=asdict(head.thresholds),
        metrics=dict(metrics),
        sha256={name: _sha256(folder / name) for name in CHECKED},
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1), encoding="utf-8")
    return manifest


def load_manifest(folder: Path) -> Manifest:
    """Return the manifest of a head folder. Raises ModelUnavailable without one, ModelDamaged for a strange one."""
    try:
        content: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**content)
    except OSError as error:
        raise ModelUnavailable(
            f"{folder} holds no classifier head ({MANIFEST} is missing); 'liuwei heads list' shows those there are"
        ) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelDamaged(f"{folder / MANIFEST} is not a manifest of format {FORMAT}; train again") from error
    if manifest.format not in READABLE:
        raise ModelDamaged(f"{folder} has format {manifest.format}, this version reads {FORMAT}; train again")
    _check_fields(folder, manifest)
    return manifest


def load_classifier(folder: Path, *, shared: Callable[[], str], threads: int = 0) -> Classifier:
    """Return the classifier of a head folder, with its own encoder where it has one.

    `shared` gives the fingerprint of the encoder that the corpus is searched with, and is only asked where the head
    has none of its own. Raises ModelUnavailable, ModelDamaged, or EncoderMismatch where the head was fitted to other
    vectors.
    """
    manifest = load_manifest(folder)
    own = OnnxEmbedder(folder / ENCODER, threads=threads) if (folder / ENCODER).is_dir() else None
    encoder = own.fingerprint if own else shared()
    if manifest.encoder != encoder:
        raise EncoderMismatch(
            f"head {folder} was fitted to encoder {manifest.encoder}, in use is {encoder}; "
            "choose that encoder or fit a head for this one with 'liuwei train'"
        )
    for name in CHECKED:
        if not (folder / name).is_file() or _sha256(folder / name) != manifest.sha256[name]:
            raise ModelDamaged(f"{folder / name} is missing or altered since training; install or train again")
    try:
        taxonomy = load_taxonomy(folder / TAXONOMY)
    except BadTaxonomy as error:
        raise ModelDamaged(f"{folder}: {error}; train again") from error
    head = _read_head(folder, manifest, taxonomy)
    _check_agreement(folder, manifest, taxonomy, head)
    return Classifier(taxonomy, head, encoder=own)


def _check_fields(folder: Path, manifest: Manifest) -> None:
    """Raise ModelDamaged where a field is missing in one of the manifest's tables, unknown, or of a wrong kind."""
    known = {field.name for field in fields(Thresholds)}
    numbers = {"temperature": manifest.temperature, **_table(manifest.thresholds)}
    wrong = [
        *(f"thresholds.{name}" for name in sorted(known ^ set(_table(manifest.thresholds)))),
        *(f"sha256.{name}" for name in CHECKED if not isinstance(_table(manifest.sha256).get(name), str)),
        *(name for name, number in numbers.items() if not _is_number(number)),
        *(name for name in ("taxonomy", "encoder", "trained_at") if not isinstance(getattr(manifest, name), str)),
        *(name for name in ("dim", "examples") if type(getattr(manifest, name)) is not int),
        *(["metrics"] if not _are_figures(manifest.metrics) else []),
    ]
    if wrong or manifest.temperature <= 0:
        name = wrong[0] if wrong else "temperature"
        raise ModelDamaged(f"{folder / MANIFEST}: {name} is missing, unknown or no possible value; train again")


def _table(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - what JSON gives
    return value if isinstance(value, dict) else {}


def _are_figures(value: Any) -> bool:  # noqa: ANN401 - what JSON gives
    """Return whether it is a table of numbers, among which NaN is one: a figure of no example."""
    return isinstance(value, dict) and all(type(figure) in (int, float) for figure in value.values())


def _is_number(value: Any) -> bool:  # noqa: ANN401 - what JSON gives
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_agreement(folder: Path, manifest: Manifest, taxonomy: Taxonomy, head: Head) -> None:
    """Raise ModelDamaged where the manifest and the files beside it, or the arrays among themselves, disagree."""
    roles = max(1, len(taxonomy.role_codes))
    layers = [("dimensions", head.dimensions, len(taxonomy.codes)), ("roles", head.roles, roles)]
    layers += [("domain", head.domain, 1)] if head.domain else []
    over_ngrams = []
    if head.ngrams:
        over_ngrams = [("dimensions", head.ngrams.dimensions, len(taxonomy.codes)), ("roles", head.ngrams.roles, roles)]
    found_and_wanted = [
        ("name and version of the taxonomy", taxonomy.identity, manifest.taxonomy),
        ("examples", len(head.examples), manifest.examples),
        ("vectors of examples", head.example_vectors.shape, (manifest.examples, manifest.dim)),
        ("labels of examples", head.example_columns.shape, (manifest.examples,)),
        *((name, layer.weight.shape, (manifest.dim, outputs)) for name, layer, outputs in layers),
        *((f"n-grams of {name}", weight.shape, (BUCKETS, outputs)) for name, weight, outputs in over_ngrams),
        *((f"bias of {name}", layer.bias.shape, (outputs,)) for name, layer, outputs in layers),
    ]
    for name, found, wanted in found_and_wanted:
        if found != wanted:
            raise ModelDamaged(f"{folder}: {name} are {found}, by the manifest {wanted}; train again")


def _arrays(head: Head) -> dict[str, np.ndarray[Any, Any]]:
    layers = {"dimensions": head.dimensions, "roles": head.roles, "domain": head.domain}
    scales = np.abs(head.example_vectors).max(axis=1, keepdims=True, initial=np.finfo(np.float32).tiny) / 127
    arrays: dict[str, np.ndarray[Any, Any]] = {
        "example_vectors": np.round(head.example_vectors / scales).astype(np.int8),
        "example_scales": scales.astype(np.float32),
        "example_columns": head.example_columns,
    }
    for name, layer in layers.items():
        if layer is not None:
            arrays[f"{name}_weight"] = layer.weight
            arrays[f"{name}_bias"] = layer.bias
    if head.ngrams is not None:
        arrays |= {"ngrams_dimensions": head.ngrams.dimensions, "ngrams_roles": head.ngrams.roles}
    return arrays


def _read_head(folder: Path, manifest: Manifest, taxonomy: Taxonomy) -> Head:
    try:
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            layers = {name: _layer(arrays, name) for name in ("dimensions", "roles", "domain")}
            example_vectors = arrays["example_vectors"] * arrays["example_scales"]
            example_columns = arrays["example_columns"]
            ngrams = _ngrams(arrays)
        lines = (folder / EXAMPLES).read_text(encoding="utf-8").removesuffix("\n").split("\n")
        examples = LazyExamples(lines, taxonomy)
    except (OSError, KeyError, ValueError, TypeError, MemoryError, zipfile.BadZipFile) as error:
        # A sound head that finds no room is no damaged one: training again would not help.
        if isinstance(error, MemoryError) and not _claims_more_than_it_holds(folder / ARRAYS):
            raise
        raise ModelDamaged(f"{folder} cannot be read as a classifier head: {error}; train again") from error
    if layers["dimensions"] is None or layers["roles"] is None:
        raise ModelDamaged(f"{folder / ARRAYS} lacks an array; train again")
    return Head(
        dimensions=layers["dimensions"],
        roles=layers["roles"],
        domain=layers["domain"],
        ngrams=ngrams,
        temperature=manifest.temperature,
        thresholds=Thresholds(**manifest.thresholds),
        examples=examples,
        example_columns=example_columns,
        example_vectors=example_vectors,
    )


def _claims_more_than_it_holds(path: Path) -> bool:
    """Return whether an array in an .npz file has a header that asks for more bytes than follow it."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            with archive.open(entry) as file:
                version = np.lib.format.read_magic(file)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(file)
            if math.prod(shape) * dtype.itemsize > entry.file_size:
                return True
    return False


def _layer(arrays: Mapping[str, Any], name: str) -> Linear | None:
    if f"{name}_weight" not in arrays:
        return None
    return Linear(weight=arrays[f"{name}_weight"], bias=arrays[f"{name}_bias"])


def _ngrams(arrays: Mapping[str, Any]) -> Ngrams | None:
    if "ngrams_dimensions" not in arrays:
        return None
    return Ngrams(dimensions=arrays["ngrams_dimensions"], roles=arrays["ngrams_roles"])


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
