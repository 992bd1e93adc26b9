"""Tuning a search encoder with the files of a request."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.datasets import bundled_example_files
from models.embedders import BASE_FOLDER, INSTALL_TORCH
from models.errors import BadExamples, ModelUnavailable
from models.judged_queries import BUNDLED_QUERIES, JudgedQuery, load_judged_queries
from models.topics import BUNDLED_TOPICS, Topic, load_topics
from service.errors import BadOutput, BadRequest
from service.staging import staged


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderRequest:
    """What to tune the encoder to, and the new folder to write.

    Bundled topics and queries are used where neither are named, the bundled examples where no others are.
    """

    output: Path
    topics: Path | None = None
    queries: Path | None = None
    examples: Sequence[Path] = ()
    epochs: int
    seed: int


def tune_encoder_folder(request: EncoderRequest, *, progress: Callable[[str], None]) -> tuple[int, int]:
    """Tune the base encoder for search, put it in place, and return to how many topics and judged queries.

    Raises BadOutput for an output that is there already, BadRequest for examples beside queries alone, BadExamples,
    ModelUnavailable without torch, CorpusBusy while another tuning writes there.
    """
    if request.output.exists():
        raise BadOutput(f"{request.output} is there already; name a new folder")
    topics, queries = _taught(request)
    if not topics and not queries:
        raise BadExamples("there is no topic and no judged query in these files; an encoder needs some to be tuned to")
    try:
        from models.search_tuning import SearchTuneConfig, tune_search_encoder
    except ImportError as error:
        raise ModelUnavailable(f"tuning an encoder needs torch; {INSTALL_TORCH}") from error
    config = SearchTuneConfig(epochs=request.epochs, seed=request.seed)
    with staged(request.output) as fresh:
        progress(f"tuning the encoder to {len(topics)} topics and {len(queries)} judged queries")
        tune_search_encoder(topics, queries, base=BASE_FOLDER, output=fresh, config=config, progress=progress)
        fresh.replace(request.output)
    return len(topics), len(queries)


def _taught(request: EncoderRequest) -> tuple[list[Topic], list[JudgedQuery]]:
    if request.queries and request.examples and not request.topics:
        raise BadRequest("--examples hold the sentences of topics; name these with --topics, or leave the examples out")
    bundled = not (request.topics or request.queries)
    topics = request.topics or (BUNDLED_TOPICS if bundled else None)
    queries = request.queries or (BUNDLED_QUERIES if bundled else None)
    return (
        load_topics(topics, request.examples or bundled_example_files()) if topics else [],
        load_judged_queries(queries) if queries else [],
    )
