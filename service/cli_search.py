"""`liuwei search`, and how hits are printed."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from service import console
from service.errors import BadRequest
from service.options import Call, command
from service.runtime import Runtime
from service.search_limits import LARGEST_NEIGHBOURS
from service.shapes import facets_json, hit_json
from service.text_inputs import STANDARD_INPUT, standard_input

if TYPE_CHECKING:
    from index.extras import Facets
    from index.records import Hit


app = typer.Typer()


@command(app, "search")
def search(
    call: Call,
    query: Annotated[
        str, typer.Argument(help="Words, a question, a sentence or a paragraph; - reads it from standard input.")
    ],
    top_k: Annotated[int, typer.Option(help="How many hits.")] = 10,
    mode: Annotated[str, typer.Option(help="hybrid, dense (by meaning) or lexical (by words).")] = "hybrid",
    unit: Annotated[str, typer.Option(help="sentence or passage.")] = "sentence",
    dimension: Annotated[
        list[str] | None, typer.Option(help="Keep this dimension (code or label); may be repeated.")
    ] = None,
    role: Annotated[list[str] | None, typer.Option(help="Keep this role (code or label); may be repeated.")] = None,
    document: Annotated[list[str] | None, typer.Option(help="Keep this document id; may be repeated.")] = None,
    neighbours: Annotated[
        int, typer.Option(max=LARGEST_NEIGHBOURS, min=0, help="Sentences to show before and after each hit.")
    ] = 0,
    collapse: Annotated[bool, typer.Option("--collapse", help="Show one of several that say nearly the same.")] = False,
    diversity: Annotated[float, typer.Option(help="0 to 1: how unlike each other the hits are to be.")] = 0.0,
    closest: Annotated[bool, typer.Option("--closest", help="Mark the clause nearest in meaning.")] = False,
    facets: Annotated[bool, typer.Option("--facets", help="Count labels and reports of the best 100.")] = False,
) -> None:
    """Find similar passages in the corpus."""
    from index.extras import Extras
    from index.records import SearchFilter, SearchMode, SearchUnit

    extras = Extras(neighbours=neighbours, collapse=collapse, diversity=diversity, closest=closest, facets=facets)
    with Runtime(call.settings) as runtime:
        wanted = SearchFilter(
            dimension=tuple(dimension or ()), role=tuple(role or ()), document_id=tuple(document or ())
        )
        there = {one.document_id for one in runtime.corpus().documents(wanted.document_id)}
        found = runtime.answer(
            standard_input().strip() if query == STANDARD_INPUT else query,
            top_k=top_k,
            mode=_one_of(mode, get_args(SearchMode), "mode"),
            unit=_one_of(unit, get_args(SearchUnit), "unit"),
            filter=wanted,
            extras=extras,
        )
    for one in sorted({*wanted.document_id} - there):
        console.say(f"the corpus holds no document {one!r}; 'liuwei index list' shows all")
    print_hits(found.hits, as_json=call.json)
    if found.facets is not None:
        _print_facets(found.facets, as_json=call.json)


def print_hits(hits: "Sequence[Hit]", *, as_json: bool) -> None:
    """Print search results as JSON Lines or as a table."""
    if as_json:
        for hit in hits:
            console.print_json(hit_json(hit))
        return
    if not hits:
        console.say("nothing found")
        return
    rows = ((hit.rank, f"{hit.score:.3f}", hit.dimension, hit.role, _shown(hit), hit.title) for hit in hits)
    console.print_table("", ("", "score", "dimension", "role", "text", "report"), rows, wide=("text", "report"))


def _shown(hit: "Hit") -> str:
    """Return the text of a hit with what was asked for around it: neighbours, the closest clause, how many copies."""
    return "\n".join(_lines(hit))


def _lines(hit: "Hit") -> Iterator[str]:
    text = hit.text
    if hit.closest:
        start, end = hit.closest
        text = f"{text[:start]}【{text[start:end]}】{text[end:]}"
    around = bool(hit.before or hit.after)
    yield from (f"  {one.text}" for one in hit.before)
    yield f"> {text}" if around else text
    yield from (f"  {one.text}" for one in hit.after)
    if hit.duplicates:
        yield f"(and {len(hit.duplicates)} that say nearly the same)"


def _print_facets(facets: "Facets", *, as_json: bool) -> None:
    if as_json:
        console.print_json(facets_json(facets))
        return
    for name, counts in facets.items():
        console.print_line(f"{name}: " + ", ".join(f"{value} {count}" for value, count in counts.items()))


def _one_of(value: str, known: Sequence[str], param: str) -> Any:  # noqa: ANN401 - one of the literals
    if value not in known:
        raise BadRequest(f"{param} is {value!r}; it must be {' or '.join(known)}", param=param)
    return value
