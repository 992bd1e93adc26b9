"""`liuwei demo`: the main job on the bundled sample reports, in a directory that is thrown away."""

import tempfile
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from index.archives import expand
from index.readers import read_document
from service import console
from service.cli_search import print_hits
from service.cli_texts import print_predictions
from service.runtime import Runtime, TextInput
from service.settings import Settings

SAMPLE = Path(str(files("service"))) / "sample"
NEXT_STEPS = """What to try next:
  liuwei index add FOLDER            add your own reports (txt, md, docx, pdf, zip)
  liuwei search "走访群众 走马观花"    find similar passages
  liuwei classify "一句话"            which dimension is it about
  liuwei tag FOLDER --output x.xlsx  tag every sentence of many reports
  liuwei serve                       the same over HTTP, documentation at /docs
  liuwei --help                      everything else"""


def run_demo(settings: Settings) -> None:
    """Index the sample corpus, tag the new report, classify three sentences, run three searches, print it all."""
    with tempfile.TemporaryDirectory(prefix="liuwei-demo-") as folder:
        with Runtime(replace(settings, data_dir=Path(folder))) as runtime:
            _index(runtime)
            _tag(runtime)
            _classify(runtime)
            _search(runtime)
    console.print_line(NEXT_STEPS)


def _index(runtime: Runtime) -> None:
    rows = []
    for source in expand([SAMPLE / "corpus"]):
        document = source.load()
        added = runtime.add(document)
        rows.append((document.source, document.title, added.sentences))
    console.print_table(
        "1. Ten invented reports are read and indexed", ("file", "title", "sentences"), rows, wide="title"
    )


def _tag(runtime: Runtime) -> None:
    document = read_document(SAMPLE / "new-report.txt")
    rows = [
        (row.prediction.label, row.role, f"{row.prediction.confidence:.2f}", row.sentence.declared, row.sentence.text)
        for row in runtime.tag(document)
    ]
    title = f"2. A new report is tagged: {document.title}"
    console.print_table(title, ("dimension", "role", "conf", "declared", "sentence"), rows, wide="sentence")


def _classify(runtime: Runtime) -> None:
    texts = _lines("sentences.txt")
    console.print_line("3. Three single sentences are classified")
    predictions = runtime.classify([TextInput(text=text) for text in texts], evidence=1)
    print_predictions(zip(texts, predictions, strict=True))


def _search(runtime: Runtime) -> None:
    console.print_line("4. Three searches")
    for query in _lines("queries.txt"):
        console.print_line(f"“{query}”")
        print_hits(runtime.search(query, top_k=3), as_json=False)


def _lines(name: str) -> list[str]:
    return (SAMPLE / name).read_text(encoding="utf-8").splitlines()
