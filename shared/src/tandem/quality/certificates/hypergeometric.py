"""Compute hypergeometric probabilities by the ratio of neighbouring terms, normalized over the whole support.

The ratio P(x + 1) / P(x) = (marked - x)(drawn - x) / ((x + 1)(size - marked - drawn + x + 1)) needs no factorials, so a
population of a million loses no digits: logarithms of factorials would lose eight of sixteen.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_NEGLIGIBLE = 1e-22
"""A term that is smaller than this share of the largest one ends the sum; what is left out is far below rounding."""


class Pmf(NamedTuple):
    """The probabilities of `first`, `first` + 1, …; those of all other values are below 1e-20."""

    first: int
    probabilities: Sequence[float]


@lru_cache(maxsize=4096)
def hypergeometric(size: int, marked: int, drawn: int) -> Pmf:
    """Return the distribution of the marked ones among `drawn` records of `size`, of which `marked` are marked."""
    lowest, highest = max(0, drawn + marked - size), min(marked, drawn)
    mode = min(highest, max(lowest, (marked + 1) * (drawn + 1) // (size + 2)))
    rest = size - marked - drawn
    above, term, x = [1.0], 1.0, mode
    while x < highest:
        term *= (marked - x) * (drawn - x) / ((x + 1) * (rest + x + 1))
        if term < _NEGLIGIBLE:
            break
        above.append(term)
        x += 1
    below, term, x = [], 1.0, mode
    while x > lowest:
        term *= x * (rest + x) / ((marked - x + 1) * (drawn - x + 1))
        if term < _NEGLIGIBLE:
            break
        below.append(term)
        x -= 1
    below.reverse()
    terms = below + above
    total = 0.0
    for term in terms:
        total += term
    return Pmf(x, [term / total for term in terms])


def at_most(size: int, marked: int, drawn: int, x: int) -> float:
    """Return the probability that at most `x` of the `drawn` records are marked."""
    first, probabilities = hypergeometric(size, marked, drawn)
    total = 0.0
    for probability in probabilities[: max(0, x - first + 1)]:
        total += probability
    return total
