"""Watch for drift: bet with each blind read of a drawn label that more labels are wrong than accepted.

With x = 1 for a wrong label and the accepted share p, e = 1 + l · (x - p) is at most 1 on average while the share is at
most p, whatever came before. M = max(M, 1) · e therefore grows only when it is not (the e-CUSUM of Shin, Ramdas and
Rinaldo, "E-detectors", 2023), and an alarm at 1,000 comes after 1,000 reads or more on average if nothing changes.
Three bets l are averaged: a small one sees slow drifts, a large one sudden breaks.

Example: p = 0.05, and from some label on one in four is wrong: the alarm comes after about 30 further reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

BETS = (0.5, 2.0, 6.0)
ALARM = 1000.0


@dataclass(slots=True)
class DriftGuard:
    """Evidence against a share of wrong labels of at most `accepted` (between 0 and 1, both excluded)."""

    accepted: float
    reads: int = 0
    wrong: int = 0
    alarm_after: int | None = None
    """Number of reads after which the first alarm came; None where none came."""
    _values: list[float] = field(default_factory=lambda: [1.0] * len(BETS))

    @property
    def evidence(self) -> float:
        """Return the mean of the bets' values; an alarm at `ALARM`."""
        return sum(self._values) / len(self._values)

    def see(self, *, is_wrong: bool) -> None:
        """Take in one read, in the order in which the labels were made."""
        self.reads += 1
        self.wrong += is_wrong
        for index, bet in enumerate(BETS):
            kept = min(bet, 1 / self.accepted)  # a right label never takes more than there is
            self._values[index] = max(self._values[index], 1.0) * (1 + kept * (is_wrong - self.accepted))
        if self.alarm_after is None and self.evidence >= ALARM:
            self.alarm_after = self.reads


def watched(reads: Iterable[bool], accepted: float) -> DriftGuard:
    """Return the guard after these reads (True: wrong)."""
    guard = DriftGuard(accepted)
    for is_wrong in reads:
        guard.see(is_wrong=is_wrong)
    return guard
