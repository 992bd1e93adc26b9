"""Bodies of requests and answers about jobs, as pydantic models."""

from typing import Annotated, Any, Literal

from pydantic import FailFast, Field

from service.jobs import Status
from service.schemas import Body, Chars, ClassifyInput, Count, DocumentRequest, TextWithContext

LONGEST_EXPIRY_S = 30 * 86_400


class JobDocument(DocumentRequest):
    """A report as text; a blank one is among the errors of the job."""

    text: Chars


class JobRequest(Body):
    """Documents, each to be cut into sentences and tagged whole, and texts, each to be tagged as it is."""

    documents: Annotated[list[JobDocument], FailFast()] = Field(default=[])
    texts: Annotated[list[ClassifyInput], FailFast()] = Field(default=[])
    expires_after_s: Count | None = Field(
        default=None, ge=1, le=LONGEST_EXPIRY_S, description="Seconds until a job that is not done ends."
    )

    def wanted(self) -> dict[str, Any]:
        """Return the inputs as a job keeps them."""
        texts = [item if isinstance(item, TextWithContext) else TextWithContext(text=item) for item in self.texts]
        return {
            "documents": [document.model_dump(mode="json") for document in self.documents],
            "texts": [text.model_dump(mode="json") for text in texts],
        }


class JobCounts(Body):
    """Inputs of a job; `total` is 0 until they are counted."""

    total: int
    completed: int
    failed: int


class JobError(Body):
    """An input that could not be read, and why; without a source, why the whole job failed."""

    source: str | None
    message: str


class JobNote(Body):
    """An input without rows of its own, and why: it has the text of another."""

    source: str
    message: str


class JobRecord(Body):
    """A job, with the words of OpenAI's batches. Times are seconds of the epoch, null for what has not happened."""

    id: str
    object: Literal["job"]
    status: Status
    model: str | None
    request_counts: JobCounts
    errors: list[JobError]
    notes: list[JobNote]
    created_at: int
    expires_at: int
    in_progress_at: int | None
    finalizing_at: int | None
    completed_at: int | None
    failed_at: int | None
    expired_at: int | None
    cancelling_at: int | None
    cancelled_at: int | None


class JobList(Body):
    """A part of the list of jobs, newest first; `total` counts all there are."""

    data: list[JobRecord]
    total: int


def upload_body() -> dict[str, Any]:
    """Return the OpenAPI request body of a job made of a file."""
    file = {"type": "string", "format": "binary", "description": "A report, a .zip of reports, a .jsonl."}
    form = {"type": "object", "properties": {"file": file}, "required": ["file"], "additionalProperties": False}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}
