"""Bodies of requests, as pydantic models. Unknown fields are refused; limits that are settings are the runtime's."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    FailFast,
    Field,
    Json,
    StrictBool,
    StrictFloat,
    StrictInt,
    Tag,
    TypeAdapter,
    model_validator,
)
from pydantic_core import PydanticCustomError
from starlette.datastructures import UploadFile

from index.extras import Extras
from index.records import SearchFilter, SearchMode, SearchUnit
from service.runtime import LARGEST_EVIDENCE, TextInput
from service.search_limits import LARGEST_NEIGHBOURS, LARGEST_TOP_K

LARGEST_PAGE = 1000
MOST_FILTER_VALUES = 1000
MOST_FIELDS = 100
LONGEST_TITLE = 500
LONGEST_METADATA = 500
LARGEST_YEAR = 10**15


def _whole(text: str) -> str:
    r"""Refuse halves of characters, which JSON can carry (a lone \ud800) and neither encoder nor store can take."""
    text.encode("utf-8")  # its error is a ValueError, as pydantic wants it
    return text


def _integer(value: object) -> object:
    """Return 10 for 10.0: to JSON they are one number. Texts and truth values are left for the strict check."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _few(value: object) -> object:
    """Refuse an object of very many fields at once: naming each unknown one would take minutes and gigabytes."""
    if isinstance(value, dict) and len(value) > MOST_FIELDS:
        raise PydanticCustomError("too_many_fields", "it has more fields than any that is known here")
    return value


def _word(value: object) -> object:
    """Return a whole number of an ordinary size, which a year in JSON is, as text."""
    number = _integer(value)
    ordinary = isinstance(number, int) and not isinstance(number, bool) and abs(number) <= LARGEST_YEAR
    return str(number) if ordinary else value


def _known(value: object) -> object:
    """Return metadata without what is null; null itself as none at all."""
    few = _few({} if value is None else value)
    return {key: item for key, item in few.items() if item is not None} if isinstance(few, dict) else few


def _empty_text(value: object) -> object:
    return "" if value is None else value


def _empty_object(value: object) -> object:
    """Return what a form says of an object; a field left blank says nothing."""
    return "{}" if value == "" else value


def _empty_list(value: object) -> object:
    return [] if value is None else value


Count = Annotated[StrictInt, BeforeValidator(_integer)]
Chars = Annotated[str, AfterValidator(_whole)]
# The runtime refuses blank text, with a message of its own: here the pattern is only shown.
Text = Annotated[Chars, Field(json_schema_extra={"pattern": r"\S"})]
# What may be left out may be null too; the types at the end are those that the OpenAPI document shows.
OptionalText = Annotated[Chars, BeforeValidator(_empty_text, json_schema_input_type=Chars | None)]
Labels = Annotated[list[Chars], Field(max_length=MOST_FILTER_VALUES)]
OptionalLabels = Annotated[Labels, FailFast(), BeforeValidator(_empty_list, json_schema_input_type=Labels | None)]
Title = Annotated[Chars, Field(max_length=LONGEST_TITLE)]
OptionalTitle = Annotated[Title, BeforeValidator(_empty_text, json_schema_input_type=Title | None)]
MetadataKey = Literal["unit", "author", "year"]
Word = Annotated[Chars, Field(max_length=LONGEST_METADATA)]
Number = Annotated[int, Field(ge=-LARGEST_YEAR, le=LARGEST_YEAR)]
MetadataValue = Annotated[Word, BeforeValidator(_word, json_schema_input_type=Word | Number)]
Metadata = Annotated[
    dict[MetadataKey, MetadataValue],
    BeforeValidator(_known, json_schema_input_type=dict[MetadataKey, Word | Number | None] | None),
]


class Body(BaseModel):
    """Base of all bodies: an unknown field is an error that names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, value: object) -> object:
        return _few(value)


class TextWithContext(Body):
    """A text to classify, with the heading or the words before it."""

    text: Text = Field(examples=["学习理论不够系统深入"])
    context: OptionalText = Field(default="", examples=["（一）理论学习方面"])


def _branch(value: object) -> str | None:
    return "<text>" if isinstance(value, str) else "<object>" if isinstance(value, dict | TextWithContext) else None


# Which branch of "a text, or an object with a text" a value belongs to, so that an error names its place in it.
TEXT_OR_OBJECT = Discriminator(
    _branch, custom_error_type="text_or_object", custom_error_message="wanted is a text, or an object with a text"
)
ClassifyInput = Annotated[Annotated[Text, Tag("<text>")] | Annotated[TextWithContext, Tag("<object>")], TEXT_OR_OBJECT]


class ClassifyRequest(Body):
    """Texts to classify, each alone or with its context; `evidence` asks for that many nearest labelled examples."""

    # Errors stop at the first wrong text: a million of them would not help anybody.
    input: Annotated[list[ClassifyInput], FailFast(), Field(min_length=1)]
    evidence: Count = Field(default=0, ge=0, le=LARGEST_EVIDENCE)

    def texts(self) -> list[TextInput]:
        """Return the inputs as the runtime takes them."""
        return [
            TextInput(text=item) if isinstance(item, str) else TextInput(text=item.text, context=item.context)
            for item in self.input
        ]


class SearchFields(Body):
    """Keep only hits that have one of the values in every field that is not empty; labels by code or by name."""

    dimension: OptionalLabels = Field(default=[], examples=[["theory", "style"]])
    role: OptionalLabels = Field(default=[], examples=[["problem"]])
    document_id: OptionalLabels = Field(default=[])


def _no_filter(value: object) -> object:
    return SearchFields() if value is None else value


class SearchRequest(Body):
    """What to look for: by meaning (`dense`), by words (`lexical`) or both, sentences or whole passages."""

    query: Text = Field(examples=["调查研究不够深入"])
    top_k: Count = Field(default=10, ge=1, le=LARGEST_TOP_K)
    mode: SearchMode = "hybrid"
    unit: SearchUnit = "sentence"
    filter: Annotated[SearchFields, BeforeValidator(_no_filter, json_schema_input_type=SearchFields | None)] = Field(
        default_factory=SearchFields
    )
    neighbours: Count = Field(
        default=0, ge=0, le=LARGEST_NEIGHBOURS, description="Sentences to show before and after each hit."
    )
    collapse: StrictBool = Field(default=False, description="Show one of several that say nearly the same.")
    diversity: StrictFloat = Field(default=0, ge=0, le=1, description="How unlike each other the hits are to be.")
    closest: StrictBool = Field(default=False, description="Mark the clause nearest in meaning, in the first 50 hits.")
    facets: StrictBool = Field(default=False, description="Count labels and documents of the best 100 sentences.")

    def wanted(self) -> SearchFilter:
        """Return the filter as the runtime takes it."""
        return SearchFilter(
            dimension=tuple(self.filter.dimension),
            role=tuple(self.filter.role),
            document_id=tuple(self.filter.document_id),
        )

    def extras(self) -> Extras:
        """Return what is asked for beyond the hits."""
        return Extras(
            neighbours=self.neighbours,
            collapse=self.collapse,
            diversity=self.diversity,
            closest=self.closest,
            facets=self.facets,
        )


class DocumentRequest(Body):
    """A report as text. Without a title the first line that looks like one is taken, else its first words."""

    text: Text
    title: OptionalTitle = ""
    # A default that is an object would stand in the OpenAPI document, and generators of clients refuse those.
    metadata: Metadata = Field(
        default_factory=dict,
        examples=[{"unit": "某局", "year": "2023"}],
        description="A number, as of a year, is kept as text.",
    )


class UploadForm(Body):
    """A report as a file, in a multipart form."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: UploadFile
    title: Title = ""
    metadata: Annotated[Json[Metadata], BeforeValidator(_empty_object)] = Field(default_factory=dict)


class Page(Body):
    """Which part of a list: `limit` entries after the first `offset`."""

    limit: int = Field(default=100, ge=1, le=LARGEST_PAGE)
    offset: int = Field(default=0, ge=0)


def document_bodies() -> dict[str, Any]:
    """Return the OpenAPI request body of a document, which may come in either of two content types."""
    form_fields = {
        "file": {"type": "string", "format": "binary", "description": "A .txt, .md, .docx or .pdf."},
        "title": {"type": "string", "default": "", "maxLength": LONGEST_TITLE},
        "metadata": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": TypeAdapter(Metadata).json_schema(),
            "description": "As in JSON: an object with `unit`, `author` or `year`.",
        },
    }
    form = {"type": "object", "properties": form_fields, "required": ["file"], "additionalProperties": False}
    content = {
        "application/json": {"schema": DocumentRequest.model_json_schema()},
        "multipart/form-data": {"schema": form},
    }
    return {"requestBody": {"required": True, "content": content}}
