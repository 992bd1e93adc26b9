"""How fast it is beside a plain script: sentence-transformers and scikit-learn with the same encoder, in one run.

    python -m tests.bench.bench_speed [--count 400] [--rounds 3]

Prints one JSON object: sentences a second of both, their ratio, and the wall time of `liuwei classify` and of the
script for one sentence, each as a whole cold process. The texts are unique, made from the sample reports.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from index.archives import expand
from models.datasets import bundled_example_files, load_examples
from models.embedders import BASE_FOLDER
from models.taxonomy import load_taxonomy
from service.demo import SAMPLE
from service.runtime import Runtime, TextInput
from service.settings import load_settings

SENTENCE = "理论学习不够深入，满足于读读文件"
SCRIPT = """
import sys, numpy as np
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression
model = SentenceTransformer(sys.argv[1], device="cpu", model_kwargs={"dtype": "float32"})
head = LogisticRegression(max_iter=1000).fit(model.encode(["学习", "担当"]), [0, 1])
print(head.predict(model.encode([sys.argv[2]])))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    texts = unique_texts(arguments.count)
    ours, theirs = _ours(texts), _theirs(texts)
    pairs = [(_rate(ours, len(texts)), _rate(theirs, len(texts))) for _ in range(arguments.rounds)]
    cold = [(_wall(_our_process()), _wall(_their_process())) for _ in range(arguments.rounds)]
    print(
        json.dumps(
            {
                "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
                "sentences": len(texts),
                "liuwei a second": statistics.median(a for a, _ in pairs),
                "script a second": statistics.median(b for _, b in pairs),
                "times as fast": statistics.median(a / b for a, b in pairs),
                "liuwei cold seconds": statistics.median(a for a, _ in cold),
                "script cold seconds": statistics.median(b for _, b in cold),
                "times as fast, cold": statistics.median(b / a for a, b in cold),
            },
            indent=1,
        )
    )


def unique_texts(count: int) -> list[str]:
    """Return unique sentences of the sample reports' length: their own first, then examples."""
    documents = [source.load().text for source in expand([SAMPLE / "corpus"])]
    pieces = [piece + "。" for text in documents for piece in text.replace("\n", "。").split("。") if len(piece) > 12]
    pieces += [example.text for example in load_examples(bundled_example_files(), load_taxonomy())]
    return list(dict.fromkeys(pieces))[:count]


def _ours(texts: list[str]) -> Callable[[], object]:
    runtime = Runtime(load_settings({"head": "bundled"}))
    runtime.classify([TextInput(text=SENTENCE)])
    return lambda: runtime.classify([TextInput(text=text) for text in texts])


def _theirs(texts: list[str]) -> Callable[[], object]:
    from sentence_transformers import SentenceTransformer
    from sklearn.linear_model import LogisticRegression

    model = SentenceTransformer(str(BASE_FOLDER), device="cpu", model_kwargs={"dtype": "float32"})
    examples = load_examples(bundled_example_files(), load_taxonomy())[:300]
    head = LogisticRegression(max_iter=1000).fit(
        model.encode([example.text for example in examples]), [example.primary for example in examples]
    )
    return lambda: head.predict(model.encode(texts, batch_size=32))


def _rate(run: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    run()
    return count / (time.perf_counter() - start)


def _our_process() -> list[str]:
    return [sys.executable, "-m", "service", "classify", "--head", "bundled", SENTENCE]


def _their_process() -> list[str]:
    return [sys.executable, "-c", SCRIPT, str(BASE_FOLDER), SENTENCE]


def _wall(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[2])
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
