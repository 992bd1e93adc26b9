"""A document as it arrives: JSON, or a file in a multipart form. Read without blocking, parsed in a thread."""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from index.errors import UnreadableDocument
from index.paragraphs import BULLET
from index.readers import LONGEST_TITLE, document_from_text, parse_document
from index.records import Document
from index.text import has_letter, normalize
from models.errors import BadText
from service.errors import BadRequest
from service.file_names import file_name
from service.handlers import media_type
from service.schemas import DocumentRequest, MetadataKey, UploadForm

MOST_FIELDS = 10
# The source of a document that came as text, where others have their file name.
TEXT_SOURCE = "text"
_SENTENCE_END = re.compile("[。！？；!?;\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedJson:
    """A body that says that it is JSON."""

    data: bytes

    def document(self, *, max_bytes: int) -> Document:
        """Return the document. Raises RequestValidationError, or BadText where there is nothing in its text."""
        try:
            body = DocumentRequest.model_validate_json(self.data)
        except ValidationError as error:
            raise _wrong_body(error) from error
        try:
            document = document_from_text(
                body.text, source=TEXT_SOURCE, title=body.title, metadata=_normal(body.metadata)
            )
        except UnreadableDocument as error:
            raise BadText(str(error), param="text") from error
        # Where nothing looks like a title, it is made of the source, which says nothing here.
        untitled = document.title == TEXT_SOURCE and not body.title.strip()
        return replace(document, title=_first_words(document.text)) if untitled else document


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """A file from a form, and beside it the title, "" for none, and metadata."""

    name: str
    data: bytes
    title: str
    metadata: Mapping[MetadataKey, str]

    def document(self, *, max_bytes: int) -> Document:
        """Return the document. Raises UnreadableDocument, also for more than `max_bytes`, BadRequest without a name."""
        if not self.name:
            raise BadRequest("the name of the file is empty; its suffix says what kind it is", param="file")
        document = parse_document(self.name, self.data, max_bytes=max_bytes)
        given = " ".join(normalize(self.title).split())
        return replace(
            document, title=given or document.title, metadata={**document.metadata, **_normal(self.metadata)}
        )


async def received(request: Request) -> ReceivedJson | ReceivedFile:
    """Return the body of the request. Raises RequestValidationError for a wrong form, HTTPException 413 or 415."""
    kind = media_type(request)
    if kind == "application/json":
        # Editors of Windows put a mark of the encoding before the text of a file.
        return ReceivedJson(data=(await request.body()).removeprefix(codecs.BOM_UTF8))
    if kind == "multipart/form-data":
        return await _received_file(request)
    raise HTTPException(415, "wanted is application/json or multipart/form-data")


async def _received_file(request: Request) -> ReceivedFile:
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as fields:
        try:
            form = UploadForm.model_validate(dict(fields))
        except ValidationError as error:
            raise _wrong_body(error) from error
        return ReceivedFile(
            name=file_name(form.file), data=await form.file.read(), title=form.title, metadata=form.metadata
        )


def _normal(metadata: Mapping[MetadataKey, str]) -> dict[str, str]:
    return {str(key): normalize(value) for key, value in metadata.items()}


def _first_words(text: str) -> str:
    """Return the beginning of the first sentence that has words, to stand for a title."""
    sentences = (BULLET.sub("", " ".join(piece.split()), count=1) for piece in _SENTENCE_END.split(text))
    first = next((sentence for sentence in sentences if has_letter(sentence)), text)
    return first if len(first) <= LONGEST_TITLE else first[: LONGEST_TITLE - 1] + "…"


def _wrong_body(error: ValidationError) -> RequestValidationError:
    found: Sequence[Any] = error.errors(include_url=False, include_context=False, include_input=False)
    return RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found])
