"""`liuwei index …`: the commands that look after the corpus."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service import console
from service.errors import BadRequest
from service.options import Call, Reports, command, shared_flags
from service.runtime import Runtime

if TYPE_CHECKING:
    from index.archives import Source
    from index.records import DocumentSummary

app = typer.Typer(no_args_is_help=True)
shared_flags(app)


@command(app, "add")
def add(call: Call, path: Reports) -> None:
    """Add reports to the corpus; one that is there already is left as it is."""
    from service.own_files import reports_of

    total, failed = sum(1 for _ in reports_of(path, call.settings)), 0
    with Runtime(call.settings) as runtime, console.progress("adding") as advance:
        for source in reports_of(path, call.settings):
            row = _added(runtime, source)
            failed += row["status"] == "failed"
            advance(source.name, total)
            _print_added(call, row)
    if not total:
        console.say("nothing to add: no files there")
    raise typer.Exit(1 if failed else 0)


def _added(runtime: Runtime, source: "Source") -> dict[str, Any]:
    from index.errors import UnreadableDocument

    try:
        document = source.load()
        added = runtime.add(document)
    except UnreadableDocument as error:
        return {"path": source.name, "document_id": None, "status": "failed", "sentences": 0, "error": str(error)}
    for note in document.notes:
        console.say(note)
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
    """Show a report: its record and its tagged sentences. With --json the record, its text included, is first."""
    from service.shapes import stored_sentence_json, summary_json
    from service.stored import StoredDocument

    with Runtime(call.settings) as runtime:
        corpus = runtime.corpus(any_embedder=True)
        document, stored = corpus.document(document_id), corpus.sentences(document_id)
    rows = [stored_sentence_json(one) for one in stored]
    if call.json:
        summary = StoredDocument(document=document, sentences=stored).summary
        console.print_json({**summary_json(summary), "text": document.text})
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
    from service.relabelling import told_labels

    with Runtime(call.settings) as runtime:
        figures = asdict(runtime.corpus(any_embedder=True).stats())
        told = told_labels(runtime)
    if told:
        console.say(told)
    if call.json:
        console.print_json(figures)
    else:
        console.print_table("", ("figure", "value"), figures.items(), wide="value")


@command(app, "verify")
def verify(call: Call) -> None:
    """Check the corpus against itself: store, vectors, words, spans."""
    from service.doctor import corpus_checks

    with Runtime(call.settings) as runtime:
        checks = corpus_checks(runtime)
    console.print_checks(checks, as_json=call.json)
    raise typer.Exit(0 if all(check.ok for check in checks) else 3)


@command(app, "rebuild")
def rebuild(
    call: Call,
    classify: Annotated[
        bool, typer.Option("--classify", help="Label every sentence anew with the head in use; people's labels stay.")
    ] = False,
) -> None:
    """Make both indexes anew from the store; with another encoder, encode every sentence again."""
    from service.relabelling import relabel

    with Runtime(call.settings) as runtime:
        corpus = runtime.corpus(any_embedder=True)
        if classify:
            console.say(f"labelling {corpus.stats().sentences} sentences anew")
            with console.progress("labelling") as advance:
                relabel(runtime, progress=lambda done, total: advance("", total, done=done))
        console.say(f"making both indexes anew from {corpus.stats().sentences} sentences")
        with console.progress("rebuilding") as advance:
            corpus.rebuild(runtime.embedder, progress=lambda done, total: advance("", total, done=done))
        figures = corpus.stats()
    row = {"status": "rebuilt", "documents": figures.documents, "sentences": figures.sentences}
    if call.json:
        console.print_json(row)
    else:
        console.print_line(f"rebuilt  {figures.documents} documents, {figures.sentences} sentences")


@command(app, "backup")
def backup(call: Call, file: Annotated[Path, typer.Argument(help="File to write.")]) -> None:
    """Write the whole corpus into one file, whoever works with it meanwhile; an older backup there is replaced."""
    from index.backup import back_up

    made = back_up(call.settings.data_dir, file)
    row = {"status": "saved", "path": str(file), "documents": made.documents, "sentences": made.sentences}
    _print_backup(call, {**row, "encoder": made.encoder})


@command(app, "restore")
def restore(
    call: Call,
    file: Annotated[Path, typer.Argument(help="A file that 'liuwei index backup' wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a corpus that has reports in it.")] = False,
) -> None:
    """Put a backup in place of the corpus. One that has reports in it is only replaced with --force."""
    from index.backup import restore as put_back

    if not file.is_file():
        raise BadRequest(f"{file}: no such file; check the path")
    made = put_back(call.settings.data_dir, file, replace=force)
    if made.set_aside:
        console.say(f"the damaged corpus is kept as {made.set_aside}; remove it when you no longer need it")
    row = {"status": "restored", "path": str(file), "documents": made.documents, "sentences": made.sentences}
    _print_backup(call, {**row, "encoder": made.encoder})


def _print_backup(call: Call, row: dict[str, Any]) -> None:
    if call.json:
        console.print_json(row)
    else:
        counts = f"{row['documents']} documents, {row['sentences']} sentences, encoder {row['encoder']}"
        console.print_line(f"{row['status']:<8}  {row['path']}: {counts}")
