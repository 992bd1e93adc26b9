"""What else than the cosine might tell a paraphrase from another sentence on its topic: rules tried on authored pairs.

Each text of a pair is looked for among the sources and a quarter of the classifier's examples, as in a corpus of that
size, and so are other examples, which copy nobody. What is likest, and no edit, is judged by one figure. A threshold is
put, on one half of the sources, where no sentence of the same topic and one in a hundred of the others passes, and
measured on the other half; then the halves change places.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.overlap import EDITED, edit_score, marked, told

NEIGHBOURS = 10
LOOKED_AT = 30
FALSE_ALARMS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Texts with their vectors, (n, dim) each, by the encoder of search and by that of the classifier."""

    texts: Sequence[str]
    searched: NDArray[np.float32]
    classified: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The likest sentence of the corpus, and what is known of the two.

    `ahead` is how much nearer it is than the next one, `back` how much nearer the text is to it than its own nearest,
    `crowd` the sum of the mean cosines of both with their ten nearest, `held` the share of the text's pairs it holds.
    """

    place: int
    cosine: float
    classified: float
    ahead: float
    back: float
    crowd: float
    held: float


RULES: Mapping[str, Callable[[Nearest], float]] = {
    "cosine": lambda near: near.cosine,
    "cosine of the classifier's vectors": lambda near: near.classified,
    "both cosines": lambda near: near.cosine + near.classified,
    "cosine and share held": lambda near: near.cosine + near.held,
    "ahead of the next": lambda near: near.ahead,
    "ahead of both's next (mutual)": lambda near: min(near.ahead, near.back),
    "cosine, and ahead of both's next": lambda near: near.cosine + 2 * min(near.ahead, near.back),
    "twice the cosine less both's crowds": lambda near: 2 * near.cosine - near.crowd,
}


class Corpus:
    """Texts that others are looked for among."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        best = np.concatenate([
            np.sort(texts.searched[at : at + 1000] @ texts.searched.T, axis=1)[:, -NEIGHBOURS - 1 : -1]
            for at in range(0, len(texts.texts), 1000)
        ])  # without the text itself
        self._own_nearest, self._crowds = best[:, -1], best.mean(axis=1)

    def nearest(self, text: str, searched: NDArray[np.float32], classified: NDArray[np.float32]) -> Nearest:
        """Return the likest that is no edit."""
        cosines = self._texts.searched @ searched
        order = np.argsort(-cosines)[:LOOKED_AT].tolist()
        others = [place for place in order if edited(text, self._texts.texts[place]) < EDITED]
        first, second = others[:2]
        return Nearest(
            place=first,
            cosine=float(cosines[first]),
            classified=float(self._texts.classified[first] @ classified),
            ahead=float(cosines[first] - cosines[second]),
            back=float(cosines[first] - self._own_nearest[first]),
            crowd=float(cosines[others[:NEIGHBOURS]].mean() + self._crowds[first]),
            held=edited(text, self._texts.texts[first]),
        )


def edited(text: str, other: str) -> float:
    """Return how much of the one the other holds, without set phrases."""
    own, theirs = told(text), told(other)
    return edit_score(own, theirs, set_phrases=(marked(len(own.characters), ()), marked(len(theirs.characters), ())))


def compared(
    paraphrases: Sequence[tuple[int, Nearest]], topics: Sequence[tuple[int, Nearest]], others: Sequence[Nearest]
) -> dict[str, dict[str, float]]:
    """Return for each rule how many paraphrases and topics it takes for copies, and the share of the others.

    A paraphrase or topic comes with the place of its source; a paraphrase counts where that is what was found.
    """
    figures: dict[str, dict[str, float]] = {}
    for name, rule in RULES.items():
        found, wrong, alarms = 0, 0, []
        for half in (0, 1):
            known = [rule(near) for source, near in topics if source % 2 == half]
            alike = [rule(near) for near in others[half::2]]
            least = max(*known, float(np.quantile(alike, 1 - FALSE_ALARMS)))
            judged = [(near.place == source, rule(near)) for source, near in paraphrases if source % 2 != half]
            found += sum(right and score > least for right, score in judged)
            wrong += sum(rule(near) > least for source, near in topics if source % 2 != half)
            alarms += [rule(near) > least for near in others[1 - half :: 2]]
        figures[name] = {"found": found, "topics": wrong, "others": round(float(np.mean(alarms)), 3)}
    return figures
