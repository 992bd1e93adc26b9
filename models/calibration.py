"""What is chosen on held-out predictions once a head is fitted: its temperature and its thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.classifier import Thresholds, softmax
from models.datasets import Example
from models.taxonomy import Taxonomy

# So many of the reports' own sentences may look off-topic; with 1 %, one news headline in twelve passed for a report.
SURPRISING = 0.02
DOMAIN_LIMITS = (0.02, 0.5)
TEMPERATURES = np.geomspace(0.2, 5.0, 160)
# No second score can lie above a half.
SECONDARY_LIMITS = tuple(step / 100 for step in range(4, 51, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Examples that were not fitted, their dimension logits (n, k) and off-topic logits (n,)."""

    examples: Sequence[Example]
    logits: NDArray[np.float32]
    off_topic: NDArray[np.float32]

    def first(self, count: int) -> "Judged":
        """Return the first `count` of them."""
        return Judged(examples=self.examples[:count], logits=self.logits[:count], off_topic=self.off_topic[:count])


def best_temperature(logits: NDArray[np.float32], columns: NDArray[np.int64]) -> float:
    """Return the temperature with the least log loss (Guo et al. 2017), to within 2 %."""
    losses = [_log_loss(logits / candidate, columns) for candidate in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def best_share(
    logits: NDArray[np.float32],
    beside: NDArray[np.float32],
    columns: NDArray[np.int64],
    shares: Sequence[float],
) -> float:
    """Return the share of `beside` that, added to the logits, leaves the least log loss at its best temperature."""
    sums = (logits + np.float32(share) * beside for share in shares)
    losses = [_log_loss(np.asarray(both / best_temperature(both, columns), np.float32), columns) for both in sums]
    return float(shares[int(np.argmin(losses))])


def chosen_thresholds(judged: Judged, temperature: float, taxonomy: Taxonomy, *, target_accepted: float) -> Thresholds:
    """Return the limits that suit held-out predictions; the margin stays what it is by default.

    `confidence` is the lowest above which `target_accepted` of the predictions on reports would be accepted, `domain`
    the off-topic chance that 2 % of the reports' own sentences exceed (those of no dimension aside: they are `none`
    either way), `secondary` the limit with the best F1.
    """
    inside = np.array([example.domain for example in judged.examples])
    about = np.array([example.domain and example.primary != taxonomy.none_code for example in judged.examples])
    if not about.any():
        return Thresholds()
    examples = [example for example in judged.examples if example.domain]
    scores = softmax(judged.logits[inside] / temperature)
    accepted = accepted_codes(examples, taxonomy)
    right = accepted[np.arange(len(scores)), scores.argmax(axis=1)]
    default = Thresholds()
    several = any(example.secondary for example in examples)
    secondary = _secondary_limit(scores, accepted, taxonomy) if several else default.secondary
    return replace(
        default,
        confidence=lowest_sufficient(scores.max(axis=1), right, target=target_accepted),
        domain=_domain_limit(judged.off_topic[about]),
        secondary=secondary,
    )


def lowest_sufficient(confidence: NDArray[np.float32], right: NDArray[np.bool_], *, target: float) -> float:
    """Return the lowest threshold above which at least `target` of the predictions are right.

    Never above the median: a classifier that refuses more than half is of no use, and says so by its metrics.
    """
    order = np.argsort(-confidence)
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= target)
    last = max(int(enough[-1]) if len(enough) else 0, len(order) // 2)
    return float(confidence[order][last])


def best_secondary(scores: NDArray[np.float32], accepted: NDArray[np.bool_]) -> float:
    """Return the limit whose secondary labels have the best F1; the lower one of two that are equal.

    Both are (n, k). Secondary is every dimension but the best guess whose score reaches the limit; right are those
    that a reviewer would accept beside the best guess.
    """
    others = np.ones_like(accepted)
    others[np.arange(len(scores)), scores.argmax(axis=1)] = False
    figures = [_f1((scores >= limit) & others, accepted & others) for limit in SECONDARY_LIMITS]
    return SECONDARY_LIMITS[int(np.argmax(figures))]


def accepted_codes(examples: Sequence[Example], taxonomy: Taxonomy) -> NDArray[np.bool_]:
    """Return (n, k): which dimensions a reviewer would accept for each example."""
    rows = [[code in example.accepted for code in taxonomy.codes] for example in examples]
    return np.array(rows, dtype=bool).reshape(len(rows), len(taxonomy.codes))


def _log_loss(logits: NDArray[np.float32], columns: NDArray[np.int64]) -> float:
    chosen = softmax(logits)[np.arange(len(columns)), columns]
    return float(-np.log(np.maximum(chosen, 1e-9)).mean())


def _domain_limit(off_topic: NDArray[np.float32]) -> float:
    """Return the off-topic chance that 2 % of these sentences of reports exceed, within limits."""
    chances = 1 / (1 + np.exp(-off_topic))
    return float(np.clip(np.quantile(chances, 1 - SURPRISING), *DOMAIN_LIMITS))


def _secondary_limit(scores: NDArray[np.float32], accepted: NDArray[np.bool_], taxonomy: Taxonomy) -> float:
    """Return the best limit for secondary labels, of which `none` is never one."""
    if taxonomy.none_code not in taxonomy.codes:
        return best_secondary(scores, accepted)
    none = taxonomy.codes.index(taxonomy.none_code)
    shown = np.ones_like(accepted)
    shown[:, none] = scores.argmax(axis=1) == none
    return best_secondary(scores * shown, accepted & shown)


def _f1(given: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> float:
    both = int((given & wanted).sum())
    return 2 * both / (int(given.sum()) + int(wanted.sum())) if both else 0.0
