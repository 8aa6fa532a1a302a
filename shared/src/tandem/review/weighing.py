"""Weigh what readers said against a label whose probability of being wrong is known. Pure.

A reader who is right in 80 of 100 cases and contradicts a label that is right in 95 of 100 is probably the one who
errs. With errors spread evenly over the other options, the odds follow from Bayes' rule:

    P(value) ∝ prior(value) · Π over the readers of (accuracy if they said it, else (1 - accuracy) / (options - 1))

Example: three options, a label with risk 0.05, one reader of accuracy 0.8 who says otherwise: the reader's value has
the probability 0.025 · 0.8 / (0.025 · 0.8 + 0.95 · 0.1 + 0.025 · 0.1) = 0.17. A second such reader who agrees with the
first raises it to 0.62.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple


class WeightedRead(NamedTuple):
    """What a reader said, and how often that reader is right (measured on decisions of others, blind)."""

    value: Hashable
    accuracy: float


class Weighed(NamedTuple):
    """The most probable value. `probability`: that it is right."""

    value: Hashable
    probability: float


def weighed(label: Hashable, risk: float, said: Sequence[WeightedRead], *, options: int) -> Weighed:
    """Return the most probable value of a choice among `options`, given the label and what readers said.

    `risk`: the probability that the label is wrong, e.g. corrected by blind decisions. Ties go to the label.
    """
    if options < 2:
        raise ValueError("a choice has at least two options")
    values = [label, *(each.value for each in said)]
    scores: dict[Hashable, float] = {value: _score(value, label, risk, said, options) for value in values}
    unsaid = options - len(scores)
    total = sum(scores.values()) + unsaid * _score(object(), label, risk, said, options)
    best = max(scores, key=lambda value: (scores[value], value == label))
    return Weighed(best, scores[best] / total if total else 0.0)


def _score(value: Hashable, label: Hashable, risk: float, said: Sequence[WeightedRead], options: int) -> float:
    score = 1 - risk if value == label else risk / (options - 1)
    for each in said:
        score *= each.accuracy if each.value == value else (1 - each.accuracy) / (options - 1)
    return score


def accuracies(pairs: Mapping[str, tuple[int, int]], *, prior: tuple[float, float] = (8.0, 2.0)) -> dict[str, float]:
    """Return each reader's accuracy from (right, read), drawn towards that of `prior` while few reads are known."""
    right, wrong = prior
    return {person: (hits + right) / (reads + right + wrong) for person, (hits, reads) in pairs.items()}
