"""What the service counts of its work, and shows Prometheus. No label holds anything of a report."""

from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from models.classifier import Prediction

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
SIZES = (1, 2, 4, 8, 16, 32)


class Metrics:
    """The figures of one application, in a registry of its own. Safe between threads."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._requests = self._histogram("request", "Time to answer a request.", ("method", "path", "status"))
        self.inside = Gauge("liuwei_requests_inside", "Requests answered or waiting now.", registry=self._registry)
        self._encoding = self._histogram("encoding", "Time to encode a batch of texts.", ())
        self._batch_texts = self._sizes("batch_texts", "Texts of a batch that was encoded.")
        self._batch_requests = self._sizes("batch_requests", "Callers whose texts were encoded in one batch.")
        self._classified = self._counter("classified", "Texts classified on request, by best guess.", "dimension")
        self._abstained = self._counter("abstained", "Texts on which the classifier abstained.", "reason")
        self._documents = Gauge("liuwei_index_documents", "Documents in the corpus.", registry=self._registry)
        self._sentences = Gauge("liuwei_index_sentences", "Sentences in the corpus.", registry=self._registry)

    def answered(self, *, method: str, path: str, status: int, seconds: float) -> None:
        """Take note of a request; `path` is that of the route, with names where ids stand."""
        self._requests.labels(method, path, str(status)).observe(seconds)

    def encoded(self, *, texts: int, requests: int, seconds: float) -> None:
        """Take note of one batch: of how many texts, of how many callers together, and how long it took."""
        self._encoding.observe(seconds)
        self._batch_texts.observe(texts)
        self._batch_requests.observe(requests)

    def classified(self, predictions: Sequence[Prediction]) -> None:
        """Take note of what the classifier said."""
        for prediction in predictions:
            self._classified.labels(prediction.dimension).inc()
            if prediction.reason is not None:
                self._abstained.labels(prediction.reason).inc()

    def text(self, *, documents: int, sentences: int) -> bytes:
        """Return all figures as Prometheus reads them, with the size of the corpus as it is now."""
        self._documents.set(documents)
        self._sentences.set(sentences)
        return generate_latest(self._registry)

    def _histogram(self, name: str, description: str, labels: Sequence[str]) -> Histogram:
        return Histogram(f"liuwei_{name}_seconds", description, labels, buckets=SECONDS, registry=self._registry)

    def _sizes(self, name: str, description: str) -> Histogram:
        return Histogram(f"liuwei_{name}", description, buckets=SIZES, registry=self._registry)

    def _counter(self, name: str, description: str, label: str) -> Counter:
        return Counter(f"liuwei_{name}", description, (label,), registry=self._registry)
