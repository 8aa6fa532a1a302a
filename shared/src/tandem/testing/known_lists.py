"""A model that answers with lists (several labels, several spans), of which the probabilities are known.

Each label belongs to a record, or each span has a label, independently of the others; so the probability of every
answer that the model might give follows, and with it what it reports of its tokens (`known_model`).
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import product

from tandem.events import Span, TokenLogprob
from tandem.labeling.reading import Place, Reading, Rule
from tandem.testing.known_model import LABELS, TOKENIZERS, Tokenizer, by_surroundings, reported

Layout = Callable[[tuple[str, ...]], str]

LIST_LAYOUTS: dict[str, Layout] = {
    "json": lambda labels: json.dumps({"labels": labels}),
    "dense json": lambda labels: json.dumps({"labels": labels}, separators=(",", ":")),
    "json over lines": lambda labels: json.dumps({"labels": labels}, indent=2),
    "line": lambda labels: f"labels: {', '.join(labels) or 'none'}\n",
}
"""Forms of an answer that gives several labels."""
LIST_TOKENIZERS: dict[str, Tokenizer] = {name: cut for name, cut in TOKENIZERS.items() if name != "cut anywhere"} | {
    f"by surroundings {seed}": partial(by_surroundings, seed=seed) for seed in (1, 2, 3)
}
MENTIONS = ("Ada", "Paris")
_SETS = tuple(
    tuple(label for label, chosen in zip(LABELS, pick, strict=True) if chosen)
    for pick in product((False, True), repeat=len(LABELS))
)
_LABELINGS = (*product(LABELS, repeat=len(MENTIONS)), ())
SPAN_LAYOUTS: dict[str, Callable[[tuple[str, ...]], str]] = {
    "json": lambda labels: json.dumps({"spans": _spans_as_json(labels)}),
    "dense json": lambda labels: json.dumps({"spans": _spans_as_json(labels)}, separators=(",", ":")),
    "json over lines": lambda labels: json.dumps({"spans": _spans_as_json(labels)}, indent=1),
}


@dataclass(frozen=True, slots=True)
class KnownList:
    """An answer of the model, and what is true: `right` was drawn from the same probabilities as the answer."""

    answer: str
    tokens: Sequence[TokenLogprob]
    reading: Reading
    said: tuple[str, ...]
    right: tuple[str, ...]
    truth: tuple[Mapping[str, float], ...]
    """True probabilities. For a set: one mapping, label to the probability that it belongs. For spans: a distribution
    for each span."""
    probability: float
    """The true one, of the whole answer."""


def drawn_sets(
    count: int,
    *,
    tokenizer: Tokenizer,
    layout: str,
    top: int | None,
    seed: int,
    sharpness: float = 2.5,
    dependence: float = 0.0,
) -> Iterator[KnownList]:
    """Answers with several of LABELS, listed in their order.

    `dependence`: how much likelier or less likely some sets are than their labels taken by themselves.
    """
    chance = random.Random(seed)  # noqa: S311 - a simulation
    write = LIST_LAYOUTS[layout]
    cut = cache(tokenizer)
    for _ in range(count):
        truth = {label: 1 / (1 + math.exp(-sharpness * chance.gauss(-0.3, 1))) for label in LABELS}
        shares = {labels: _share(labels, truth) for labels in _SETS}
        if dependence:
            weights = {labels: share * math.exp(dependence * chance.gauss(0, 1)) for labels, share in shares.items()}
            total = math.fsum(weights.values())
            shares = {labels: weight / total for labels, weight in weights.items()}
            truth = {label: math.fsum(shares[labels] for labels in _SETS if label in labels) for label in LABELS}
        said, right = chance.choices(_SETS, list(shares.values()), k=2)
        answer = write(said)
        tokens = reported({write(labels): share for labels, share in shares.items()}, answer, cut, top=top)
        reading = Reading(said, Rule.STRUCTURED, _places(answer, said), in_json=layout != "line")
        yield KnownList(answer, tokens, reading, said, right, (truth,), shares[said])


def drawn_spans(
    count: int, *, tokenizer: Tokenizer, layout: str, top: int | None, seed: int, sharpness: float = 2.5
) -> Iterator[KnownList]:
    """Answers that label each of MENTIONS, or hold no span at all."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    write = SPAN_LAYOUTS[layout]
    cut = cache(tokenizer)
    for _ in range(count):
        truth = tuple(_distribution(chance, sharpness) for _ in MENTIONS)
        empty = chance.random() ** 3
        shares = {
            labels: (1 - empty) * math.prod(truth[at][label] for at, label in enumerate(labels)) if labels else empty
            for labels in _LABELINGS
        }
        said, right = chance.choices(_LABELINGS, list(shares.values()), k=2)
        answer = write(said)
        tokens = reported({write(labels): share for labels, share in shares.items()}, answer, cut, top=top)
        spans = tuple(
            Span(field="text", start=10 * at, end=10 * at + len(mention), text=mention, label=label)
            for at, (mention, label) in enumerate(zip(MENTIONS, said, strict=False))
        )
        reading = Reading(spans, Rule.STRUCTURED, _places(answer, said), in_json=True)
        yield KnownList(answer, tokens, reading, said, right, truth if said else (), shares[said])


def _share(labels: Sequence[str], truth: Mapping[str, float]) -> float:
    return math.prod(share if label in labels else 1 - share for label, share in truth.items())


def _distribution(chance: random.Random, sharpness: float) -> dict[str, float]:
    weights = [math.exp(sharpness * chance.gauss(0, 1)) for _ in LABELS]
    total = math.fsum(weights)
    return {label: weight / total for label, weight in zip(LABELS, weights, strict=True)}


def _spans_as_json(labels: Sequence[str]) -> list[dict[str, str]]:
    return [{"text": mention, "label": label} for mention, label in zip(MENTIONS, labels, strict=False)]


def _places(answer: str, labels: Sequence[str]) -> tuple[Place, ...]:
    """Return the places of the labels, which the answer holds in this order, after its first colon."""
    places, at = [], answer.index(":")
    for label in labels:
        quoted = answer.find(f'"{label}"', at)
        start = quoted + 1 if quoted != -1 else answer.index(label, at)
        places.append((start, start + len(label)))
        at = start + len(label)
    return tuple(places)
