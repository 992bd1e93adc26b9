"""The HTTP API as an application: routes, error bodies, request ids, and a runtime that opens and closes with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import Depends, FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from fastapi_offline import FastAPIOffline

from service import embeddings, measured, retrieval
from service.accounts import Accounts
from service.admission import Admission
from service.answers import error_answers
from service.errors import FAULTS, MACHINE
from service.feedback_routes import FEEDBACK_ROUTERS
from service.gate import Gate, needs_keys
from service.handlers import install_handlers, outcome_of
from service.job_routes import JOB_ROUTERS
from service.job_runner import JobRunner
from service.keys import KeyFile
from service.metrics import Metrics
from service.middleware import BodyLimit, RequestIds
from service.options import installed_version
from service.routes import ROUTERS, health
from service.runtime import Runtime
from service.search_turns import SearchTurns
from service.settings import Settings
from service.shortages import plain

DESCRIPTION = """Sorts the sentences of self-examination reports into six dimensions and finds similar passages.

Every answer has an `X-Request-ID`, the caller's own where one was sent. Errors have one shape:
`{"error": {"type", "message", "param", "request_id"}}`. Offsets count code points; an end is excluded."""

# Shown in /docs only: the gate looks at keys, before anything of a request is read.
KEY = HTTPBearer(scheme_name="key", description="Made by `liuwei keys create`.", auto_error=False)
OTHER_ROUTERS = (embeddings.router, embeddings.models, retrieval.router, measured.router)

log = structlog.get_logger()


def create_app(runtime: Runtime) -> FastAPI:
    """Return the application over a runtime, which it warms up when it starts and closes when it ends."""
    # FastAPI's own docs page loads Swagger UI from a CDN. fastapi-offline (MIT) brings the same files, of a release
    # that reads OpenAPI 3.1; swagger-ui-bundle stopped before that, and an own page could not try requests out.
    app = FastAPIOffline(
        title="Liuwei 六维",
        version=installed_version("liuwei") or "0",
        description=DESCRIPTION,
        redoc_url=None,
        # A path with a slash more is no other name of ours: it gets the error body that every wrong path gets.
        redirect_slashes=False,
        static_url="/docs/static",
        # Without this, Swagger UI sends the address of the document to validator.swagger.io.
        swagger_ui_parameters={"validatorUrl": None},
        generate_unique_id_function=_operation_id,
        lifespan=_lifespan,
    )
    app.state.runtime = runtime
    app.state.jobs = JobRunner(runtime)
    app.state.metrics = runtime.observer = Metrics()
    app.state.search_turns = SearchTurns()
    install_handlers(app)
    _add_layers(app, runtime.settings, app.state.metrics)
    app.include_router(health)
    for router in (*ROUTERS, *FEEDBACK_ROUTERS, *JOB_ROUTERS, *OTHER_ROUTERS):
        app.include_router(router, responses=error_answers(401, 403, 429), dependencies=[Depends(KEY)])
    return app


def _add_layers(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Put around the routes what every request passes through; what is added last is passed first."""
    keys = KeyFile(settings.data_dir)
    app.add_middleware(BodyLimit, max_bytes=settings.max_upload_bytes)
    app.add_middleware(Admission, most=settings.max_requests)
    app.add_middleware(Gate, keys=keys, required=needs_keys(settings.host))
    app.add_middleware(RequestIds)
    app.add_middleware(Accounts, metrics=metrics)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    runtime: Runtime = app.state.runtime
    jobs: JobRunner = app.state.jobs
    try:
        await run_in_threadpool(_warm_up, runtime)
        jobs.start()
        yield
    finally:
        await run_in_threadpool(jobs.stop)
        # What was added is in the store already; closing saves the indexes, once and not with every request.
        await run_in_threadpool(runtime.close)


def _warm_up(runtime: Runtime) -> None:
    """Open everything, so that the first request is fast.

    A known fault, or one of the machine, does not keep the app from starting: /readyz tells it.
    """
    try:
        runtime.check_ready()
    except (*FAULTS, *MACHINE) as fault:
        log.warning("not_ready", type=outcome_of(fault).type, message=str(plain(fault)))


def _operation_id(route: APIRoute) -> str:
    return route.name
