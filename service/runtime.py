"""The one place that joins `index` and `models`. Command line, HTTP API and batch all call these methods."""

import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from models.artifacts import BUNDLED_HEAD, load_classifier, load_manifest
from models.classifier import Classifier, Prediction
from models.embedders import BUNDLED, Embedder, load_embedder
from models.errors import BadText
from models.head_versions import current_head, whole_head
from models.taxonomy import Taxonomy
from service.errors import BadRequest
from service.settings import Settings
from service.stored import DocumentPage, StoredDocument
from service.tagged import TaggedSentence, context_of, tagged_sentence

if TYPE_CHECKING:
    # Classifying a text needs neither FAISS nor SQLite: they are imported where the corpus is first used.
    from index.corpus import Corpus
    from index.records import AddStatus, Document, Hit, SearchFilter, SearchMode, SearchUnit, Sentence

HEADS_FOLDER = "heads"
LARGEST_TOP_K = 1000
LARGEST_EVIDENCE = 20
PROBE = "理论学习"
# Bytes on a command line that are no UTF-8 arrive as these, and JSON may name them; no encoder takes them.
HALF_CHARACTER = re.compile("[\ud800-\udfff]")


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


class Runtime:
    """Models and corpus under one roof, each opened when it is first needed. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # One lock for all of them: opening one may need another, and two locks could wait for each other.
        self._opening = threading.RLock()
        self._embedder: Embedder | None = None
        self._head: _OpenHead | None = None
        self._corpus: Corpus | None = None

    def __enter__(self) -> Self:
        """Return the runtime itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was opened."""
        self.close()

    def close(self) -> None:
        """Save what is only in memory and close the corpus, where it was opened."""
        with self._opening:
            corpus, self._corpus = self._corpus, None
        if corpus is not None:
            corpus.close()

    @property
    def embedder(self) -> Embedder:
        """The encoder of the settings. Raises ModelUnavailable or ModelDamaged."""
        if self._embedder is None:
            with self._opening:
                if self._embedder is None:
                    self._embedder = _opened_embedder(self.settings)
        return self._embedder

    @property
    def classifier(self) -> Classifier:
        """The classifier of the settings. Raises ModelUnavailable, ModelDamaged or EncoderMismatch."""
        return self._open_head().classifier

    @property
    def model_name(self) -> str:
        """The name of the classifier head, which changes whenever its predictions might. Raises as `classifier`."""
        return self._open_head().name

    @property
    def taxonomy(self) -> Taxonomy:
        """The taxonomy of the classifier."""
        return self.classifier.taxonomy

    @property
    def head_folder(self) -> Path:
        """The folder of the classifier head: the one named, else the one trained last, else the bundled one."""
        if self.settings.head == BUNDLED:
            return BUNDLED_HEAD
        if self.settings.head:
            return whole_head(Path(self.settings.head).expanduser())
        return current_head(self.settings.data_dir / HEADS_FOLDER) or BUNDLED_HEAD

    def corpus(self, *, create: bool = False, any_embedder: bool = False) -> "Corpus":
        """Return the corpus of the data directory. Raises NoCorpus where there is none and `create` is False.

        With `any_embedder` one of another encoder opens too, to look at, repair or rebuild.
        """
        from index.corpus import Corpus

        opened = self._corpus
        if opened is None:
            with self._opening:
                opened = self._corpus
                if opened is None:
                    folder = self.settings.data_dir
                    opened = Corpus.open(folder, lambda: self.embedder, create=create, any_embedder=any_embedder)
                    self._corpus = opened
        return opened

    def classify(self, inputs: Sequence[TextInput], *, evidence: int = 0) -> list[Prediction]:
        """Return a prediction per input, in order, with `evidence` examples each. Raises BadText, naming the input."""
        for place, item in enumerate(inputs):
            self._check_text(item.text, f"input[{place}]")
            self._check_readable(item.context, f"input[{place}].context")
        texts = [item.text for item in inputs]
        vectors = self._label_vectors(texts, [item.context for item in inputs])
        return self.classifier.predict(texts, vectors, evidence=evidence)

    def classify_batch(self, inputs: Sequence[TextInput], *, evidence: int = 0) -> list[Prediction]:
        """Do as `classify` does for one request. Raises BadRequest for more inputs than one request may have."""
        if len(inputs) > self.settings.max_batch_texts:
            raise BadRequest(
                f"input has {len(inputs)} texts, the limit is {self.settings.max_batch_texts}; send them in parts",
                param="input",
            )
        return self.classify(inputs, evidence=evidence)

    def check_ready(self) -> None:
        """Classify and search for a word: that opens all there is. Raises the fault that stands in the way."""
        self.classify([TextInput(text=PROBE)])
        self.corpus(create=True).search(PROBE, top_k=1)

    def tag(self, document: "Document") -> list[TaggedSentence]:
        """Return the sentences of a document with their predictions, in order."""
        return self._tagged(self._sentences(document))

    def add(self, document: "Document") -> Added:
        """Put a document into the corpus, encoding each sentence once. The same text again is left as it is."""
        corpus = self.corpus(create=True)
        sentences = self._sentences(document)
        if corpus.contains(document.document_id):
            return Added(document_id=document.document_id, status="unchanged", sentences=len(sentences))
        vectors = self.embedder.encode_passages([sentence.text for sentence in sentences])
        tags = [tagged.tag for tagged in self._tagged(sentences, vectors)]
        status = corpus.add(document, sentences, tags, vectors)
        return Added(document_id=document.document_id, status=status, sentences=len(sentences))

    def documents(self, *, limit: int, offset: int = 0) -> DocumentPage:
        """Return `limit` documents after the first `offset`, oldest first."""
        every = self.corpus().documents()
        return DocumentPage(summaries=every[offset : offset + limit], total=len(every))

    def document(self, document_id: str) -> StoredDocument:
        """Return a document of the corpus with its sentences. Raises UnknownDocument."""
        document = self.corpus().document(document_id)
        sentences = self.corpus().sentences(document_id)
        return StoredDocument(document=document, sentences=sentences)

    def remove(self, document_id: str) -> None:
        """Remove a document from the corpus. Raises UnknownDocument, CorpusBusy."""
        self.corpus().remove(document_id)

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
        self._check_text(query, "query")
        if not 1 <= top_k <= LARGEST_TOP_K:
            raise BadRequest(f"top_k is {top_k}; it must lie between 1 and {LARGEST_TOP_K}", param="top_k")
        if filter:
            _check_known(filter.dimension, self.taxonomy.codes, "dimension")
            _check_known(filter.role, self.taxonomy.role_codes, "role")
        wanted = {"filter": filter} if filter else {}
        return self.corpus().search(query, top_k=top_k, mode=mode, unit=unit, **wanted)

    def _open_head(self) -> "_OpenHead":
        if self._head is None:
            with self._opening:
                if self._head is None:
                    self._head = _opened_head(self.head_folder, self)
        return self._head

    def _sentences(self, document: "Document") -> "tuple[Sentence, ...]":
        from index.outline import outline
        from index.sentences import sentences

        return sentences(document.text, outline(document.text, self.taxonomy))

    def _label_vectors(
        self, texts: Sequence[str], contexts: Sequence[str], shared: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Return the vectors that the classifier reads: `shared`, those of the corpus, where it has no own encoder."""
        if self.classifier.encoder is not None:
            return self.classifier.encoder.encode_in_context(texts, contexts)
        return self.embedder.encode_passages(texts) if shared is None else shared

    def _tagged(
        self, sentences: "Sequence[Sentence]", shared: NDArray[np.float32] | None = None
    ) -> list[TaggedSentence]:
        texts = [sentence.text for sentence in sentences]
        vectors = self._label_vectors(texts, [context_of(sentence) for sentence in sentences], shared)
        predictions = self.classifier.predict(texts, vectors)
        return list(map(tagged_sentence, sentences, predictions))

    def _check_text(self, text: str, param: str) -> None:
        if not text.strip():
            raise BadText(f"{param} is empty; give it some text", param=param)
        self._check_readable(text, param)

    def _check_readable(self, text: str, param: str) -> None:
        if HALF_CHARACTER.search(text):
            raise BadText(f"{param} holds half a character; is it in UTF-8?", param=param)
        if len(text) > self.settings.max_text_chars:
            raise BadText(
                f"{param} has {len(text)} characters, the limit is {self.settings.max_text_chars}; "
                "split it into sentences or raise max_text_chars",
                param=param,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenHead:
    """A classifier with the name of its head."""

    classifier: Classifier
    name: str


def _opened_head(folder: Path, runtime: Runtime) -> _OpenHead:
    threads = runtime.settings.threads
    classifier = load_classifier(folder, shared=lambda: runtime.embedder.fingerprint, threads=threads)
    # Read here: a head that is trained later must not lend its name to this one.
    return _OpenHead(classifier=classifier, name=load_manifest(folder).name)


def _opened_embedder(settings: Settings) -> Embedder:
    return load_embedder(
        settings.encoder,
        query_instruction=settings.query_instruction,
        device=settings.device or None,
        threads=settings.threads,
    )


def _check_known(given: Iterable[str], known: Sequence[str], param: str) -> None:
    for value in given:
        if value not in known:
            raise BadRequest(f"{param} {value!r} is unknown; known are {', '.join(known)}", param=f"filter.{param}")
