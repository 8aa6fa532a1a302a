"""A model whose label probabilities are known, under tokenizers that cut its answers each in a way of its own.

A tokenizer is a function from a text to its tokens; the same text is always cut the same way, as real ones do. What
the model reports at each token follows from the probabilities of the answers it might still give.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tandem.events import TokenLogprob

Tokenizer = Callable[[str], list[str]]

LABELS = ("entailment", "not_entailment", "neutral", "not_neutral", "very positive")
"""Options that share beginnings, hold one another and have spaces, as real ones do."""
LAYOUTS: dict[str, Callable[[str], str]] = {
    "json": lambda label: json.dumps({"label": label}),
    "dense json": lambda label: json.dumps({"label": label}, separators=(",", ":")),
    "json over lines": lambda label: json.dumps({"label": label}, indent=2),
    "line": lambda label: f"label: {label}\n",
    "bare": lambda label: f"{label}.",
}
"""Forms of an answer that gives a label."""
NUMBERS = ("129.5", "129", "1295", "13", "0.5", "90")
GRID = ("1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5", "5")
"""Numbers that begin one another."""
NUMBER_LAYOUTS: dict[str, Callable[[str], str]] = {
    "json": lambda number: f'{{"label": {number}}}',
    "dense json": lambda number: f'{{"label":{number}}}',
    "json over lines": lambda number: f'{{\n  "label": {number}\n}}',
    "line": lambda number: f"label: {number}\n",
}
"""Forms of an answer that gives a number."""


def fixed(text: str, *, length: int) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


def by_words(text: str) -> list[str]:
    """Split into a word with the blank before it, a run of marks, a digit."""
    return re.findall(r" ?[^\W\d_]+|\d| ?[^\w\s]+|_+|\s+", text)


def sticky(text: str) -> list[str]:
    """Split with the marks before a word as a part of its token: `": "pos`."""
    return re.findall(r"[^\w]*\w{1,3}|\w{1,3}|[^\w]+$", text)


def at_random(text: str, *, seed: int) -> list[str]:
    """Cut anywhere, by the text alone: two answers may part at any place before they differ."""
    chance = random.Random(f"{seed}{text}")  # noqa: S311 - a simulation
    cuts = sorted(chance.sample(range(1, len(text)), k=min(len(text) - 1, chance.randint(0, 8))))
    return [text[i:j] for i, j in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def by_surroundings(text: str, *, seed: int, share: float = 0.4) -> list[str]:
    """Cut anywhere, by the two characters on either side: answers part near where they differ, as with real ones."""
    cuts = [
        at
        for at in range(1, len(text))
        if random.Random(f"{seed}{text[max(0, at - 2) : at + 2]}").random() < share  # noqa: S311 - a simulation
    ]
    return [text[i:j] for i, j in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def greedy(text: str, *, vocabulary: frozenset[str], longest: int) -> list[str]:
    """Split off the longest token of the vocabulary that fits, again and again; single characters where none does."""
    tokens, at = [], 0
    while at < len(text):
        size = next(
            (size for size in range(min(longest, len(text) - at), 1, -1) if text[at : at + size] in vocabulary), 1
        )
        tokens.append(text[at : at + size])
        at += size
    return tokens


def merging(texts: Sequence[str], *, seed: int, size: int = 30) -> Tokenizer:
    """Build a greedy tokenizer whose vocabulary is drawn from these texts."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    vocabulary = set()
    for _ in range(size):
        text = chance.choice(texts)
        at = chance.randrange(len(text))
        vocabulary.add(text[at : at + chance.randint(2, 9)])
    return partial(greedy, vocabulary=frozenset(vocabulary), longest=9)


TOKENIZERS: dict[str, Tokenizer] = {
    "one token": lambda text: [text],
    "characters": partial(fixed, length=1),
    "pairs": partial(fixed, length=2),
    "five characters": partial(fixed, length=5),
    "words": by_words,
    "marks stick to words": sticky,
    "cut anywhere": partial(at_random, seed=1),
    "merged pieces": merging([layout(label) for layout in LAYOUTS.values() for label in LABELS], seed=1),
}


def reported(
    answers: Mapping[str, float], chosen: str, tokenizer: Tokenizer, *, top: int | None = None
) -> list[TokenLogprob]:
    """Return the tokens that the model reports with its answer `chosen`. `answers`: each text it might give, with its
    probability."""
    cut = {text: [*tokenizer(text), "<|end|>"] for text in answers}
    alive = dict(answers)
    tokens = []
    for index, own in enumerate(cut[chosen][:-1]):
        total = math.fsum(alive.values())
        branches: dict[str, float] = {}
        for text, probability in alive.items():
            piece = cut[text][index]
            branches[piece] = branches.get(piece, 0.0) + probability / total
        listed = sorted(branches.items(), key=lambda branch: -branch[1])[:top]
        tokens.append(
            TokenLogprob(
                token=own,
                logprob=math.log(branches[own]),
                top=tuple((piece, math.log(share)) for piece, share in listed),
            )
        )
        alive = {text: probability for text, probability in alive.items() if cut[text][index] == own}
    return tokens


@dataclass(frozen=True, slots=True)
class Known:
    """An answer of the model, and what is true: `right` was drawn from the same probabilities as the answer."""

    answer: str
    tokens: Sequence[TokenLogprob]
    label: str
    right: str
    probability: float
    """The true one, of the label."""


def drawn(
    count: int,
    *,
    tokenizer: Tokenizer,
    layout: Callable[[str], str],
    top: int | None,
    seed: int,
    sharpness: float = 3,
    labels: Sequence[str] = LABELS,
) -> Iterator[Known]:
    """Answers to records, each with probabilities of its own; the higher `sharpness`, the surer the model."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    for _ in range(count):
        weights = [math.exp(sharpness * chance.gauss(0, 1)) for _ in labels]
        total = math.fsum(weights)
        truth = {label: weight / total for label, weight in zip(labels, weights, strict=True)}
        label, right = chance.choices(labels, weights, k=2)
        answers = {layout(each): share for each, share in truth.items()}
        tokens = reported(answers, layout(label), tokenizer, top=top)
        yield Known(layout(label), tokens, label, right, truth[label])


def error_against(told: Iterable[tuple[float, float]], *, bins: int = 10) -> float:
    """Compute the expected calibration error of confidences whose true probabilities are known: `told` pairs each with
    its truth.

    Right answers that are drawn scatter around their probabilities, so that few of them look ill calibrated; these do
    not.
    """
    gaps, count = [0.0] * bins, 0
    for confidence, truth in told:
        gaps[min(bins - 1, int(confidence * bins))] += confidence - truth
        count += 1
    return math.fsum(map(abs, gaps)) / count if count else 0.0
