"""`liuwei classify`, `search` and `tag`: the commands that people meet first."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from service import console
from service.errors import BadRequest
from service.options import Call, command
from service.runtime import LARGEST_EVIDENCE, Runtime, TextInput
from service.shapes import hit_json, prediction_json
from service.text_inputs import BadLine, text_inputs

if TYPE_CHECKING:
    from index.records import Hit
    from models.classifier import Prediction

CHUNK = 512
EVIDENCE = 3


def register(app: typer.Typer) -> None:
    """Put the commands of this file into the command line."""
    command(app, "classify")(classify)
    command(app, "search")(search)
    command(app, "tag")(tag)


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
        inputs = text_inputs(text or [], input, longest=call.settings.max_text_chars)
        while part := list(islice(inputs, CHUNK)):
            good = [item for item in part if isinstance(item, TextInput)]
            for bad in part:
                if isinstance(bad, BadLine):
                    console.say(f"liuwei: {bad.message}")
            failed += len(part) - len(good)
            _print_predictions(call, good, runtime.classify(good, evidence=evidence))
    raise typer.Exit(1 if failed else 0)


def search(
    call: Call,
    query: Annotated[str, typer.Argument(help="Words, a question or a sentence.")],
    top_k: Annotated[int, typer.Option(help="How many hits.")] = 10,
    mode: Annotated[str, typer.Option(help="hybrid, dense (by meaning) or lexical (by words).")] = "hybrid",
    unit: Annotated[str, typer.Option(help="sentence or passage.")] = "sentence",
    dimension: Annotated[list[str] | None, typer.Option(help="Keep this dimension; may be repeated.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="Keep this role; may be repeated.")] = None,
    document: Annotated[list[str] | None, typer.Option(help="Keep this document id; may be repeated.")] = None,
) -> None:
    """Find similar passages in the corpus."""
    from index.records import SearchFilter, SearchMode, SearchUnit

    wanted = SearchFilter(dimension=tuple(dimension or ()), role=tuple(role or ()), document_id=tuple(document or ()))
    with Runtime(call.settings) as runtime:
        hits = runtime.search(
            query,
            top_k=top_k,
            mode=_one_of(mode, get_args(SearchMode), "mode"),
            unit=_one_of(unit, get_args(SearchUnit), "unit"),
            filter=wanted,
        )
    print_hits(hits, as_json=call.json)


def tag(
    call: Call,
    path: Annotated[list[Path], typer.Argument(help="Reports: files, folders, zips.")],
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


def print_hits(hits: "Sequence[Hit]", *, as_json: bool) -> None:
    """Print search results as JSON Lines or as a table."""
    if as_json:
        for hit in hits:
            console.print_json(hit_json(hit))
        return
    if not hits:
        console.say("nothing found")
        return
    rows = ((hit.rank, f"{hit.score:.3f}", hit.dimension, hit.role, hit.text, hit.title) for hit in hits)
    console.print_table("", ("", "score", "dimension", "role", "text", "report"), rows, wide=("text", "report"))


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


def _one_of(value: str, known: Sequence[str], param: str) -> Any:  # noqa: ANN401 - one of the literals
    if value not in known:
        raise BadRequest(f"{param} is {value!r}; it must be {' or '.join(known)}", param=param)
    return value
