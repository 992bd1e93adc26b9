"""`GET /metrics`: the figures of the service, as Prometheus reads them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from index.errors import IndexFault
from models.errors import ModelFault
from service.metrics import CONTENT_TYPE, Metrics
from service.routes import RuntimeOfApp

_SHOWN: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}

router = APIRouter(tags=["health"])


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


@router.get("/metrics", response_class=Response, responses=_SHOWN)
def show_metrics(runtime: RuntimeOfApp, metrics: Annotated[Metrics, Depends(_metrics)]) -> Response:
    """Show latencies, requests, batches, abstentions and the size of the corpus, for Prometheus."""
    try:
        documents, sentences = runtime.corpus().counts()
    except (IndexFault, ModelFault, OSError):
        # No corpus, or one that cannot be read just now, holds nothing; /readyz tells more.
        documents = sentences = 0
    return Response(metrics.text(documents=documents, sentences=sentences), media_type=CONTENT_TYPE)
