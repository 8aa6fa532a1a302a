"""Whether confidence means what it says: of the labels with confidence 0.8, are eight in ten right?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Labels whose confidence lies in [lower, upper); the last bin holds 1 too."""

    lower: float
    upper: float
    count: int
    confidence: float | None
    """The mean; None where there are none."""
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """A reliability diagram and what it comes to."""

    bins: tuple[Bin, ...]
    count: int
    error: float | None
    """Expected calibration error: the mean gap between confidence and accuracy of a bin, weighted by its labels."""


def calibration(judged: Iterable[tuple[float, bool]], *, bins: int = BINS) -> Calibration:
    """`judged`: the confidence of each label, and whether it is right."""
    confidences: list[list[float]] = [[] for _ in range(bins)]
    right = [0] * bins
    for confidence, is_right in judged:
        index = min(int(confidence * bins), bins - 1)
        confidences[index].append(confidence)
        right[index] += is_right
    count = sum(map(len, confidences))
    table, gaps = [], []
    for index, members in enumerate(confidences):
        mean = math.fsum(members) / len(members) if members else None
        accuracy = right[index] / len(members) if members else None
        table.append(Bin(index / bins, (index + 1) / bins, len(members), mean, accuracy))
        if mean is not None and accuracy is not None:
            gaps.append(abs(mean - accuracy) * len(members))
    return Calibration(tuple(table), count, math.fsum(gaps) / count if count else None)
