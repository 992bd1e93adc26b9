"""How well copies are told from other sentences on the same topic: authored pairs, and the samples against each other.

    python -m tests.bench.bench_overlap [--encoder FOLDER] [--output FILE]

The pairs are `tests/data/copies.jsonl`: a source, a text, and what was done to it (`topic` is no copy). They are split
by source into halves: the first chooses both thresholds, the second measures. A threshold is put where no sentence of
the same topic passes, halfway to the tenth of the copies that are hardest to see; that of paraphrases must also stay
above the nearest neighbours of the sources among a quarter of the classifier's examples, which copy nobody: at most one
in a hundred may pass.

`paraphrases among others` tells how rules do in a corpus, see `paraphrase_rules.py`.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.overlap import EDITED, LEAST_OWN, PARAPHRASED, Likeness, likeness, told
from models.artifacts import BUNDLED_HEAD, load_classifier
from models.datasets import bundled_example_files, load_examples
from models.embedders import BUNDLED, Embedder, load_embedder
from models.taxonomy import load_taxonomy
from tests.bench.paraphrase_rules import Corpus, Nearest, Texts, compared, edited

PAIRS = Path(__file__).parents[1] / "data" / "copies.jsonl"
FALSE_ALARMS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An authored pair with its two figures."""

    kind: str
    source: str
    text: str
    edit: float
    cosine: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default=BUNDLED)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    embedder = load_embedder(arguments.encoder)
    pairs = read_pairs(embedder)
    sources = sorted({pair.source for pair in pairs})
    chooses = set(sources[::2])
    choosing = [pair for pair in pairs if pair.source in chooses]
    measuring = [pair for pair in pairs if pair.source not in chooses]
    examples = [example.text for example in load_examples(bundled_example_files(), load_taxonomy())]
    nearest = nearest_examples(embedder, sources, examples[::4])
    figures = {
        "encoder": embedder.fingerprint,
        "pairs": len(pairs),
        "copies": sum(pair.kind != "topic" for pair in pairs),
        "threshold of edits, chosen / in use": [chosen_edit(choosing), EDITED],
        "threshold of paraphrases, chosen / in use": [chosen_cosine(choosing, nearest), PARAPHRASED],
        "found, by what was done (second half)": found(measuring),
        "found, by what was done (all)": found(pairs),
        "nearest examples taken for paraphrases": round(float((nearest >= PARAPHRASED).mean()), 3),
        "paraphrases among others": among_others(embedder, pairs, sources, examples),
    }
    text = json.dumps(figures, ensure_ascii=False, indent=1)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")


def read_pairs(embedder: Embedder) -> list[Pair]:
    rows = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    sources = embedder.encode_passages([row["source"] for row in rows])
    texts = embedder.encode_passages([row["text"] for row in rows])
    cosines = (sources * texts).sum(axis=1).tolist()
    return [
        Pair(**row, edit=edited(row["text"], row["source"]), cosine=cosine)
        for row, cosine in zip(rows, cosines, strict=True)
    ]


def chosen_edit(pairs: Sequence[Pair]) -> float:
    """Return the middle between the likest topic and the tenth of the edits that is least like."""
    topics = max(pair.edit for pair in pairs if pair.kind == "topic")
    edits = [pair.edit for pair in pairs if pair.kind not in ("topic", "paraphrase")]
    return round(float(topics + np.quantile(edits, 0.1)) / 2, 2)


def chosen_cosine(pairs: Sequence[Pair], nearest: np.ndarray) -> float:
    """Return what no topic and one in a hundred nearest examples reaches."""
    topics = max(pair.cosine for pair in pairs if pair.kind == "topic")
    return round(float(max(topics, np.quantile(nearest, 1 - FALSE_ALARMS))) + 0.005, 2)


def among_others(
    embedder: Embedder, pairs: Sequence[Pair], sources: Sequence[str], examples: Sequence[str]
) -> dict[str, object]:
    """Return how rules tell paraphrases from sentences on their topic, and from examples that copy nobody."""
    classifier = load_classifier(BUNDLED_HEAD, shared=lambda: embedder.fingerprint)

    def encoded(texts: Sequence[str]) -> Texts:
        classified = classifier.encoder.encode_in_context(texts, [""] * len(texts))
        return Texts(texts=texts, searched=embedder.encode_passages(texts), classified=classified)

    corpus = Corpus(encoded([*sources, *examples[::4]]))

    def near(texts: Sequence[str]) -> list[Nearest]:
        made = encoded(texts)
        return [corpus.nearest(*one) for one in zip(texts, made.searched, made.classified, strict=True)]

    asked = {
        kind: [
            (sources.index(pair.source), nearest)
            for pair, nearest in zip(chosen, near([pair.text for pair in chosen]), strict=True)
        ]
        for kind in ("paraphrase", "topic")
        if (chosen := [pair for pair in pairs if pair.kind == kind])
    }
    others = near([text for text in examples[2::40] if len(told(text).characters) >= LEAST_OWN])
    return {
        "sentences": len(sources) + len(examples[::4]),
        "paraphrases": len(asked["paraphrase"]),
        "the source is what is nearest": sum(source == nearest.place for source, nearest in asked["paraphrase"]),
        "topics": len(asked["topic"]),
        "others": len(others),
        "others taken for paraphrases": round(float(np.mean([one.cosine >= PARAPHRASED for one in others])), 3),
        "rules": compared(asked["paraphrase"], asked["topic"], others),
    }


def nearest_examples(embedder: Embedder, sources: Sequence[str], examples: Sequence[str]) -> np.ndarray:
    """Return the cosine of each source with the nearest example."""
    vectors = embedder.encode_passages(examples)
    return (embedder.encode_passages(sources) @ vectors.T).max(axis=1)


def found(pairs: Sequence[Pair]) -> dict[str, dict[str, object]]:
    """Return for each thing that was done how many pairs there are and as what they are taken."""
    taken: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        alike = _likeness(pair)
        taken[pair.kind].append(alike.kind if alike else "")
    return {
        kind: {
            "pairs": len(kinds),
            "taken for a copy": round(sum(map(bool, kinds)) / len(kinds), 3),
            **{name: kinds.count(name) for name in ("verbatim", "edited", "paraphrase")},
        }
        for kind, kinds in taken.items()
    }


def _likeness(pair: Pair) -> Likeness | None:
    own, other = told(pair.text), told(pair.source)
    marks = _none(own.characters), _none(other.characters)
    return likeness(own, other, cosine=pair.cosine, set_phrases=marks)


def _none(characters: str) -> np.ndarray:
    return np.zeros(len(characters), dtype=np.bool_)


if __name__ == "__main__":
    main()
