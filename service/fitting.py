"""Training and measuring with the files and the encoder of the settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.folders import make_private
from index.scripts import simplified
from models.artifacts import BUNDLED_HEAD, ENCODER, MANIFEST, save_head
from models.datasets import BUNDLED_HOLD_OUT, Example, bundled_example_files, load_examples
from models.embedders import BASE_FOLDER, BUNDLED, INSTALL_TORCH
from models.errors import ModelUnavailable
from models.evaluation import Evaluation, evaluate
from models.head_versions import next_head, replace_head
from models.layers import TrainConfig
from models.onnx_embedder import OnnxEmbedder
from models.taxonomy import BUNDLED_TAXONOMY, Taxonomy, load_taxonomy
from models.training import fit_head, with_evidence
from models.zero_shot import definitions, zero_shot_head
from service.errors import BadOutput, BadRequest
from service.heads import HEADS_FOLDER, put_in_use
from service.runtime import Runtime, TextInput
from service.settings import Settings
from service.staging import copy_folder, staged

# scikit-learn's C. Vectors of an encoder that was tuned to the labels need little fitting: of 0.1, 1 and 10, 1 was best
# on held-out batches; for vectors of a general encoder it was 3 on two tasks with labels of their own, of 1, 3 and 10.
OWN_ENCODER_PENALTY = 1.0
SHARED_ENCODER_PENALTY = 3.0
# What a label is called counts as much as so many examples where the encoder knows nothing of the labels.
DEFINITION_WEIGHT = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A head that was written: where, from how many examples, and its figures on held-out batches.

    `unseen` are the dimensions without an example, which the head knows by their definitions at most.
    """

    folder: Path
    examples: int
    unseen: tuple[str, ...]
    held_out: Evaluation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRequest:
    """What to train: no `examples` means the bundled ones, no `taxonomy` the bundled one.

    A taxonomy with labels of its own and no examples is fitted to the names and definitions of the labels.

    `output` None makes the head the next version of the data directory and puts it in use. With `tune` an encoder of
    its own is tuned first; batches in `hold_out` are kept from all fitting, to calibrate and measure on.
    """

    examples: Sequence[Path] = ()
    taxonomy: Path | None = None
    output: Path | None = None
    tune: bool = False
    epochs: int = 3
    hold_out: tuple[str, ...] = ()
    seed: int = 0


def train_head(settings: Settings, request: TrainRequest, *, progress: Callable[[str], None]) -> Trained:
    """Fit a head, write it aside, put it in place. `progress` is told what is being done.

    Raises BadOutput for an `output` that holds anything but a head, CorpusBusy while another training writes there,
    BadExamples, BadTaxonomy, ModelUnavailable where tuning lacks its packages, and what opening the encoder raises.
    """
    if request.output is not None:
        _refuse_foreign(request.output)
    taxonomy = load_taxonomy(request.taxonomy or BUNDLED_TAXONOMY)
    examples = _examples(request, taxonomy)
    heads = settings.data_dir / HEADS_FOLDER
    if request.output is None:
        make_private(settings.data_dir)
    with staged(request.output or heads / "head") as fresh:
        held_out = None
        if examples:
            held_out = _fit_into(fresh, settings, request, examples, taxonomy, progress)
        else:
            _define_into(fresh, settings, request, taxonomy, progress)
        folder = request.output or next_head(heads)
        replace_head(fresh, folder)
        if request.output is None:
            put_in_use(settings, folder)
    shown = {example.primary for example in examples}
    unseen = tuple(code for code in taxonomy.codes if code not in shown) if examples else ()
    return Trained(folder=folder, examples=len(examples), unseen=unseen, held_out=held_out)


def _examples(request: TrainRequest, taxonomy: Taxonomy) -> list[Example]:
    """Return the examples to fit to, none where there are none for the labels of the taxonomy."""
    if not request.examples and set(taxonomy.codes) != set(load_taxonomy().codes):
        if request.tune:
            raise BadRequest("an encoder is tuned to examples; name some with --examples")
        return []
    return load_examples(request.examples or bundled_example_files(), taxonomy)


def _define_into(
    folder: Path, settings: Settings, request: TrainRequest, taxonomy: Taxonomy, progress: Callable[[str], None]
) -> None:
    """Make a head of the names and definitions of the labels; nothing can be held out to measure it on."""
    progress("no examples: a text goes to the label whose name and definition lie nearest")
    with Runtime(settings) as runtime:
        head = zero_shot_head(taxonomy, runtime.embedder.encode_passages)
        save_head(
            folder,
            head,
            taxonomy_file=request.taxonomy or BUNDLED_TAXONOMY,
            encoder=runtime.embedder.fingerprint,
            metrics={},
        )


def _fit_into(
    folder: Path,
    settings: Settings,
    request: TrainRequest,
    examples: Sequence[Example],
    taxonomy: Taxonomy,
    progress: Callable[[str], None],
) -> Evaluation | None:
    hold_out = request.hold_out or (() if request.examples else BUNDLED_HOLD_OUT)
    if request.tune:
        _tune(folder / ENCODER, [e for e in examples if e.batch not in hold_out], taxonomy, request, progress)
    elif _fits_bundled_encoder(settings, request):
        copy_folder(BUNDLED_HEAD / ENCODER, folder / ENCODER)
    progress(f"encoding {len(examples)} examples")
    own = (folder / ENCODER).is_dir()
    fitted = examples if own else [*examples, *definitions(taxonomy)]
    fitted = as_read(fitted)
    readings, fingerprint = _readings(folder / ENCODER, settings, fitted)
    progress("fitting the head")
    config = TrainConfig(
        seed=request.seed,
        hold_out=hold_out,
        inverse_penalty=penalty(own=own),
        definition_weight=DEFINITION_WEIGHT,
    )
    trained = fit_head(fitted, readings[0], taxonomy, config, alone=readings[1] if own else None)
    head = with_evidence(trained.head, examples, readings[0][: len(examples)], taxonomy)
    metrics = _headline(trained.held_out) if trained.held_out else {}
    save_head(folder, head, taxonomy_file=request.taxonomy or BUNDLED_TAXONOMY, encoder=fingerprint, metrics=metrics)
    return trained.held_out


def as_read(examples: Sequence[Example]) -> list[Example]:
    """Return the examples as a classifier is to read them, in simplified characters; shown are the originals."""
    return [replace(one, text=simplified(one.text), context=simplified(one.context)) for one in examples]


def penalty(*, own: bool) -> float:
    """Return scikit-learn's C for vectors of an encoder of the head's own, or of the shared one."""
    return OWN_ENCODER_PENALTY if own else SHARED_ENCODER_PENALTY


def _fits_bundled_encoder(settings: Settings, request: TrainRequest) -> bool:
    """Return whether the bundled head's own encoder should read the examples: it was tuned to the bundled taxonomy."""
    return request.taxonomy is None and settings.encoder == BUNDLED and (BUNDLED_HEAD / ENCODER).is_dir()


def _readings(own: Path, settings: Settings, examples: Sequence[Example]) -> tuple[list[NDArray[np.float32]], str]:
    """Return the vectors of the examples, once for each way of reading them, and the fingerprint of the encoder.

    An encoder of the head's own reads them after their headings and, as it will have to, without.
    """
    texts = [example.text for example in examples]
    if own.is_dir():
        encoder = OnnxEmbedder(own, threads=settings.threads)
        contexts = [example.context for example in examples]
        return [encoder.encode_in_context(texts, contexts), encoder.encode_passages(texts)], encoder.fingerprint
    with Runtime(settings) as runtime:
        return [runtime.embedder.encode_passages(texts)], runtime.embedder.fingerprint


def _tune(
    output: Path,
    examples: Sequence[Example],
    taxonomy: Taxonomy,
    request: TrainRequest,
    progress: Callable[[str], None],
) -> None:
    try:
        from models.tuning import TuneConfig, tune_encoder
    except ImportError as error:
        raise ModelUnavailable(f"tuning an encoder needs torch; {INSTALL_TORCH}") from error
    progress(f"tuning the encoder to {len(examples)} examples; this takes minutes to an hour")
    config = TuneConfig(seed=request.seed, epochs=request.epochs)
    tune_encoder(examples, taxonomy, base=BASE_FOLDER, output=output, config=config, progress=progress)


def evaluate_head(settings: Settings, files: Sequence[Path]) -> tuple[Evaluation, Path]:
    """Return the figures of the classifier in use on labelled examples, and its folder."""
    with Runtime(settings) as runtime:
        examples = load_examples(files, runtime.taxonomy)
        inputs = [TextInput(text=example.text, context=example.context) for example in examples]
        predictions = runtime.classify(inputs)
        taxonomy = runtime.taxonomy
        figures = evaluate(examples, predictions, codes=taxonomy.codes, none_code=taxonomy.none_code)
        return figures, runtime.head_folder


def _refuse_foreign(folder: Path) -> None:
    """Raise BadOutput unless a head may be written here: files of the same names may be the user's own."""
    if folder.name in ("", ".."):
        raise BadOutput(f"{folder} is no name for a folder; name one to make")
    if folder.exists() and not folder.is_dir():
        raise BadOutput(f"{folder} is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise BadOutput(f"{folder} holds something else than a classifier head; name a new or an empty folder")


def _headline(figures: Evaluation) -> dict[str, float]:
    names = ("accuracy", "accepted", "macro_f1", "ece", "coverage", "covered_accepted")
    return {name: round(float(getattr(figures, name)), 4) for name in names}
