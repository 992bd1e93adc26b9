"""`liuwei train`, `evaluate`, `tune-encoder`: fit a classifier head, measure one, tune the encoder that searches."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service import console
from service.errors import BadRequest
from service.options import Call, command

if TYPE_CHECKING:
    from models.evaluation import Evaluation


# An option takes one value; what a shell makes of `--examples *.jsonl` arrives as one and arguments.
MoreExamples = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="More files for --examples, so that `--examples *.jsonl` works."),
]


app = typer.Typer()


@command(app, "train")
def train(
    call: Call,
    more: MoreExamples = None,
    examples: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE...", help="Labelled .jsonl, one or several; else the bundled ones, or definitions."),
    ] = None,
    taxonomy: Annotated[Path | None, typer.Option(help="Taxonomy .yaml; without it, the bundled one.")] = None,
    output: Annotated[Path | None, typer.Option(help="Folder to write; without it, a new head is put in use.")] = None,
    tune: Annotated[
        bool, typer.Option("--tune", help="Tune an encoder of its own first (torch, up to an hour).")
    ] = False,
    epochs: Annotated[int, typer.Option(min=1, max=50, help="Rounds of tuning.")] = 3,
    hold_out: Annotated[list[str] | None, typer.Option(help="Batch to calibrate on only; may be repeated.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
) -> None:
    """Fit a classifier head to labelled examples and put it in use; figures are those of held-out batches."""
    from service.fitting import TrainRequest, train_head
    from service.relabelling import told_labels_below

    if taxonomy is not None:
        _refuse_missing("--taxonomy", taxonomy)
    request = TrainRequest(
        examples=example_files(examples, more),
        taxonomy=taxonomy,
        output=output,
        tune=tune,
        epochs=epochs,
        hold_out=tuple(hold_out or ()),
        seed=seed,
    )
    trained = train_head(call.settings, request, progress=console.say)
    fitted = f"{trained.examples} examples" if trained.examples else "the definitions of its labels"
    console.say(f"{trained.folder}: fitted to {fitted}")
    if trained.unseen:
        console.say(
            f"no example of {', '.join(trained.unseen)}: this head knows them by their definitions at most; "
            "'liuwei heads undo' goes back"
        )
    if output is None and (told := told_labels_below(call.settings)):
        console.say(told)
    if trained.held_out is None:
        what = "too few examples to hold any out" if trained.examples else "no examples"
        console.say(f"{what}: not calibrated, not measured")
        if call.json:
            console.print_json({"head": str(trained.folder), "examples": trained.examples})
    else:
        _print_evaluation(call, trained.held_out, head=str(trained.folder))


@command(app, "evaluate")
def evaluate(
    call: Call,
    more: MoreExamples = None,
    examples: Annotated[
        list[Path] | None, typer.Option(metavar="FILE...", help="Labelled .jsonl to measure with, one or several.")
    ] = None,
) -> None:
    """Measure the classifier on labelled examples."""
    from service.fitting import evaluate_head

    files = example_files(examples, more)
    if not files:
        raise BadRequest("name labelled examples with --examples FILE; see 'liuwei evaluate --help'")
    figures, folder = evaluate_head(call.settings, files)
    _print_evaluation(call, figures, head=str(folder))


@command(app, "tune-encoder")
def tune_encoder(
    call: Call,
    output: Annotated[Path, typer.Option(help="New folder to write; use it with --encoder FOLDER.")],
    more: MoreExamples = None,
    topics: Annotated[
        Path | None, typer.Option(help="Queries of topics, .jsonl; without it and --queries, the bundled.")
    ] = None,
    examples: Annotated[
        list[Path] | None, typer.Option(metavar="FILE...", help="Labelled .jsonl whose rows name a topic and relation.")
    ] = None,
    queries: Annotated[
        Path | None, typer.Option(help="Queries with judged sentences, .jsonl; without it and --topics, the bundled.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, max=100, help="Rounds of tuning.")] = 3,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
) -> None:
    """Tune the encoder for search to judged queries and sentences that say the same (torch; a quarter of an hour)."""
    from service.encoder_tuning import EncoderRequest, tune_encoder_folder

    if topics is not None:
        _refuse_missing("--topics", topics)
    if queries is not None:
        _refuse_missing("--queries", queries)
    request = EncoderRequest(
        output=output,
        topics=topics,
        queries=queries,
        examples=example_files(examples, more),
        epochs=epochs,
        seed=seed,
    )
    topic_count, query_count = tune_encoder_folder(request, progress=console.say)
    if call.json:
        console.print_json({"encoder": str(output), "topics": topic_count, "queries": query_count})
    else:
        console.say(f"{output}: tuned to {topic_count} topics and {query_count} judged queries")


def example_files(examples: list[Path] | None, more: list[Path] | None) -> tuple[Path, ...]:
    """Return the files named after --examples. Raises BadRequest for one that does not exist."""
    files = (*(examples or ()), *(more or ()))
    for file in files:
        _refuse_missing("--examples", file)
    return files


def _refuse_missing(flag: str, file: Path) -> None:
    """Raise BadRequest, which is wrong usage: without the file there is nothing to go on with."""
    if not file.exists():
        raise BadRequest(f"{flag} {file}: no such file; check the path")


def _print_evaluation(call: Call, figures: "Evaluation", *, head: str) -> None:
    if call.json:
        console.print_json({"head": head, **asdict(figures)})
        return
    console.print_table(f"head {head}", ("figure", "value"), _figure_rows(figures))
    classes = [
        (code, *(_optional(value) for value in (row.precision, row.recall, row.f1)), row.support)
        for code, row in figures.classes.items()
    ]
    console.print_table("by dimension", ("dimension", "precision", "recall", "F1", "examples"), classes)
    confusion = zip(figures.codes, figures.confusion, strict=True)
    console.print_table("confusion: row true, column predicted", ("", *figures.codes), ((c, *r) for c, r in confusion))
    bins = [
        (f"{bin_.low:.1f}–{bin_.high:.1f}", bin_.count, f"{bin_.confidence:.3f}", f"{bin_.accuracy:.3f}")
        for bin_ in figures.reliability
    ]
    console.print_table("reliability", ("confidence", "examples", "mean", "accuracy"), bins)


def _figure_rows(figures: "Evaluation") -> list[tuple[str, str]]:
    interval = figures.accuracy_interval
    shown = f"[{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "(of too few for an interval)"
    rows: list[tuple[str, Any]] = [
        ("examples", figures.count),
        ("accuracy (primary)", f"{figures.accuracy:.3f}  {shown}"),
        ("accepted", f"{figures.accepted:.3f}"),
        ("macro F1", f"{figures.macro_f1:.3f}"),
        ("role accuracy", _optional(figures.role_accuracy)),
        ("calibration error (primary / accepted)", f"{figures.ece:.3f} / {figures.ece_accepted:.3f}"),
        ("coverage", f"{figures.coverage:.3f}"),
        ("accepted among covered", f"{figures.covered_accepted:.3f}"),
        ("off-topic refused", _optional(figures.off_topic_refused)),
    ]
    return [(name, str(value)) for name, value in rows]


def _optional(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
