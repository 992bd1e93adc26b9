"""The paths of the API. Handlers only pass on: what they do is in the runtime, what they show in shapes.

They are plain functions, run in threads, since encoding is work for the CPU; searches also wait for their turn.
"""

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from service.answers import (
    Alive,
    ClassifyAnswer,
    Deleted,
    DocumentList,
    DocumentRecord,
    Ready,
    SearchAnswer,
    WholeDocument,
    body_error_answers,
    error_answers,
)
from service.errors import FAULTS, MACHINE
from service.handlers import fault_response
from service.runtime import Runtime
from service.schemas import ClassifyRequest, Page, SearchRequest, document_bodies
from service.search_turns import TurnsOfApp
from service.shapes import found_json, prediction_json, stored_sentence_json, summary_json
from service.uploads import ReceivedFile, ReceivedJson, received

classify = APIRouter(prefix="/v1/classify", tags=["classify"])
search = APIRouter(prefix="/v1/search", tags=["search"])
documents = APIRouter(prefix="/v1/documents", tags=["documents"])
health = APIRouter(tags=["health"])
ROUTERS = (classify, search, documents)


async def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


RuntimeOfApp = Annotated[Runtime, Depends(_runtime)]
Received = Annotated[ReceivedJson | ReceivedFile, Depends(received)]


@classify.post("", response_model=ClassifyAnswer, responses=body_error_answers())
def classify_texts(runtime: RuntimeOfApp, body: ClassifyRequest) -> JSONResponse:
    """Say of each text which dimension it is about, how sure that is, and which role it plays."""
    made = runtime.classify_batch(body.texts(), evidence=body.evidence)
    data = [{"index": place, **prediction_json(prediction)} for place, prediction in enumerate(made.predictions)]
    return JSONResponse({"model": made.head.name, "taxonomy": made.head.classifier.taxonomy.identity, "data": data})


@search.post("", response_model=SearchAnswer, responses=body_error_answers())
async def search_corpus(runtime: RuntimeOfApp, body: SearchRequest, turns: TurnsOfApp) -> JSONResponse:
    """Find sentences or passages like the query, by meaning, by words or both."""
    return await turns.run(_found, runtime, body)


def _found(runtime: Runtime, body: SearchRequest) -> JSONResponse:
    started = time.perf_counter()
    found = runtime.answer(
        body.query, top_k=body.top_k, mode=body.mode, unit=body.unit, filter=body.wanted(), extras=body.extras()
    )
    took_ms = round((time.perf_counter() - started) * 1000, 3)
    return JSONResponse({"took_ms": took_ms, **found_json(found)})


@documents.post(
    "",
    status_code=201,
    response_model=DocumentRecord,
    responses={
        200: {"model": DocumentRecord, "description": "The same text is there already; this is its record."},
        **body_error_answers(),
    },
    openapi_extra=document_bodies(),
)
def add_document(runtime: RuntimeOfApp, body: Received) -> JSONResponse:
    """Put a report into the corpus, as a file or as text. The same text twice is one document."""
    added = runtime.add(body.document(max_bytes=runtime.settings.max_upload_bytes))
    record = summary_json(runtime.document(added.document_id).summary)
    return JSONResponse(record, status_code=201 if added.status == "added" else 200)


@documents.get("", response_model=DocumentList, responses=error_answers(422, 500, 503))
def list_documents(runtime: RuntimeOfApp, page: Annotated[Page, Query()]) -> JSONResponse:
    """List the documents of the corpus, oldest first."""
    listed = runtime.documents(limit=page.limit, offset=page.offset)
    return JSONResponse({"data": [summary_json(one) for one in listed.summaries], "total": listed.total})


@documents.get("/{document_id}", response_model=WholeDocument, responses=error_answers(404, 422, 500, 503))
def show_document(runtime: RuntimeOfApp, document_id: str) -> JSONResponse:
    """Show a document with its text and its sentences."""
    found = runtime.document(document_id)
    items = [stored_sentence_json(stored) for stored in found.sentences]
    return JSONResponse({**summary_json(found.summary), "text": found.document.text, "items": items})


@documents.delete("/{document_id}", response_model=Deleted, responses=error_answers(404, 422, 500, 503))
def delete_document(runtime: RuntimeOfApp, document_id: str) -> JSONResponse:
    """Remove a document with all its sentences."""
    runtime.remove(document_id)
    return JSONResponse({"document_id": document_id, "deleted": True})


# Load balancers and monitors ask with HEAD.
@health.head("/livez", include_in_schema=False)
@health.get("/livez", response_model=Alive)
async def livez() -> JSONResponse:
    """Say that the process is up."""
    return JSONResponse({"status": "alive"})


@health.head("/readyz", include_in_schema=False)
@health.get("/readyz", response_model=Ready, responses=error_answers(503))
def readyz(runtime: RuntimeOfApp, request: Request) -> JSONResponse:
    """Say whether model and corpus answer, and if not, why and what to do."""
    try:
        runtime.check_ready()
    except (*FAULTS, *MACHINE) as fault:
        return fault_response(request, fault, status=503)
    head = runtime.head
    names = {"model": head.name, "taxonomy": head.classifier.taxonomy.identity}
    return JSONResponse({"status": "ready", **names, "encoder": runtime.embedder.fingerprint})
