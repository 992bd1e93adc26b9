"""`liuwei index …`: the commands that look after the corpus."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service import console
from service.options import Call, command
from service.runtime import Runtime

if TYPE_CHECKING:
    from index.archives import Source
    from index.records import DocumentSummary

app = typer.Typer(no_args_is_help=True)


@command(app, "add")
def add(call: Call, path: Annotated[list[Path], typer.Argument(help="Reports: files, folders, zips.")]) -> None:
    """Add reports to the corpus; one that is there already is left as it is."""
    from index.archives import expand

    seen = failed = 0
    with Runtime(call.settings) as runtime, console.progress("adding") as advance:
        for source in expand(path, max_bytes=call.settings.max_upload_bytes):
            row = _added(runtime, source)
            seen += 1
            failed += row["status"] == "failed"
            advance(source.name)
            _print_added(call, row)
    if not seen:
        console.say("nothing to add: no files there")
    raise typer.Exit(1 if failed else 0)


def _added(runtime: Runtime, source: "Source") -> dict[str, Any]:
    from index.errors import UnreadableDocument

    try:
        added = runtime.add(source.load())
    except UnreadableDocument as error:
        return {"path": source.name, "document_id": None, "status": "failed", "sentences": 0, "error": str(error)}
    return {
        "path": source.name,
        "document_id": added.document_id,
        "status": added.status,
        "sentences": added.sentences,
        "error": None,
    }


def _print_added(call: Call, row: dict[str, Any]) -> None:
    if row["error"]:
        console.say(row["error"])
    if call.json:
        console.print_json(row)
    elif not row["error"]:
        console.print_line(f"{row['status']:<9}  {row['document_id']}  {row['sentences']:>4} sentences  {row['path']}")


@command(app, "list")
def list_documents(call: Call) -> None:
    """List the reports in the corpus, oldest first."""
    from service.shapes import summary_json

    with Runtime(call.settings) as runtime:
        summaries = runtime.corpus(any_embedder=True).documents()
    if call.json:
        for summary in summaries:
            console.print_json(summary_json(summary))
    else:
        console.print_table("", ("id", "sentences", "title", "source"), map(_list_row, summaries), wide="title")


def _list_row(summary: "DocumentSummary") -> tuple[object, ...]:
    return summary.document_id, summary.sentences, summary.title, summary.source


@command(app, "show")
def show(call: Call, document_id: Annotated[str, typer.Argument(help="Id of the document.")]) -> None:
    """Show a report: its record and its tagged sentences."""
    from service.shapes import stored_sentence_json

    with Runtime(call.settings) as runtime:
        corpus = runtime.corpus(any_embedder=True)
        rows = [stored_sentence_json(stored) for stored in corpus.sentences(document_id)]
        document = corpus.document(document_id)
    if call.json:
        for row in rows:
            console.print_json({"document_id": document_id, "title": document.title, **row})
    else:
        cells = (
            (row["ordinal"], row["dimension"], row["role"], f"{row['confidence']:.2f}", row["text"]) for row in rows
        )
        title = f"{document.title} ({document.source})"
        console.print_table(title, ("no", "dimension", "role", "conf", "text"), cells, wide="text")


@command(app, "remove")
def remove(call: Call, document_id: Annotated[list[str], typer.Argument(help="Ids of documents.")]) -> None:
    """Remove reports from the corpus."""
    from index.errors import UnknownDocument

    failed = 0
    with Runtime(call.settings) as runtime:
        corpus = runtime.corpus(any_embedder=True)
        for identifier in document_id:
            error = None
            try:
                corpus.remove(identifier)
            except UnknownDocument as fault:
                error, failed = str(fault), failed + 1
                console.say(str(fault))
            if call.json:
                status = "failed" if error else "removed"
                console.print_json({"document_id": identifier, "status": status, "error": error})
            elif not error:
                console.print_line(f"removed  {identifier}")
    raise typer.Exit(1 if failed else 0)


@command(app, "stats")
def stats(call: Call) -> None:
    """Show what the corpus holds."""
    with Runtime(call.settings) as runtime:
        figures = asdict(runtime.corpus(any_embedder=True).stats())
    if call.json:
        console.print_json(figures)
    else:
        console.print_table("", ("figure", "value"), figures.items(), wide="value")


@command(app, "verify")
def verify(call: Call) -> None:
    """Check the corpus against itself: store, vectors, words, spans."""
    with Runtime(call.settings) as runtime:
        checks = runtime.corpus(any_embedder=True).verify()
    console.print_checks(checks, as_json=call.json)
    raise typer.Exit(0 if all(check.ok for check in checks) else 3)


@command(app, "rebuild")
def rebuild(call: Call) -> None:
    """Make both indexes anew from the store; with another encoder, encode every sentence again."""
    with Runtime(call.settings) as runtime:
        corpus = runtime.corpus(any_embedder=True)
        corpus.rebuild(runtime.embedder)
        figures = corpus.stats()
    row = {"status": "rebuilt", "documents": figures.documents, "sentences": figures.sentences}
    if call.json:
        console.print_json(row)
    else:
        console.print_line(f"rebuilt  {figures.documents} documents, {figures.sentences} sentences")
