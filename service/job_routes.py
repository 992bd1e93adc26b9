"""The paths of jobs: batch tagging in the background."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException

from service.answers import body_error_answers, error_answers
from service.errors import BadRequest, JobNotDone, UnknownJob
from service.job_bodies import JobList, JobRecord, JobRequest, upload_body
from service.job_runner import JobRunner
from service.jobs import ROWS, Job, Upload
from service.routes import Received, RuntimeOfApp
from service.schemas import Page
from service.shapes import job_json
from service.uploads import ReceivedFile

LONGEST_NAME_BYTES = 200
JSON_LINES = "application/jsonl"

jobs = APIRouter(prefix="/v1/jobs", tags=["jobs"])
JOB_ROUTERS = (jobs,)


async def _runner(request: Request) -> JobRunner:
    runner: JobRunner = request.app.state.jobs
    return runner


RunnerOfApp = Annotated[JobRunner, Depends(_runner)]


@jobs.post("", status_code=202, response_model=JobRecord, responses=body_error_answers(429))
def create_job(runtime: RuntimeOfApp, runner: RunnerOfApp, body: JobRequest) -> JSONResponse:
    """Tag documents and texts in the background. The rows of the result are those of `liuwei tag`."""
    if not body.documents and not body.texts:
        param = "texts" if body.model_fields_set & {"documents", "texts"} == {"texts"} else "documents"
        raise BadRequest("wanted is at least one document or text", param=param)
    for place, text in enumerate(body.wanted()["texts"]):
        runtime.texts.check(text["text"], f"texts[{place}]")
        runtime.texts.check_readable(text["context"], f"texts[{place}].context")
    return JSONResponse(job_json(runner.create(body.wanted(), expires_s=body.expires_after_s)), status_code=202)


@jobs.post(
    "/files",
    status_code=202,
    response_model=JobRecord,
    responses=body_error_answers(429),
    openapi_extra=upload_body(),
)
def create_job_of_file(runner: RunnerOfApp, body: Received) -> JSONResponse:
    """Tag a report, or all reports of a .zip or .jsonl, in the background."""
    if not isinstance(body, ReceivedFile):
        raise HTTPException(415, "wanted is multipart/form-data with a file; JSON goes to /v1/jobs")
    for name, given in (("title", body.title), ("metadata", body.metadata)):
        if given:
            raise BadRequest(f"the rows of a job have no {name}; leave it out", param=name)
    if not body.name or len(body.name.encode("utf-8", "replace")) > LONGEST_NAME_BYTES:
        raise BadRequest(f"the name of the file is empty or longer than {LONGEST_NAME_BYTES} bytes", param="file")
    return JSONResponse(job_json(runner.create(Upload(name=body.name, data=body.data))), status_code=202)


@jobs.get("", response_model=JobList, responses=error_answers(422, 500, 503))
def list_jobs(runner: RunnerOfApp, page: Annotated[Page, Query()]) -> JSONResponse:
    """List the jobs, newest first."""
    every = runner.folder.all()[::-1]
    shown = every[page.offset : page.offset + page.limit]
    return JSONResponse({"data": [job_json(job) for job in shown], "total": len(every)})


@jobs.get("/{job_id}", response_model=JobRecord, responses=error_answers(404, 422, 500, 503))
def show_job(runner: RunnerOfApp, job_id: str) -> JSONResponse:
    """Show how far a job is."""
    return JSONResponse(job_json(runner.folder.one(job_id)))


@jobs.delete("/{job_id}", response_model=JobRecord, responses=error_answers(404, 422, 500, 503))
def cancel_job(runner: RunnerOfApp, job_id: str) -> JSONResponse:
    """Cancel a job; what it has tagged can still be fetched. One that has ended stays as it is."""
    return JSONResponse(job_json(runner.cancel(job_id)))


@jobs.get(
    "/{job_id}/result",
    response_class=FileResponse,
    responses={
        200: {
            "content": {JSON_LINES: {"schema": {"type": "string"}}},
            "description": "One row a line, as `liuwei tag` writes them; of a job that was stopped, the rows so far.",
        },
        **error_answers(404, 409, 422, 500, 503),
    },
)
def job_result(runner: RunnerOfApp, job_id: str) -> FileResponse:
    """Fetch the tagged rows of a job that has ended."""
    job: Job = runner.folder.one(job_id)
    if not job.ended:
        raise JobNotDone(f"job {job_id} is {job.status}; its result is there when it has ended")
    rows = runner.folder.path(job_id, ROWS)
    if not rows.is_file():
        raise UnknownJob(f"job {job_id} has no rows any more; send it again")
    return FileResponse(rows, media_type=JSON_LINES, filename=f"{job_id}.jsonl")
