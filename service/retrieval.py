"""`POST /retrieval`: passages of the corpus, as Dify's external knowledge API asks for them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator, Field, WithJsonSchema

from index.records import Hit, SearchFilter
from service.answers import ErrorAnswer
from service.conditions import FIELDS, Condition, Conditions, Operator
from service.dify import RETRIEVAL
from service.routes import RuntimeOfApp
from service.runtime import Runtime
from service.schemas import Body, Chars, Count, Text
from service.search_limits import LARGEST_TOP_K
from service.search_turns import TurnsOfApp

MOST_CONDITIONS = 100
MOST_VALUES = 1000
LONGEST_ID = 200
DEFAULT_TOP_K = 5

router = APIRouter(tags=["retrieval"])


def _listed(value: object) -> object:
    """Return one name as a list of it: Dify's documentation sends several, its program sends one."""
    return [value] if isinstance(value, str) else value


def _texts(value: object) -> object:
    """Return a condition's value as texts: it may be a text, a number, a list of them, or missing."""
    given = value if isinstance(value, list) else [] if value is None else [value]
    return [f"{item:g}" if isinstance(item, float) else str(item) if type(item) is int else item for item in given]


Name = Literal["dimension", "role", "document_id", "title", "source", "unit", "author", "year"]
_NAME = {"type": "string", "enum": list(FIELDS)}
_NAMES = {"anyOf": [_NAME, {"type": "array", "items": _NAME, "minItems": 1, "maxItems": len(FIELDS)}]}
_VALUE = {"type": ["string", "number"]}
_VALUES = {"anyOf": [_VALUE, {"type": "array", "items": _VALUE, "maxItems": MOST_VALUES}, {"type": "null"}]}


class RetrievalSetting(Body):
    """How many passages, and how good they must be at least."""

    top_k: Annotated[Count, Field(ge=1, le=LARGEST_TOP_K)] | None = None
    score_threshold: Annotated[float, Field(ge=0, le=1, strict=True)] | None = None


class MetadataCondition(Body):
    """What a field must be like; `name` is one or several, of which one must pass."""

    name: Annotated[
        list[Name], Field(min_length=1, max_length=len(FIELDS)), BeforeValidator(_listed), WithJsonSchema(_NAMES)
    ]
    comparison_operator: Operator
    value: Annotated[list[Chars], Field(max_length=MOST_VALUES), BeforeValidator(_texts), WithJsonSchema(_VALUES)] = []


class MetadataConditions(Body):
    """Conditions of which all must hold (`and`), or any (`or`)."""

    logical_operator: Literal["and", "or"] | None = "and"
    conditions: Annotated[list[MetadataCondition], Field(max_length=MOST_CONDITIONS)] | None = None

    def wanted(self) -> Conditions:
        """Return the conditions as they are evaluated."""
        conditions = tuple(
            Condition(names=tuple(one.name), operator=one.comparison_operator, values=tuple(one.value))
            for one in self.conditions or ()
        )
        return Conditions(operator=self.logical_operator or "and", conditions=conditions)


class RetrievalRequest(Body):
    """What Dify asks. There is one corpus here, so any `knowledge_id` means it."""

    knowledge_id: Annotated[Chars, Field(max_length=LONGEST_ID)]
    query: Text
    retrieval_setting: RetrievalSetting
    metadata_condition: MetadataConditions | None = None


class Record(Body):
    """One passage; `metadata` says where it stands, what it is about, and what was told of its report."""

    content: str
    score: float
    title: str
    metadata: dict[str, str]


class RetrievalAnswer(Body):
    """The passages, best first."""

    records: list[Record]


class RetrievalErrorAnswer(ErrorAnswer):
    """An error with Dify's words beside our own: 1001 no key, 1002 a wrong one, 2001 no corpus, else the status."""

    error_code: int
    error_msg: str


_ERRORS = {
    401: "A key is needed, and none is shown.",
    403: "The key is wrong, or its role is not enough.",
    408: "The body came too slowly.",
    413: "The body is larger than the server takes.",
    415: "The body is packed.",
    422: "The request is wrong; `param` says where.",
    429: "Too many requests are being answered; `Retry-After` says when to try again.",
    500: "Something stored is damaged, or something went wrong on our side.",
    503: "A model or the corpus cannot be used just now; the message says what to do.",
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"model": RetrievalErrorAnswer, "description": text} for status, text in _ERRORS.items()
}


@router.post(RETRIEVAL, response_model=RetrievalAnswer, responses=_ANSWERS)
async def retrieve(runtime: RuntimeOfApp, body: RetrievalRequest, turns: TurnsOfApp) -> JSONResponse:
    """Find passages like the query, as Dify's external knowledge API asks: set this server's address there."""
    return await turns.run(_retrieved, runtime, body)


def _retrieved(runtime: Runtime, body: RetrievalRequest) -> JSONResponse:
    setting = body.retrieval_setting
    wanted = _filter(runtime, body.metadata_condition)
    if wanted is None:
        return JSONResponse({"records": []})
    hits = runtime.search(body.query, top_k=setting.top_k or DEFAULT_TOP_K, unit="passage", filter=wanted)
    least = setting.score_threshold or 0.0
    known = {one.document_id: one.metadata for one in runtime.corpus().documents([hit.document_id for hit in hits])}
    records = [_record(hit, known.get(hit.document_id, {})) for hit in hits]
    return JSONResponse({"records": [record for record in records if record["score"] >= least]})


def _filter(runtime: Runtime, given: MetadataConditions | None) -> SearchFilter | None:
    if given is None or not given.conditions:
        return SearchFilter()
    wanted = given.wanted()
    wanted.refuse_meaningless()
    taxonomy = runtime.taxonomy
    dimensions, roles = ({one.code: one.label for one in some} for some in (taxonomy.dimensions, taxonomy.roles))
    return wanted.filter(runtime.corpus().documents(), dimensions=dimensions, roles=roles)


def _record(hit: Hit, metadata: Any) -> dict[str, Any]:  # noqa: ANN401 - a mapping of texts
    own = {
        "document_id": hit.document_id,
        "sentence_id": hit.sentence_id,
        "source": hit.source,
        "path": " / ".join(hit.path),
        "dimension": hit.dimension,
        "role": hit.role,
    }
    return {"content": hit.text, "score": round(hit.score, 6), "title": hit.title, "metadata": {**metadata, **own}}
