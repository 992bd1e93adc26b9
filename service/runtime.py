"""The one place that joins `index` and `models`. Command line, HTTP API and batch all call these methods."""

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from index.overlap import LEAST_RUN
from index.scripts import simplified
from index.text import has_letter
from models.classifier import Prediction
from models.embedders import Embedder, load_embedder
from models.taxonomy import Taxonomy
from service.corpus_follower import CorpusFollower
from service.heads import HeadFollower, OpenHead, head_folder
from service.leaning import Leanings
from service.observer import Observer, Unobserved
from service.overlaps import copies
from service.search_limits import coded, refuse_wrong
from service.settings import Settings
from service.stored import DocumentPage, StoredDocument
from service.tagged import TaggedSentence, context_of, tagged_sentence
from service.text_limits import TextLimits
from service.turns import SharedContextEncoder, SharedEmbedder

if TYPE_CHECKING:
    # Classifying a text needs neither FAISS nor SQLite: they are imported where the corpus is first used.
    from index.copies import Copied
    from index.corpus import Corpus
    from index.extras import Extras, SearchAnswer
    from index.records import AddStatus, Document, Hit, SearchFilter, SearchMode, SearchUnit, Sentence

LARGEST_EVIDENCE = 20
PROBE = "理论学习"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextInput:
    """One text to classify, with the heading or the words before it where they are known."""

    text: str
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of a document that was to be added."""

    document_id: str
    status: "AddStatus"
    sentences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """Predictions in the order of their inputs, and the head that made them all."""

    predictions: list[Prediction]
    head: OpenHead


class Runtime:
    """Models and corpus under one roof, each opened when it is first needed. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.texts = TextLimits(settings)
        self.observer: Observer = Unobserved()
        # One lock for all of them: opening one may need another, and two locks could wait for each other.
        self._opening = threading.RLock()
        self._embedder: Embedder | None = None
        self._heads = HeadFollower(
            settings,
            self._opening,
            lambda: self.embedder.fingerprint,
            lambda encoder: SharedContextEncoder(encoder, lambda: self.observer),
        )
        self._leanings = Leanings(lambda: self.head, self.predictions)
        self._corpora = CorpusFollower(settings, self._opening, lambda: self.embedder)

    def __enter__(self) -> Self:
        """Return the runtime itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was opened."""
        self.close()

    def close(self) -> None:
        """End its threads, save what is only in memory and close the corpus, where it was opened."""
        self._leanings.close()
        self._corpora.close()

    @property
    def embedder(self) -> Embedder:
        """The encoder of the settings. Raises ModelUnavailable or ModelDamaged."""
        if self._embedder is None:
            with self._opening:
                if self._embedder is None:
                    wanted = self.settings
                    embedder = load_embedder(
                        wanted.encoder,
                        query_instruction=wanted.query_instruction,
                        device=wanted.device or None,
                        threads=wanted.threads,
                    )
                    self._embedder = SharedEmbedder(embedder, lambda: self.observer)
        return self._embedder

    @property
    def head(self) -> OpenHead:
        """The head in use, which may be another one at the next call: ask once and keep it for what belongs together.

        Raises ModelUnavailable, ModelDamaged or EncoderMismatch.
        """
        return self._heads.current()

    @property
    def model_name(self) -> str:
        """The name of the head in use, which changes whenever its predictions might. Raises as `head`."""
        return self.head.name

    @property
    def taxonomy(self) -> Taxonomy:
        """The taxonomy of the classifier."""
        return self.head.classifier.taxonomy

    @property
    def head_folder(self) -> Path:
        """The folder of the head of the settings: the one named, else the one chosen last, else the bundled one."""
        return head_folder(self.settings)

    def corpus(self, *, create: bool = False, any_embedder: bool = False) -> "Corpus":
        """Return the corpus of the data directory. Raises NoCorpus where there is none and `create` is False.

        With `any_embedder` one of another encoder opens too, to look at, repair or rebuild.
        """
        return self._corpora.current(create=create, any_embedder=any_embedder)

    def classify(self, inputs: Sequence[TextInput], *, evidence: int = 0) -> list[Prediction]:
        """Return a prediction per input, in order, with `evidence` examples each. Raises BadText, naming the input."""
        return self.classified(inputs, evidence=evidence).predictions

    def classified(self, inputs: Sequence[TextInput], *, evidence: int = 0, head: OpenHead | None = None) -> Classified:
        """Do as `classify` does, and tell the head too: one head, even where another is put in use meanwhile."""
        for place, item in enumerate(inputs):
            self.texts.check(item.text, f"input[{place}]")
            self.texts.check_readable(item.context, f"input[{place}].context")
        head = head or self.head
        contexts = [item.context for item in inputs]
        predictions = self.predictions(head, [item.text for item in inputs], contexts, evidence=evidence)
        self.observer.classified(predictions)
        return Classified(predictions=predictions, head=head)

    def classify_batch(self, inputs: Sequence[TextInput], *, evidence: int = 0) -> Classified:
        """Do as `classified` does for one request. Raises BadRequest for more inputs than one request may have."""
        self.texts.check_count(inputs, "input")
        return self.classified(inputs, evidence=evidence)

    def check_ready(self) -> None:
        """Classify and search for a word: that opens all there is. Raises the fault that stands in the way."""
        self.classify([TextInput(text=PROBE)])
        self.corpus(create=True).search(PROBE, top_k=1)

    def tag(self, document: "Document", *, head: OpenHead | None = None) -> list[TaggedSentence]:
        """Return the sentences of a document with their predictions, in order, by the head in use or one given."""
        head = head or self.head
        return self._tagged(head, _sentences(document, head.classifier.taxonomy))

    def add(self, document: "Document") -> Added:
        """Put a document into the corpus, encoding each sentence once. The same text again is left as it is."""
        corpus, head = self.corpus(create=True), self.head
        for known in corpus.documents([document.document_id]):
            return Added(document_id=known.document_id, status="unchanged", sentences=known.sentences)
        sentences = _sentences(document, head.classifier.taxonomy)
        vectors = self.embedder.encode_passages([sentence.text for sentence in sentences])
        tags = [tagged.tag for tagged in self._tagged(head, sentences, vectors)]
        status = corpus.add(document, sentences, tags, vectors)
        return Added(document_id=document.document_id, status=status, sentences=len(sentences))

    def documents(self, *, limit: int, offset: int = 0) -> DocumentPage:
        """Return `limit` documents after the first `offset`, oldest first."""
        total = self.corpus().counts()[0]
        return DocumentPage(summaries=self.corpus().documents(limit=limit, offset=min(offset, total)), total=total)

    def document(self, document_id: str) -> StoredDocument:
        """Return a document of the corpus with its sentences. Raises UnknownDocument."""
        document = self.corpus().document(document_id)
        sentences = self.corpus().sentences(document_id)
        return StoredDocument(document=document, sentences=sentences)

    def remove(self, document_id: str) -> None:
        """Remove a document from the corpus. Raises UnknownDocument, CorpusBusy."""
        self.corpus().remove(document_id)

    def overlap(self, document: "Document", *, least_run: int = LEAST_RUN) -> "list[Copied]":
        """Return what a document copies from others in the corpus. Raises BadRequest for a bad `least_run`."""
        return copies(self, document, _sentences(document, self.taxonomy), least_run=least_run)

    def search(
        self,
        query: str,
        *,
        top_k: int = 10,
        mode: "SearchMode" = "hybrid",
        unit: "SearchUnit" = "sentence",
        filter: "SearchFilter | None" = None,
    ) -> "list[Hit]":
        """Return the best hits, best first. Raises BadText for an empty query, BadRequest for an unknown label."""
        return self.answer(query, top_k=top_k, mode=mode, unit=unit, filter=filter).hits

    def answer(
        self,
        query: str,
        *,
        top_k: int = 10,
        mode: "SearchMode" = "hybrid",
        unit: "SearchUnit" = "sentence",
        filter: "SearchFilter | None" = None,
        extras: "Extras | None" = None,
    ) -> "SearchAnswer":
        """Return the hits as `search` does, with the extras asked for. Raises BadRequest for one out of range, too."""
        self.texts.check(query, "query")
        refuse_wrong(top_k=top_k, extras=extras)
        filter = coded(lambda: self.taxonomy, filter)
        corpus = self.corpus()
        leaning = self._leanings.begun(query) if mode == "hybrid" and has_letter(query) else None
        return corpus.answer(query, top_k=top_k, mode=mode, unit=unit, filter=filter, extras=extras, leaning=leaning)

    def label_vectors(
        self,
        head: OpenHead,
        texts: Sequence[str],
        contexts: Sequence[str],
        shared: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Return the vectors that the classifier reads: `shared`, those of the corpus, where it has no own encoder."""
        read, above = ([simplified(text) for text in some] for some in (texts, contexts))
        return self._read(head, read, above, shared)

    def _read(
        self, head: OpenHead, texts: Sequence[str], contexts: Sequence[str], shared: NDArray[np.float32] | None
    ) -> NDArray[np.float32]:
        if head.classifier.encoder is not None:
            return head.classifier.encoder.encode_in_context(texts, contexts)
        return self.embedder.encode_passages(texts) if shared is None else shared

    def predictions(
        self,
        head: OpenHead,
        texts: Sequence[str],
        contexts: Sequence[str],
        shared: NDArray[np.float32] | None = None,
        *,
        evidence: int = 0,
    ) -> list[Prediction]:
        """Return what a head says of texts under their headings; `shared` as for `label_vectors`."""
        read, above = ([simplified(text) for text in some] for some in (texts, contexts))
        vectors = self._read(head, read, above, shared)
        return head.classifier.predict(read, vectors, contexts=above, evidence=evidence)

    def _tagged(
        self, head: OpenHead, sentences: "Sequence[Sentence]", shared: NDArray[np.float32] | None = None
    ) -> list[TaggedSentence]:
        texts = [sentence.text for sentence in sentences]
        predictions = self.predictions(head, texts, [context_of(sentence) for sentence in sentences], shared)
        return list(map(tagged_sentence, sentences, predictions))


def _sentences(document: "Document", taxonomy: Taxonomy) -> "tuple[Sentence, ...]":
    from index.outline import outline
    from index.sentences import sentences

    return sentences(document.text, outline(document.text, _as_asked(taxonomy), document.headings, document.cells))


@functools.lru_cache(maxsize=4)
def _as_asked(taxonomy: Taxonomy) -> Taxonomy:
    """Return the taxonomy with its aliases in simplified characters, in which an outline asks it for headings."""
    dimensions, roles = (
        tuple(replace(entry, aliases=tuple(map(simplified, entry.aliases))) for entry in entries)
        for entries in (taxonomy.dimensions, taxonomy.roles)
    )
    return replace(taxonomy, dimensions=dimensions, roles=roles)
