"""The paths for what people say: labels, what to ask next, and the heads that learn from it."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from service import labelling
from service.answers import body_error_answers, error_answers
from service.feedback_bodies import (
    Asked,
    Feedback,
    FeedbackList,
    FeedbackRequest,
    HeadInUse,
    HeadList,
    Queue,
    RefitAnswer,
    Undoing,
    UseRequest,
)
from service.heads import HeadEntry, list_heads, undo_head, use_head
from service.refitting import refit_head
from service.relabelling import notes_of_use
from service.routes import RuntimeOfApp
from service.runtime import Runtime
from service.schemas import Page
from service.shapes import head_json, label_json, question_json, refitted_json

feedback = APIRouter(prefix="/v1/feedback", tags=["feedback"])
heads = APIRouter(prefix="/v1/heads", tags=["feedback"])
FEEDBACK_ROUTERS = (feedback, heads)


@feedback.post("", status_code=201, response_model=Feedback, responses=body_error_answers(404))
def give_feedback(runtime: RuntimeOfApp, body: FeedbackRequest) -> JSONResponse:
    """Say what a sentence or a text is about. A sentence of the corpus shows it from now on, in place of the guess."""
    return JSONResponse(label_json(labelling.say(runtime, body.said())), status_code=201)


@feedback.get("", response_model=FeedbackList, responses=error_answers(422, 500, 503))
def list_feedback(runtime: RuntimeOfApp, page: Annotated[Page, Query()]) -> JSONResponse:
    """List what people said, newest first."""
    listed = labelling.labels(runtime, limit=page.limit, offset=page.offset)
    return JSONResponse({"data": [label_json(one) for one in listed.labels], "total": listed.total})


@feedback.get("/queue", response_model=Queue, responses=error_answers(422, 500, 503))
def feedback_queue(runtime: RuntimeOfApp, asked: Annotated[Asked, Query()]) -> JSONResponse:
    """Name the sentences to ask a person about next: those that the classifier is unsure of, unlike each other."""
    found = labelling.questions(runtime, limit=asked.limit)
    return JSONResponse({"data": [question_json(one.sentence, one.doubt) for one in found]})


@feedback.post("/refit", response_model=RefitAnswer, responses=body_error_answers())
def refit(runtime: RuntimeOfApp) -> JSONResponse:
    """Let the classifier learn from all feedback in force, and put it in use; POST /v1/heads/undo goes back."""
    return JSONResponse(refitted_json(refit_head(runtime)))


@feedback.get("/{feedback_id}", response_model=Feedback, responses=error_answers(404, 422, 500, 503))
def show_feedback(runtime: RuntimeOfApp, feedback_id: str) -> JSONResponse:
    """Show one label."""
    return JSONResponse(label_json(labelling.label(runtime, feedback_id)))


@feedback.delete("/{feedback_id}", response_model=Feedback, responses=error_answers(404, 422, 500, 503))
def undo_feedback(runtime: RuntimeOfApp, feedback_id: str, by: Annotated[Undoing, Query()]) -> JSONResponse:
    """Take a label back: the one before it counts again, or the classifier's guess. It stays on record, as undone."""
    return JSONResponse(label_json(labelling.take_back(runtime, feedback_id, author=by.author)))


@heads.get("", response_model=HeadList, responses=error_answers(500, 503))
def show_heads(runtime: RuntimeOfApp) -> JSONResponse:
    """List the classifier heads and mark the one in use."""
    return JSONResponse({"data": [head_json(one) for one in list_heads(runtime.settings)]})


@heads.post("/use", response_model=HeadInUse, responses=body_error_answers())
def choose_head(runtime: RuntimeOfApp, body: UseRequest) -> JSONResponse:
    """Put a head in use by its name."""
    return _in_use(runtime, use_head(runtime.settings, body.name))


@heads.post("/undo", response_model=HeadInUse, responses=body_error_answers())
def undo_last_head(runtime: RuntimeOfApp) -> JSONResponse:
    """Go back to the head that was in use before."""
    return _in_use(runtime, undo_head(runtime.settings))


def _in_use(runtime: Runtime, entry: HeadEntry) -> JSONResponse:
    return JSONResponse({**head_json(entry), "notes": notes_of_use(runtime)})
