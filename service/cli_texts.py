"""`liuwei classify` and `tag`: texts and files with their labels."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service import console
from service.errors import BadRequest
from service.options import Call, Reports, command
from service.runtime import LARGEST_EVIDENCE, Runtime, TextInput
from service.shapes import prediction_json
from service.text_inputs import BadLine, text_inputs

if TYPE_CHECKING:
    from models.classifier import Prediction

CHUNK = 512
EVIDENCE = 3


app = typer.Typer()


@command(app, "classify")
def classify(
    call: Call,
    text: Annotated[list[str] | None, typer.Argument(help="Sentences to classify; - is standard input.")] = None,
    input: Annotated[str, typer.Option(help="A .txt (one text a line), a .jsonl (`text`, `context`), or -.")] = "",
    evidence: Annotated[
        int, typer.Option(min=0, max=LARGEST_EVIDENCE, help="Labelled examples to show with each.")
    ] = EVIDENCE,
) -> None:
    """Sort texts into the six dimensions."""
    if not text and not input:
        raise BadRequest("give texts, or a file with --input; see 'liuwei classify --help'")
    failed = 0
    with Runtime(call.settings) as runtime:
        inputs = text_inputs(text or [], input, limits=runtime.texts)
        while part := list(islice(inputs, CHUNK)):
            good = [item for item in part if isinstance(item, TextInput)]
            for bad in part:
                if isinstance(bad, BadLine):
                    console.say(f"liuwei: {bad.message}")
            failed += len(part) - len(good)
            _print_predictions(call, good, runtime.classify(good, evidence=evidence))
    raise typer.Exit(1 if failed else 0)


@command(app, "tag")
def tag(
    call: Call,
    path: Reports,
    output: Annotated[Path, typer.Option(help="File to write: .jsonl, .csv, .xlsx or .parquet.")],
) -> None:
    """Tag every sentence of many reports; run again, it resumes."""
    from service.batch import tag_files

    with Runtime(call.settings) as runtime, console.progress("tagging") as advance:
        report = tag_files(runtime, path, output, progress=advance)
    for note in report.notes:
        console.say(note)
    for failure in report.failures:
        console.say(f"liuwei: {failure.message}")
    if call.json:
        failures = [{"path": failure.name, "error": failure.message} for failure in report.failures]
        counts = {"tagged": report.tagged, "resumed": report.resumed, "rows": report.rows}
        console.print_json({"output": str(output), **counts, "failed": failures})
    else:
        console.say(
            f"{output}: {report.tagged} documents tagged ({report.rows} sentences), "
            f"{report.resumed} done before, {len(report.failures)} failed"
        )
    raise typer.Exit(1 if report.failures else 0)


def print_predictions(pairs: "Iterable[tuple[str, Prediction]]") -> None:
    """Print what the classifier says of texts as a table."""
    rows = (_prediction_row(text, prediction) for text, prediction in pairs)
    columns = ("text", "dimension", "conf", "also", "role", "nearest example")
    console.print_table("", columns, rows, wide=("text", "nearest example"))


def _print_predictions(call: Call, inputs: Sequence[TextInput], predictions: "Sequence[Prediction]") -> None:
    pairs = list(zip((item.text for item in inputs), predictions, strict=True))
    if call.json:
        for text, prediction in pairs:
            console.print_json({"text": text, **prediction_json(prediction)})
    elif pairs:
        print_predictions(pairs)


def _prediction_row(text: str, prediction: "Prediction") -> tuple[object, ...]:
    doubt = f" ? {prediction.reason}" if prediction.abstained else ""
    nearest = prediction.evidence[0] if prediction.evidence else None
    return (
        text,
        f"{prediction.dimension} {prediction.label}{doubt}",
        f"{prediction.confidence:.2f}",
        " ".join(prediction.secondary),
        prediction.role,
        f"{nearest.text} ({nearest.dimension} {nearest.similarity:.2f})" if nearest else "",
    )
