"""How well another set of labels is learnt from a few examples: two tasks of FewCLUE, kept beside the checkout.

    python -m tests.bench.bench_fewclue [--fewclue ../shared/fewclue] [--encoder bundled]

Every training split is given to `liuwei train` as a taxonomy and a file of examples, without tuning; the public test
set is then classified. Prints one JSON object: accuracy as mean and standard deviation over the splits, and the
seconds that fitting a split took, reading and encoding its examples included.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from service.fitting import TrainRequest, train_head
from service.runtime import Runtime, TextInput
from service.settings import Settings, load_settings


@dataclass(frozen=True)
class Task:
    """Where a task's files lie and which of their fields hold the text and the label."""

    name: str
    text: str
    label: str


TASKS = (Task("tnews", "sentence", "label_desc"), Task("csldcp", "content", "label"))
SPLITS = range(5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fewclue", type=Path, default=Path(__file__).parents[3] / "shared" / "fewclue")
    parser.add_argument("--encoder", default="bundled")
    arguments = parser.parse_args()
    figures = {task.name: measured(task, arguments.fewclue / task.name, arguments.encoder) for task in TASKS}
    print(json.dumps(figures, ensure_ascii=False, indent=1))


def measured(task: Task, folder: Path, encoder: str) -> dict[str, float]:
    """Return mean and deviation of the accuracy over the splits, and the mean seconds of fitting one."""
    test = _rows(folder / "test_public.json")
    accuracies, seconds = [], []
    for split in SPLITS:
        train = _rows(folder / f"train_{split}.json")
        with tempfile.TemporaryDirectory() as place:
            settings = replace(load_settings({}), data_dir=Path(place) / "data", encoder=encoder)
            start = time.perf_counter()
            _train(task, train, Path(place), settings)
            seconds.append(time.perf_counter() - start)
            accuracies.append(_accuracy(task, test, settings))
    return {
        "accuracy": round(100 * statistics.mean(accuracies), 1),
        "deviation": round(100 * statistics.stdev(accuracies), 1),
        "seconds to fit": round(statistics.mean(seconds), 1),
    }


def _train(task: Task, rows: Sequence[Mapping[str, Any]], place: Path, settings: Settings) -> None:
    labels = sorted({row[task.label] for row in rows})
    taxonomy = {
        "format": 1,
        "name": task.name,
        "version": "1",
        "dimensions": [{"code": _code(labels, label), "label": label, "definition": label} for label in labels],
    }
    (place / "taxonomy.yaml").write_text(yaml.safe_dump(taxonomy, allow_unicode=True), encoding="utf-8")
    examples = [{"text": row[task.text], "primary": _code(labels, row[task.label])} for row in rows]
    lines = "".join(json.dumps(example, ensure_ascii=False) + "\n" for example in examples)
    (place / "examples.jsonl").write_text(lines, encoding="utf-8")
    request = TrainRequest(examples=(place / "examples.jsonl",), taxonomy=place / "taxonomy.yaml")
    train_head(settings, request, progress=lambda message: None)


def _accuracy(task: Task, rows: Sequence[Mapping[str, Any]], settings: Settings) -> float:
    with Runtime(settings) as runtime:
        predictions = runtime.classify([TextInput(text=row[task.text]) for row in rows])
        return statistics.mean(p.label == row[task.label] for p, row in zip(predictions, rows, strict=True))


def _code(labels: Sequence[str], label: str) -> str:
    return f"c{labels.index(label):02}"


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    main()
