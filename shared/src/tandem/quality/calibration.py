"""Calibration of confidence: of the labels with confidence 0.8, are eight in ten right?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from tandem.quality.additive import Additive

BINS = 10
LEAST_OF_EACH = 10
"""Minimum number of right and of wrong labels; with fewer of either nothing can be said of how they are ranked."""


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


@dataclass(frozen=True, slots=True)
class Ranking:
    """The share of pairs of a right and a wrong label of which the right one has the higher confidence (the AUC)."""

    area: float
    """0.5: confidence says nothing; below: it is reversed."""
    low: float
    """Lower end of its 95 % interval."""
    high: float


@dataclass(slots=True)
class ReliabilitySums(Additive):
    """Sums for a calibration, label by label. `bins`: the number of bins."""

    counts: list[int] = field(default_factory=lambda: [0] * BINS)
    confidences: list[float] = field(default_factory=lambda: [0.0] * BINS)
    """Sum of the confidences in each bin."""
    right: list[int] = field(default_factory=lambda: [0] * BINS)

    def see(self, confidence: float, *, is_right: bool) -> None:
        bins = len(self.counts)
        index = min(int(confidence * bins), bins - 1)
        self.counts[index] += 1
        self.confidences[index] += confidence
        self.right[index] += is_right

    def ranking(self) -> Ranking | None:
        """Return how well confidence separates right labels from wrong ones; None with fewer of either than
        `LEAST_OF_EACH`.

        Labels of one bin count as equal. The standard error is Hanley and McNeil's ("The Meaning and Use of the Area
        under a ROC Curve", Radiology 143, 1982).
        """
        right, wrong = sum(self.right), sum(self.counts) - sum(self.right)
        if min(right, wrong) < LEAST_OF_EACH:
            return None
        wins, wrong_below = 0.0, 0
        for members, members_right in zip(self.counts, self.right, strict=True):
            members_wrong = members - members_right
            wins += members_right * (wrong_below + members_wrong / 2)
            wrong_below += members_wrong
        area = wins / (right * wrong)
        of_two_right, of_two_wrong = area / (2 - area), 2 * area * area / (1 + area)
        variance = area * (1 - area) + (right - 1) * (of_two_right - area**2) + (wrong - 1) * (of_two_wrong - area**2)
        half = 1.96 * math.sqrt(max(0.0, variance) / (right * wrong))
        return Ranking(area, max(0.0, area - half), min(1.0, area + half))

    def calibration(self) -> Calibration:
        bins, count = len(self.counts), sum(self.counts)
        table, gaps = [], []
        for index, members in enumerate(self.counts):
            mean = self.confidences[index] / members if members else None
            accuracy = self.right[index] / members if members else None
            table.append(Bin(index / bins, (index + 1) / bins, members, mean, accuracy))
            gaps.append(abs(self.confidences[index] - self.right[index]))
        return Calibration(tuple(table), count, math.fsum(gaps) / count if count else None)


def calibration(judged: Iterable[tuple[float, bool]], *, bins: int = BINS) -> Calibration:
    """Compute a calibration. `judged`: the confidence of each label, and whether it is right."""
    reliability = ReliabilitySums([0] * bins, [0.0] * bins, [0] * bins)
    for confidence, is_right in judged:
        reliability.see(confidence, is_right=is_right)
    return reliability.calibration()
