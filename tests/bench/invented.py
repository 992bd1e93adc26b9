"""A million sentences as such reports have them, from a seed: clauses of our own examples × stock phrases × slots.

The genre repeats itself, so this does too: stock openings and clauses come by Zipf's law, a twentieth of all sentences
are word-for-word repetitions, and every sentence has variants that differ in a unit, a time, a figure or a phrase.

Encoding a million sentences takes hours on an office machine. So only the bases and some variants are encoded; the
vector of every further variant is that of its base, moved by the difference that such a change made to the vector of
another sentence. So neighbourhoods are crowded, as those of real variants are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.datasets import bundled_example_files, load_examples
from models.taxonomy import load_taxonomy

OPENINGS = (
    *(
        "今年以来，",
        "任现职以来，",
        "近年来，",
        "一段时间以来，",
        "对照要求，",
        "总的来看，",
        "在实际工作中，",
        "坦率地讲，",
    ),
    *(
        "从检视的情况看，",
        "与先进典型相比，",
        "对照党章党规，",
        "结合个人思想和工作实际，",
        "通过谈心谈话，",
        "在日常工作中，",
    ),
    *(
        "虽然也做了一些工作，但",
        "尽管主观上想做好，但",
        "随着工作年限的增长，",
        "由于事务性工作较多，",
        "经过深刻反思，",
    ),
    *(
        "在前阶段集中学习的基础上，",
        "在征求意见的过程中，有同志指出，",
        "面对新形势新任务，",
        "从严从实剖析，",
        "说到底，",
    ),
)
CLOSINGS = (
    *(
        "与组织的要求还有一定差距。",
        "效果不够明显。",
        "没有真正落到实处。",
        "这一点必须认真反省。",
        "需要在今后加以改进。",
    ),
    *(
        "这方面还有不小的提升空间。",
        "群众对此有意见。",
        "思想根子还在自己身上。",
        "今后务必引以为戒。",
        "整改还不够彻底。",
    ),
)
UNITS = (
    *(
        "县农业农村局",
        "市住建局",
        "镇党政办",
        "街道社区科",
        "区教育局",
        "县医院党总支",
        "市交投公司",
        "乡财政所",
        "区信访局",
    ),
    *(
        "县委党校",
        "市场监管所",
        "区税务分局",
        "开发区管委会",
        "县供销社",
        "市图书馆",
        "县水务局",
        "区民政局",
        "街道综治中心",
    ),
)
TIMES = ("去年三季度", "上半年", "2022年下半年", "疫情期间", "换届以来", "主题教育中", "2023年", "今年春节前后", "汛期")
SWAPS = (
    *(
        ("不够", "还不够"),
        ("存在", "仍然存在"),
        ("没有", "没能"),
        ("工作", "业务工作"),
        ("同志", "干部"),
        ("学习", "学习教育"),
    ),
    *(
        ("认真", "扎实"),
        ("要求", "标准"),
        ("群众", "老百姓"),
        ("问题", "短板"),
        ("深入", "深入细致"),
        ("主动", "积极主动"),
    ),
)
ZIPF = 1.05
REPEATED = 0.05
NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """Sentences with their vectors (n, dim); the first `encoded` vectors are the encoder's own, the others derived."""

    texts: list[str]
    vectors: NDArray[np.float32]
    encoded: int


def bases(count: int, *, seed: int) -> list[str]:
    """Return `count` distinct sentences, composed of clauses of the examples that share dimension and role."""
    rng = np.random.default_rng(seed)
    themes = list(_clauses())
    made: dict[str, None] = {}
    while len(made) < count:
        clauses = _clauses()[themes[rng.integers(len(themes))]]
        picked = [clauses[_zipf(rng, len(clauses))] for _ in range(rng.choice((1, 2, 2, 3, 3, 4)))]
        opening = OPENINGS[_zipf(rng, len(OPENINGS))] if rng.random() < 0.5 else ""
        closing = "，" + CLOSINGS[_zipf(rng, len(CLOSINGS))] if rng.random() < 0.3 else "。"
        made.setdefault(opening + "，".join(dict.fromkeys(picked)) + closing)
    return list(made)


def varied(text: str, rng: np.random.Generator) -> str:
    """Return a sentence with one or two of its parts changed: figures, a word, an opening, a unit or a time."""
    for _ in range(rng.integers(1, 3)):
        text = _CHANGES[rng.integers(len(_CHANGES))](text, rng)
    return text


def variants(texts: Sequence[str], *, seed: int) -> list[str]:
    """Return a variant of every text."""
    rng = np.random.default_rng(seed + 1)
    return [varied(text, rng) for text in texts]


def multiplied(
    texts: Sequence[str],
    vectors: NDArray[np.float32],
    differences: NDArray[np.float32],
    *,
    count: int,
    seed: int,
) -> Invented:
    """Return `count` sentences: the texts with their vectors, then variants of texts that Zipf's law picks.

    `differences` holds what changes did to vectors of encoded sentences, one a row.
    """
    rng = np.random.default_rng(seed + 2)
    order = rng.permutation(len(texts))
    sources = order[_zipf_many(rng, len(texts), count - len(texts), exponent=0.6)]
    repeated = rng.random(len(sources)) < REPEATED
    moves = rng.integers(len(differences), size=len(sources))
    more = [
        texts[at] if again else varied(texts[at], rng)
        for at, again in zip(sources.tolist(), repeated.tolist(), strict=True)
    ]
    every = np.empty((count, vectors.shape[1]), dtype=np.float32)
    every[: len(texts)] = vectors
    for first in range(0, len(sources), 50_000):
        part = slice(first, first + 50_000)
        moved = vectors[sources[part]] + differences[moves[part]] * ~repeated[part, None]
        every[len(texts) :][part] = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return Invented(texts=[*texts, *more], vectors=every, encoded=len(texts))


@cache
def _clauses() -> dict[tuple[str | None, str | None], list[str]]:
    """Return the clauses of the examples by dimension and role, in the order of the files."""
    found: dict[tuple[str | None, str | None], dict[str, None]] = {}
    for example in load_examples(bundled_example_files(), load_taxonomy()):
        if example.domain:
            of_theme = found.setdefault((example.primary, example.role), {})
            of_theme.update(
                dict.fromkeys(clause for clause in re.split("[，。；：！？]", example.text) if len(clause) > 4)
            )
    return {theme: list(clauses) for theme, clauses in found.items() if len(clauses) > 200}


def _zipf(rng: np.random.Generator, count: int) -> int:
    return int(_zipf_many(rng, count, 1, exponent=ZIPF)[0])


def _zipf_many(rng: np.random.Generator, count: int, draws: int, *, exponent: float) -> NDArray[np.int64]:
    return np.searchsorted(_cumulative(count, exponent), rng.random(draws)).clip(max=count - 1)


@cache
def _cumulative(count: int, exponent: float) -> NDArray[np.float64]:
    # The offset keeps the very first clauses from being half of everything.
    weights = 1 / np.arange(5, count + 5) ** exponent
    return np.cumsum(weights) / weights.sum()


def _other_figures(text: str, rng: np.random.Generator) -> str:
    changed = NUMBER.sub(lambda figure: str(rng.integers(1, 10 ** min(len(figure[0]), 6))), text)
    return changed if changed != text else _at_a_time(text, rng)


def _at_a_time(text: str, rng: np.random.Generator) -> str:
    return f"{TIMES[rng.integers(len(TIMES))]}，{text}"


def _in_a_unit(text: str, rng: np.random.Generator) -> str:
    return f"在{UNITS[rng.integers(len(UNITS))]}工作期间，{text}"


def _other_opening(text: str, rng: np.random.Generator) -> str:
    kept = next((text[len(opening) :] for opening in OPENINGS if text.startswith(opening)), text)
    return OPENINGS[rng.integers(len(OPENINGS))] + kept


def _other_word(text: str, rng: np.random.Generator) -> str:
    word, other = SWAPS[rng.integers(len(SWAPS))]
    return text.replace(word, other, 1) if word in text else _at_a_time(text, rng)


def _other_closing(text: str, rng: np.random.Generator) -> str:
    return f"{text.rstrip('。')}，{CLOSINGS[rng.integers(len(CLOSINGS))]}"


_CHANGES = (_other_figures, _at_a_time, _in_a_unit, _other_opening, _other_word, _other_closing)
