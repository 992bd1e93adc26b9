"""The bundled kind of encoder: an ONNX export run by onnxruntime, with no torch in sight.

A folder holds `onnx/model_int8.onnx`, `tokenizer.json`, `config.json` and `SHA256SUMS`. Pooling is the vector of the
first token ([CLS]), then division by its length, as the model's card asks.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

# Since 1.31 the published builds of onnxruntime send what they do to their maker and keep it in a file until they can.
# Only this name, set before the library is loaded, stops all of it; a call afterwards would come after the first event.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from models.errors import ModelDamaged, ModelUnavailable
from models.text import CANONICAL_VERSION, canonical

# For a program that had loaded the library itself before.
onnxruntime.disable_telemetry_events()

WEIGHTS = "onnx/model_int8.onnx"
TOKENIZER = "tokenizer.json"
CONFIG = "config.json"
CHECKSUMS = "SHA256SUMS"
MAX_TOKENS = 512
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class OnnxEmbedder:
    """Encode texts with an ONNX model folder. Files are checked against SHA256SUMS when it opens.

    `query_instruction` is put before queries, for models that were trained with one. `threads` texts are encoded side
    by side, 0 means one for every core. Raises ModelUnavailable where the folder lacks a file, ModelDamaged where one
    was altered.
    """

    def __init__(self, folder: Path, *, query_instruction: str = "", threads: int = 0) -> None:
        checksums = verified_checksums(folder, (WEIGHTS, TOKENIZER, CONFIG))
        self._query_instruction = query_instruction
        with _damage(folder / TOKENIZER):
            self._tokenizer = _open_tokenizer(folder / TOKENIZER)
        with _damage(folder / WEIGHTS):
            self._session = _open_session(folder / WEIGHTS)
        self._inputs = [wanted.name for wanted in self._session.get_inputs()]
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="encoder")
        with _damage(folder / CONFIG):
            self._dim = int(json.loads((folder / CONFIG).read_text(encoding="utf-8"))["hidden_size"])
        self._identity = f"{checksums[WEIGHTS]}{checksums[TOKENIZER]}{CANONICAL_VERSION}"

    @cached_property
    def fingerprint(self) -> str:
        """Return `onnx-` and 16 hex digits that stand for weights and tokenizer."""
        return f"onnx-{hashlib.sha256(self._identity.encode()).hexdigest()[:16]}"

    @property
    def dim(self) -> int:
        """The width of a vector."""
        return self._dim

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, dim) float32 in input order, rows of length 1; n = 0 gives (0, dim).

        Text beyond 512 tokens (about as many Chinese characters) does not count.
        """
        return self._encoded([canonical(text) for text in texts])

    def encode_in_context(self, texts: Sequence[str], contexts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, dim) float32 like `encode_passages`, each text read after its context, for models tuned so.

        The context becomes the first of the two segments of the input; an empty one is left out. Where both are longer
        than the model reads, the longer one is cut.
        """
        pairs = zip(map(canonical, contexts), map(canonical, texts), strict=True)
        return self._encoded([(context, text) if context else text for context, text in pairs])

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n, dim) float32 like `encode_passages`, each text after the query instruction."""
        return self.encode_passages([self._query_instruction + text for text in texts])

    def _encoded(self, inputs: Sequence[str | tuple[str, str]]) -> NDArray[np.float32]:
        """Return a vector for each input, encoded alone.

        Eight-bit weights come with one scale for the numbers of a whole batch, so that in a batch a text's vector would
        depend on its neighbours (cosine .99), and with it the answer. Alone it costs a fifth more; a text for each core
        at once is faster again than a text shared by the cores (500 against 300 a second on two).
        """
        encodings = self._tokenizer.encode_batch(list(inputs))
        first = list((self._pool.map if len(inputs) > 1 else map)(self._first_token, encodings))
        return normalised_rows(np.array(first, dtype=np.float32).reshape(len(inputs), self._dim))

    def _first_token(self, encoding: Encoding) -> NDArray[np.float32]:
        tokens = dict(zip(INPUTS, (encoding.ids, encoding.attention_mask, encoding.type_ids), strict=True))
        inputs = {name: np.array([tokens[name]], dtype=np.int64) for name in self._inputs}
        vector: NDArray[np.float32] = self._session.run(["last_hidden_state"], inputs)[0][0, 0]
        return vector


def normalised_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows divided by their Euclidean length; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)


def verified_checksums(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the SHA-256 of each named file as SHA256SUMS gives it, after comparing it with the file's own.

    Raises ModelUnavailable where the folder or a file is missing, ModelDamaged where a checksum differs.
    """
    expected = read_checksums(folder)
    for name in names:
        if not (folder / name).is_file():
            raise ModelUnavailable(f"{folder} has no {name}; give a model folder that holds {', '.join(names)}")
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if expected.get(name) != found:
            raise ModelDamaged(
                f"{folder / name} has SHA-256 {found[:12]}…, {CHECKSUMS} says {str(expected.get(name))[:12]}…; "
                "install it again"
            )
    return {name: expected[name] for name in names}


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that SHA256SUMS names, by its path.

    Raises ModelUnavailable without that list, ModelDamaged for one that is none.
    """
    path = folder / CHECKSUMS
    if not path.is_file():
        raise ModelUnavailable(f"{folder} is no ONNX model folder: it has no {CHECKSUMS}")
    with _damage(path):
        pairs = [line.split(maxsplit=1) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return {name.strip().lstrip("*").removeprefix("./"): digest for digest, name in pairs}


@contextlib.contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Turn whatever reading a file of the model's raises into ModelDamaged; what the system says of it stays."""
    try:
        yield
    except (OSError, MemoryError):
        raise
    except Exception as error:
        # Of every kind: onnxruntime and tokenizers have their own, the latter also plain ones.
        raise ModelDamaged(f"{path} cannot be read ({type(error).__name__}: {error}); install it again") from error


def _open_tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(max_length=MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer


def _open_session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Warnings about a machine's graphics devices would land among our own messages.
    options.log_severity_level = 3
    # Adding and normalising in one node is six times as slow as in two (118 against 26 microseconds for 48 tokens).
    slow = ["SkipLayerNormFusion"]
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=slow
    )
