"""Training and measuring with the files and the encoder of the settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.artifacts import save_head
from models.datasets import bundled_example_files, load_examples
from models.evaluation import Evaluation, evaluate
from models.head_versions import next_head, switch_head
from models.taxonomy import BUNDLED_TAXONOMY, load_taxonomy
from models.training import TrainConfig, fit_head
from service.runtime import HEADS_FOLDER, Runtime, TextInput
from service.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A head that was written: where, from how many examples, and its figures on held-out batches."""

    folder: Path
    examples: int
    held_out: Evaluation | None


def train_head(
    settings: Settings, files: Sequence[Path], taxonomy_file: Path | None, output: Path | None, *, seed: int
) -> Trained:
    """Fit a head and write it to `output`, or as the next version of the data directory, which is then in use.

    No files means the bundled examples. Raises BadExamples, BadTaxonomy, and what opening the encoder raises.
    """
    taxonomy = load_taxonomy(taxonomy_file or BUNDLED_TAXONOMY)
    examples = load_examples(files or bundled_example_files(), taxonomy)
    with Runtime(settings) as runtime:
        vectors = runtime.embedder.encode_passages([example.text for example in examples])
        trained = fit_head(examples, vectors, taxonomy, TrainConfig(seed=seed))
        folder = output or next_head(settings.data_dir / HEADS_FOLDER)
        metrics = _headline(trained.held_out) if trained.held_out else {}
        fingerprint = runtime.embedder.fingerprint
        save_head(
            folder, trained.head, taxonomy_file=taxonomy_file or BUNDLED_TAXONOMY, encoder=fingerprint, metrics=metrics
        )
    if output is None:
        switch_head(folder)
    return Trained(folder=folder, examples=len(examples), held_out=trained.held_out)


def evaluate_head(settings: Settings, files: Sequence[Path]) -> tuple[Evaluation, Path]:
    """Return the figures of the classifier in use on labelled examples, and its folder."""
    with Runtime(settings) as runtime:
        examples = load_examples(files, runtime.taxonomy)
        inputs = [TextInput(text=example.text, context=example.context) for example in examples]
        predictions = runtime.classify(inputs)
        return evaluate(examples, predictions, codes=runtime.taxonomy.codes), runtime.head_folder


def _headline(figures: Evaluation) -> dict[str, float]:
    names = ("accuracy", "accepted", "macro_f1", "ece", "coverage", "covered_accepted")
    return {name: round(float(getattr(figures, name)), 4) for name in names}
