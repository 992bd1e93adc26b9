"""Documents as the runtime gives them back from the corpus: one whole, or a part of the list."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.records import Document, DocumentSummary, StoredSentence


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A document of the corpus with its sentences in their order."""

    document: "Document"
    sentences: "list[StoredSentence]"

    @property
    def summary(self) -> "DocumentSummary":
        """Return what a list would show of it."""
        from index.records import DocumentSummary

        return DocumentSummary(
            document_id=self.document.document_id,
            title=self.document.title,
            source=self.document.source,
            metadata=self.document.metadata,
            added_at=self.document.added_at,
            sentences=len(self.sentences),
            characters=len(self.document.text),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """A part of the list of documents, oldest first; `total` counts all there are."""

    summaries: "list[DocumentSummary]"
    total: int
