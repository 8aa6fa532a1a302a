"""Compute the boundary: how many wrong audits beyond the cut each look allows.

Let the claim be false at a look with n audits and the allowance a: more than M0 records beyond the cut are missed,
and at most a of the audits beyond it are wrong. List the wrong records from the end of the correction order
backwards. Of the first M0 + 1 + a of this list, at most a lie among the first n of the audit order
(docs/certificates.md has the proof). The list does not depend on the audit order, so that number is hypergeometric,
whatever is wrong and wherever the cut lies.

From look to look the list grows and more of it is drawn. How many of it are drawn is a Markov chain, so the probability
that any look so far goes wrong is computed exactly, and each allowance is the largest that keeps it within what the
levels of the looks so far add up to.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from tandem.quality.certificates.hypergeometric import at_most, hypergeometric

NEVER = -1
"""The allowance of a look at which nothing can be certified."""
_ROUNDING = 1 - 1e-9
"""Levels are multiplied by this, so that no rounding makes an allowance larger than it may be."""
_DROPPED = 1e-17
"""States of the chain that are less likely than this count as gone wrong, which only lowers the allowances."""
_FAR = 9
"""Distance below the mean, in its square roots, at which a hypergeometric tail is below exp(-_FAR² / 2) < 1e-17
(Chernoff)."""


def allowance(size: int, tolerated: int, audits: int, level: float) -> int:
    """Return the largest number of wrong audits that a single look at `audits` records allows; NEVER for none.

    `size`: records of the population; `tolerated`: how many may be missed (M0); `level`: the probability that the claim
    may be false.
    """
    found = NEVER
    low, high = 0, min(audits, size - tolerated - 1)
    while low <= high:
        middle = (low + high) // 2
        if at_most(size, tolerated + 1 + middle, audits, middle) <= level * _ROUNDING:
            found, low = middle, middle + 1
        else:
            high = middle - 1
    return found


def boundary(size: int, tolerated: int, looks: Sequence[int], levels: Sequence[float]) -> list[int]:
    """Return the allowance of each look; NEVER where nothing can be certified.

    `looks`: increasing numbers of audits, at most `size`; `levels`: the part of alpha that each look adds. Raises
    ValueError for looks that do not increase, and where there are not as many levels as looks.
    """
    if len(looks) != len(levels) or any(level < 0 for level in levels):
        raise ValueError("each look needs one level of 0 or more")
    if any(one >= other for one, other in pairwise(looks)) or not 0 < looks[0] <= looks[-1] <= size:
        raise ValueError(f"looks must increase from at least 1 to at most {size}: {list(looks)}")
    return list(_boundary(size, tolerated, tuple(looks), tuple(levels)))


@lru_cache(maxsize=1024)
def _boundary(size: int, tolerated: int, looks: tuple[int, ...], levels: tuple[float, ...]) -> tuple[int, ...]:
    if tolerated >= size:  # nothing can make the claim false
        return tuple(looks)
    chain = _Chain(size, tolerated, highest=allowance(size, tolerated, looks[-1], _running_total(levels)))
    granted, found = 0.0, []
    for audits, level in zip(looks, levels, strict=True):
        granted += level
        found.append(chain.advance(audits, granted * _ROUNDING))
    return tuple(found)


class _Chain:
    """Distribution of how many of the list lie among the audits, over all ways in which no look went wrong so far."""

    def __init__(self, size: int, tolerated: int, highest: int) -> None:
        self._size, self._tolerated, self._highest = size, tolerated, highest
        self._audits = self._listed = 0
        self._allowed = NEVER
        self._spent = 0.0
        self._first, self._states = 0, [1.0]

    def advance(self, audits: int, granted: float) -> int:
        """Move to the look at `audits`; return its allowance: the largest that spends at most `granted` so far."""
        low = self._allowed
        high = max(low, min(self._highest, allowance(self._size, self._tolerated, audits, granted)))
        while low < high:
            middle = (low + high + 1) // 2
            if self._spent + self._going_wrong(audits, middle) <= granted:
                low = middle
            else:
                high = middle - 1
        if low == NEVER:
            return NEVER  # the chain starts with the first look that can certify
        self._move(audits, low)
        return low

    def _going_wrong(self, audits: int, allowed: int) -> float:
        """Return the probability of the first false certificate at this look, were it to allow `allowed`."""
        listed = self._tolerated + 1 + allowed
        first, states = self._lengthened(listed, allowed)
        total, left, drawn = 0.0, self._size - self._audits, audits - self._audits
        for place, probability in enumerate(states):
            if probability < _DROPPED:
                total += probability
                continue
            held = first + place
            mean = drawn * (listed - held) / left
            if allowed - held < mean - _FAR * (mean + 1) ** 0.5:
                total += _DROPPED
            else:
                total += probability * at_most(left, listed - held, drawn, allowed - held)
        return total

    def _lengthened(self, listed: int, highest: int) -> tuple[int, list[float]]:
        """Return the chain after the list has grown to `listed` records, up to the state `highest`."""
        added = listed - self._listed
        if self._audits == 0:  # before the first look nothing is drawn
            return 0, [1.0]
        states = [0.0] * max(0, min(highest - self._first + 1, len(self._states) + added))
        for place, probability in enumerate(self._states[: len(states)]):
            held = self._first + place
            first, drawn = hypergeometric(self._size - self._listed, self._audits - held, added)
            start = place + first
            for offset, share in enumerate(drawn[: max(0, len(states) - start)]):
                states[start + offset] += probability * share
        return self._first, states

    def _move(self, audits: int, allowed: int) -> None:
        listed = self._tolerated + 1 + allowed
        first, states = self._lengthened(listed, self._highest)
        moved = [0.0] * max(0, self._highest - first + 1)
        for place, probability in enumerate(states):
            start, drawn = hypergeometric(self._size - self._audits, listed - first - place, audits - self._audits)
            at = place + start
            for offset, share in enumerate(drawn[: max(0, len(moved) - at)]):
                moved[at + offset] += probability * share
        gone = max(0, allowed + 1 - first)
        for probability in moved[:gone]:
            self._spent += probability
        kept = [place for place, probability in enumerate(moved) if place >= gone and probability >= _DROPPED]
        start, end = (kept[0], kept[-1] + 1) if kept else (gone, gone)
        for probability in moved[gone:start] + moved[end:]:
            self._spent += probability
        self._first, self._states = first + start, moved[start:end]
        self._audits, self._listed, self._allowed = audits, listed, allowed


def _running_total(levels: Sequence[float]) -> float:
    total = 0.0
    for level in levels:
        total += level
    return total
