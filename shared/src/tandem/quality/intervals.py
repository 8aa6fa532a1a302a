"""Intervals and tests: the part of a share or of a difference of shares that may be due to chance."""

from __future__ import annotations

import math

_Z = 1.959963984540054
"""Normal quantile of the 95 % interval."""
_MOST_EXACT = 1000


def wilson(right: int, count: int) -> tuple[float, float] | None:
    """Compute the 95 % interval of a share (Wilson's score interval); None where nothing was counted."""
    if count == 0:
        return None
    share, squared = right / count, _Z * _Z
    centre = (share + squared / (2 * count)) / (1 + squared / count)
    half = _Z / (1 + squared / count) * math.sqrt(share * (1 - share) / count + squared / (4 * count * count))
    return max(0.0, centre - half), min(1.0, centre + half)


def newcombe(first: int, of_first: int, second: int, of_second: int) -> tuple[float, float, float] | None:
    """Return the first share less the second, of different records, and its 95 % interval.

    The interval is Newcombe's hybrid of two score intervals (1998, method 10). None where either counted nothing.
    """
    one, other = wilson(first, of_first), wilson(second, of_second)
    if one is None or other is None:
        return None
    p, q = first / of_first, second / of_second
    below = math.hypot(p - one[0], other[1] - q)
    above = math.hypot(one[1] - p, q - other[0])
    return p - q, max(-1.0, p - q - below), min(1.0, p - q + above)


def mcnemar(first_alone: int, second_alone: int) -> float | None:
    """Compute the p-value of two agents being right equally often, from the records that only one of them has right.

    Exact (binomial, two-sided) up to 1,000 such records, beyond that the corrected chi-square. None without any.
    """
    contested = first_alone + second_alone
    if contested == 0:
        return None
    if contested <= _MOST_EXACT:
        fewer = min(first_alone, second_alone)
        tail = sum(math.comb(contested, number) for number in range(fewer + 1))
        return min(1.0, 2 * tail / (1 << contested))
    statistic = (abs(first_alone - second_alone) - 1) ** 2 / contested
    return math.erfc(math.sqrt(max(0.0, statistic) / 2))


def paired_difference(first_alone: int, second_alone: int, count: int) -> tuple[float, float, float] | None:
    """Return the first less the second of the shares that two agents have right of the same records, and its 95 %
    interval.

    The interval is Agresti and Min's (2005): Wald's with half a record added to each of the four cells.
    """
    if count == 0:
        return None
    one, other, total = first_alone + 0.5, second_alone + 0.5, count + 2.0
    centre = (one - other) / total
    half = _Z * math.sqrt(max(0.0, (one + other) - (one - other) ** 2 / total)) / total
    return (first_alone - second_alone) / count, max(-1.0, centre - half), min(1.0, centre + half)
