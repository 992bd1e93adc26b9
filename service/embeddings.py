"""`POST /v1/embeddings` as OpenAI's: the vectors of the encoder, for other programs."""

import base64
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from numpy.typing import NDArray
from pydantic import BeforeValidator, FailFast, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.answers import body_error_answers, error_answers
from service.errors import BadRequest
from service.routes import RuntimeOfApp
from service.runtime import Runtime
from service.schemas import Body, Chars, Count, Text

LONGEST_NAME = 200
_NO_TOKENS = (
    "wanted are texts: tokens of another model mean nothing here (with LangChain, set check_embedding_ctx_length=False)"
)

router = APIRouter(prefix="/v1/embeddings", tags=["embeddings"])
models = APIRouter(prefix="/v1/models", tags=["embeddings"])


def _listed(value: object) -> object:
    """Return one text as a list of it; numbers, which are tokens of another model, are refused by name."""
    if isinstance(value, list) and any(isinstance(item, int | list) for item in value[:1]):
        raise PydanticCustomError("no_tokens", _NO_TOKENS)
    return [value] if isinstance(value, str) else value


_TEXT = {"type": "string", "pattern": r"\S"}
_SHOWN = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}


class EmbeddingsRequest(Body):
    """Texts to encode. `model` may be any name, since there is one encoder: the answer says which."""

    input: Annotated[list[Text], FailFast(), Field(min_length=1), BeforeValidator(_listed), WithJsonSchema(_SHOWN)] = (
        Field(examples=["调查研究不够深入"])
    )
    model: Annotated[Chars, Field(max_length=LONGEST_NAME)] = ""
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[Count, Field(ge=1)] | None = None
    user: Annotated[Chars, Field(max_length=LONGEST_NAME)] | None = None


class Embedding(Body):
    """The vector of one text: numbers, or base64 of their bytes as little-endian float32."""

    object: Literal["embedding"]
    index: int = Field(ge=0)
    embedding: list[float] | str


class Usage(Body):
    """How much was read; both count characters, since there is nothing to pay for."""

    prompt_tokens: int = Field(ge=0)
    total_tokens: int = Field(ge=0)


class EmbeddingsAnswer(Body):
    """One vector per text, in their order, of length 1; `model` is the fingerprint of the encoder."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: Usage


class Model(Body):
    """What `/v1/embeddings` encodes with; when it was made is not known, so that `created` is 0."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(Body):
    """All models that can be asked for: there is one encoder."""

    object: Literal["list"]
    data: list[Model]


@models.get("", response_model=ModelList, responses=error_answers(500, 503))
def list_models(runtime: RuntimeOfApp) -> JSONResponse:
    """List the one encoder, as OpenAI's API does: many of its clients ask for this first."""
    model = {"id": runtime.embedder.fingerprint, "object": "model", "created": 0, "owned_by": "liuwei"}
    return JSONResponse({"object": "list", "data": [model]})


@router.post("", response_model=EmbeddingsAnswer, responses=body_error_answers())
def embed(runtime: RuntimeOfApp, body: EmbeddingsRequest) -> JSONResponse:
    """Return the vectors of texts, as OpenAI's API does; its clients work with this address as their base."""
    vectors = _vectors(runtime, body)
    shown = _base64 if body.encoding_format == "base64" else _numbers
    data = [{"object": "embedding", "index": place, "embedding": shown(row)} for place, row in enumerate(vectors)]
    read = sum(map(len, body.input))
    usage = {"prompt_tokens": read, "total_tokens": read}
    return JSONResponse({"object": "list", "data": data, "model": runtime.embedder.fingerprint, "usage": usage})


def _vectors(runtime: Runtime, body: EmbeddingsRequest) -> NDArray[np.float32]:
    dim = runtime.embedder.dim
    if body.dimensions not in (None, dim):
        raise BadRequest(f"dimensions is {body.dimensions}; this encoder has {dim}", param="dimensions")
    runtime.texts.check_count(body.input, "input")
    for place, text in enumerate(body.input):
        runtime.texts.check(text, f"input[{place}]")
    return runtime.embedder.encode_passages(body.input)


def _numbers(vector: NDArray[np.float32]) -> list[float]:
    numbers: list[float] = vector.tolist()
    return numbers


def _base64(vector: NDArray[np.float32]) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
