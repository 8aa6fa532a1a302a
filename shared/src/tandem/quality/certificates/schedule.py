"""The schedule of looks: at how many audits one may close, and which part of alpha each look may spend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tandem.quality.certificates.boundary import NEVER, allowance, boundary
from tandem.quality.certificates.risk import share

GROWTH = 1.3
"""Ratio of the audits of neighbouring looks."""
BEFORE, AFTER = 5, 6
"""Looks before and after the main look."""
MAIN_SHARE = 0.6
"""The main look's share of alpha; the other looks share the rest evenly."""
LEAST_MAIN_LOOK = 40
WRONG_AT_MAIN_LOOK = 15
"""Wrong audits, at the claimed share, expected by the main look when there is no plan."""
_PLANNED_GROWTH = 1.12
_EARLIER = 0.75
"""The main look comes this much earlier than the number of audits that is best on average: later looks are there."""


class Schedule(NamedTuple):
    """Numbers of audits at which one may close (increasing), the part of alpha of each, and what each allows.

    `allowances`: wrong audits beyond the cut; NEVER (-1) where the look cannot close.
    """

    looks: tuple[int, ...]
    levels: tuple[float, ...]
    allowances: tuple[int, ...]


def default_main_look(size: int, error: float) -> int:
    """Return the audits of the main look where nothing is known: 15 / `error`, between 40 and a quarter of `size`."""
    return max(1, min(max(LEAST_MAIN_LOOK, round(WRONG_AT_MAIN_LOOK / error)), size // 4))


def make_schedule(size: int, tolerated: int, main: int, alpha: float) -> Schedule:
    """Return the looks main · 1.3^j for j = -5 … 6, rounded and within 1 to `size`, with levels and allowances.

    `size`: records of the population; `tolerated`: how many may be missed; `main`: audits of the main look.
    """
    looks = sorted({min(size, max(1, round(main * GROWTH**j))) for j in range(-BEFORE, AFTER + 1)})
    rest = alpha * (1 - MAIN_SHARE) / max(1, len(looks) - 1)
    levels = [alpha if len(looks) == 1 else alpha * MAIN_SHARE if audits == main else rest for audits in looks]
    return Schedule(tuple(looks), tuple(levels), tuple(boundary(size, tolerated, looks, levels)))


def planned_main_look(
    chunks: Sequence[tuple[float, int]], *, passed: int, size: int, tolerated: int, alpha: float, error: float
) -> int:
    """Return the audits of the main look that takes the fewest reads, if records are wrong as often as their risk says.

    `chunks`: (log-odds of being wrong, records) of all that is not passed yet, the riskiest first; `passed`: records of
    the correction order that people decided on.
    """
    curve: list[tuple[int, float]] = [(passed, _expected(chunks))]  # the cut, and the wrong records expected beyond it
    for score, count in chunks:
        cut, left = curve[-1]
        curve.append((cut + count, left - count * share(score)))
    best, fewest = default_main_look(size, error) / _EARLIER, float("inf")
    audits, place = LEAST_MAIN_LOOK, len(curve) - 1
    while audits <= size // 2:
        allowed = allowance(size, tolerated, audits, alpha * MAIN_SHARE)
        if allowed != NEVER:
            bearable = allowed * size / audits
            while place > 0 and curve[place - 1][1] <= bearable:
                place -= 1
            while curve[place][1] > bearable and place < len(curve) - 1:
                place += 1
            needed = _between(curve, place, bearable)
            reads = audits * (1 - passed / size) + (needed - passed) * (1 - audits / size)
            if reads < fewest:
                best, fewest = audits, reads
        audits = int(audits * _PLANNED_GROWTH) + 1
    return max(1, min(max(LEAST_MAIN_LOOK, round(best * _EARLIER)), size // 2))


def _expected(chunks: Sequence[tuple[float, int]]) -> float:
    total = 0.0
    for score, count in chunks:
        total += count * share(score)
    return total


def _between(curve: Sequence[tuple[int, float]], place: int, bearable: float) -> float:
    """Return the cut at which `bearable` wrong records are left, on the straight line to the point before `place`."""
    cut, left = curve[place]
    if place == 0 or left >= bearable:
        return cut
    before, more = curve[place - 1]
    return cut if more <= left else before + (cut - before) * (more - bearable) / (more - left)
