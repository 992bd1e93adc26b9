"""Which encoder turns texts into vectors: the bundled one, an ONNX folder, or anything sentence-transformers loads."""

import hashlib
import importlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelUnavailable
from models.onnx_embedder import CHECKSUMS, WEIGHTS, OnnxEmbedder, normalised_rows
from models.text import CANONICAL_VERSION, canonical

BUNDLED = "bundled"
BUNDLED_FOLDER = Path(__file__).parent / "bundled" / "encoder"
# The weights that bundled encoders are tuned from, as a sentence-transformers folder.
BASE_FOLDER = Path(__file__).parent / "bundled" / "base"
BATCH_SIZE = 32
INSTALL_TORCH = "run pip install '.[torch]' --constraint constraints.txt in the project's folder"


class Embedder(Protocol):
    """What the classifier needs of an encoder. Rows come back in input order, L2-normalised float32."""

    @property
    def fingerprint(self) -> str:
        """A name that changes whenever the vectors of passages would change."""
        ...

    @property
    def dim(self) -> int:
        """The width of a vector."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, dim) float32; n = 0 gives (0, dim)."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, dim) float32 for texts that search."""
        ...


class SentenceTransformerEmbedder:
    """Encode texts with a sentence-transformers model: a Hub name or a folder, on any torch device.

    torch is imported when the first one is made, not before: it takes seconds. Raises ModelUnavailable where the
    packages or the model are missing.
    """

    def __init__(self, name: str, *, query_instruction: str = "", device: str | None = None) -> None:
        self._query_instruction = query_instruction
        self._model = _load_sentence_transformer(name, device)

    @cached_property
    def fingerprint(self) -> str:
        """Return `st-` and 16 hex digits that stand for the names, shapes and bytes of the weights, on any device."""
        # A pooler that the checkpoint lacks is filled with random numbers at every load; no vector of ours uses it.
        weights = {key: value for key, value in self._model.state_dict().items() if ".pooler." not in key}
        digest = hashlib.sha256(str(CANONICAL_VERSION).encode())
        for key in sorted(weights):
            digest.update(f"\n{key} {weights[key].dtype} {list(weights[key].shape)}\n".encode())
            digest.update(_bytes(weights[key]))
        return f"st-{digest.hexdigest()[:16]}"

    @property
    def dim(self) -> int:
        """The width of a vector."""
        return int(self._model.get_embedding_dimension())

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, dim) float32 in input order, rows of length 1; n = 0 gives (0, dim)."""
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        vectors = self._model.encode(
            [canonical(text) for text in texts], batch_size=BATCH_SIZE, show_progress_bar=False
        )
        return normalised_rows(np.asarray(vectors, dtype=np.float32))

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, dim) float32 like `encode_passages`, each text after the query instruction."""
        return self.encode_passages([self._query_instruction + text for text in texts])


def load_embedder(
    name: str = BUNDLED, *, query_instruction: str = "", device: str | None = None, threads: int = 0
) -> Embedder:
    """Return the encoder of that name: `bundled`, a folder (ONNX or sentence-transformers) or a Hub name.

    `device` counts only for sentence-transformers, `threads` only for ONNX. Raises ModelUnavailable or ModelDamaged.
    """
    folder = BUNDLED_FOLDER if name == BUNDLED else Path(name)
    if name == BUNDLED or (folder / WEIGHTS).is_file() and (folder / CHECKSUMS).is_file():
        return OnnxEmbedder(folder, query_instruction=query_instruction, threads=threads)
    return SentenceTransformerEmbedder(name, query_instruction=query_instruction, device=device)


def _load_sentence_transformer(name: str, device: str | None) -> Any:  # noqa: ANN401 - its class is imported lazily
    try:
        library = importlib.import_module("sentence_transformers")
    except ImportError as error:
        raise ModelUnavailable(f"encoder {name!r} needs sentence-transformers; {INSTALL_TORCH}") from error
    try:
        return library.SentenceTransformer(name, device=device, model_kwargs={"dtype": "float32"})
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"encoder {name!r} is neither a model folder nor a Hub model that can be reached: {error}"
        ) from error
    except MemoryError:
        raise
    except Exception as error:
        # Of every kind: torch's for a device that it does not know or find, safetensors' own for damaged weights.
        on = f" on device {device!r}" if device else ""
        raise ModelUnavailable(f"encoder {name!r} cannot be loaded{on}: {error}") from error


def _bytes(tensor: Any) -> memoryview:  # noqa: ANN401 - a torch tensor
    """Return what a tensor holds, also of kinds that numpy lacks, as bfloat16."""
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return memoryview(flat.view(importlib.import_module("torch").uint8).numpy())
