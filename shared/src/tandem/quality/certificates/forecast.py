"""Forecast how many looks it takes from here: by more audits, or by more corrections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tandem.quality.certificates.boundary import NEVER
from tandem.quality.certificates.corrections import CorrectionOrder
from tandem.quality.certificates.risk import share

PRIOR_AUDITS = 30
"""Weight of the fitted risk, in audits, beside the audits themselves."""


class Forecast(NamedTuple):
    """The look forecast to be the cheapest to close at, and the looks (reads of people) from here until then."""

    look: int
    reads: float


def forecast(
    order: CorrectionOrder,
    beyond: Sequence[float],
    *,
    size: int,
    audited: int,
    looks: Sequence[int],
    allowances: Sequence[int],
    start: int,
    pieces: int = 6,
) -> Forecast:
    """Return the cheapest look from `start` on.

    `beyond`: scores of the wrong audits beyond the cut among the first `audited`; `looks`, `allowances`: the schedule.
    """
    scores = sorted(beyond, reverse=True)
    cut, left, place = order.passed, 0.0, 0
    curve = []  # at each cut: records passed, expected wrong records beyond, wrong audits beyond
    chunks = order.chunks(pieces)
    for score, count in chunks:
        left += count * share(score)
    curve.append((cut, left, len(scores)))
    for at, (score, count) in enumerate(chunks):
        cut += count
        left -= count * share(score)
        while place < len(scores) and scores[place] >= score:
            place += 1
        if at + 1 < len(chunks) and chunks[at + 1][0] == score:
            continue  # equal scores are one stretch, on which the wrong audits lie anywhere
        curve.append((cut, max(0.0, left), len(scores) - place))
    best = Forecast(start, float("inf"))
    for look in range(start, len(looks)):
        allowed = allowances[look]
        if allowed == NEVER:
            continue
        more = looks[look] - audited
        needed = _needed(curve, size, audited, more, allowed)
        reads = more * (1 - order.passed / size) + (needed - order.passed) * (1 - looks[look] / size)
        if reads < best.reads:
            best = Forecast(look, reads)
    return best


def _needed(curve: Sequence[tuple[int, float, int]], size: int, audited: int, more: int, allowed: int) -> float:
    """Return the cut at which as many wrong audits beyond it are expected as are allowed."""
    before: tuple[float, float] | None = None
    for cut, left, wrong in curve:
        fresh = (wrong + PRIOR_AUDITS * left / size) / (audited + PRIOR_AUDITS) * more
        expected = wrong + fresh
        if expected <= allowed:
            if before is None:
                return cut
            at, higher = before
            return at + (cut - at) * (higher - allowed) / (higher - expected)
        before = cut, expected
    return curve[-1][0]
