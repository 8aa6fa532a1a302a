"""Sketches of what a stream holds, in memory that does not grow with it; each adds up over stretches of the stream.

They are exact while the stream is small, and say so.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from tandem.quality.additive import Additive

_HASHES = 2**64


def stable_hash(text: str) -> int:
    """Return 64 bits that are the same in every process, spread evenly."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


@dataclass(slots=True)
class Distinct(Additive):
    """Number of different texts: exact up to KEPT, then estimated from the smallest hashes (k minimum values,
    Bar-Yossef et al. 2002) with a standard error of 3 %.
    """

    KEPT = 1024
    hashes: set[int] = field(default_factory=set)

    def see(self, text: str) -> None:
        self.hashes.add(stable_hash(text))
        if len(self.hashes) > 4 * self.KEPT:
            self._prune()

    def add(self, other: Self) -> None:
        self.hashes |= other.hashes
        self._prune()

    @property
    def is_exact(self) -> bool:
        return len(self.hashes) < self.KEPT

    def count(self) -> int:
        if self.is_exact:
            return len(self.hashes)
        self._prune()
        return round((self.KEPT - 1) * _HASHES / max(self.hashes))

    def _prune(self) -> None:
        if len(self.hashes) > self.KEPT:
            self.hashes = set(sorted(self.hashes)[: self.KEPT])


@dataclass(slots=True)
class Top(Additive):
    """The most frequent texts, and at which record each was seen first.

    Where a stretch holds more than KEPT different ones, its rarest are dropped: counts are then at least those shown.
    """

    KEPT = 500
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    """Occurrences of the texts that were dropped."""

    def see(self, text: str, at: int) -> None:
        self.counts[text] += 1
        self.first[text] = min(at, self.first.get(text, at))
        if len(self.counts) > 4 * self.KEPT:
            self._prune()

    def add(self, other: Self) -> None:
        self.counts.update(other.counts)
        for text, at in other.first.items():
            self.first[text] = min(at, self.first.get(text, at))
        self.dropped += other.dropped
        self._prune()

    def most(self, number: int) -> list[tuple[str, int, int]]:
        """Return text, count and first record, the most frequent first."""
        return [(text, count, self.first[text]) for text, count in self._sorted()[:number]]

    def _sorted(self) -> list[tuple[str, int]]:
        return sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))

    def _prune(self) -> None:
        if len(self.counts) > self.KEPT:
            kept = self._sorted()[: self.KEPT]
            self.dropped += self.counts.total() - sum(count for _, count in kept)
            self.counts = Counter(dict(kept))
            self.first = {text: self.first[text] for text, _ in kept}


@dataclass(slots=True)
class Quantiles(Additive):
    """Quantiles of positive numbers to within 1 % of their value: counts in bins that grow by 2 % each."""

    SMALLEST = 1e-4
    counts: Counter[int] = field(default_factory=Counter)
    total: float = 0.0

    def see(self, value: float) -> None:
        self.counts[math.ceil(math.log(max(value, self.SMALLEST)) / _STEP)] += 1
        self.total += value

    @property
    def count(self) -> int:
        return self.counts.total()

    def mean(self) -> float | None:
        return self.total / self.count if self.counts else None

    def at(self, share: float) -> float | None:
        """Return the value that this share of the numbers does not exceed; None where there are none."""
        if not self.counts:
            return None
        wanted, seen = max(1, math.ceil(share * self.count)), 0
        for index in sorted(self.counts):
            seen += self.counts[index]
            if seen >= wanted:
                return math.exp((index - 0.5) * _STEP)
        raise AssertionError("the counts add up")


_STEP = math.log(1.02)


@dataclass(slots=True)
class Extent(Additive):
    """The smallest and the largest number; None where there are none."""

    low: float | None = None
    high: float | None = None

    def see(self, value: float) -> None:
        self._take((value,))

    def add(self, other: Self) -> None:
        self._take(value for value in (other.low, other.high) if value is not None)

    def _take(self, values: Iterable[float]) -> None:
        for value in values:
            self.low = value if self.low is None else min(self.low, value)
            self.high = value if self.high is None else max(self.high, value)


@dataclass(slots=True)
class HashSample(Additive):
    """Up to KEPT of the stream's items, each as likely as any other, drawn by a hash so that every process draws the
    same. It holds all of a stream that is not longer."""

    KEPT = 400
    items: dict[str, str] = field(default_factory=dict)
    """Hash (hexadecimal) to item."""

    def see(self, key: str, item: str) -> None:
        """Offer an item to the sample. `key` names its place in the stream, once only."""
        self.items[f"{stable_hash(key):016x}"] = item
        if len(self.items) > 2 * self.KEPT:
            self._prune()

    def add(self, other: Self) -> None:
        self.items |= other.items
        self._prune()

    def all(self) -> list[str]:
        self._prune()
        return list(self.items.values())

    def _prune(self) -> None:
        if len(self.items) > self.KEPT:
            self.items = {key: self.items[key] for key in sorted(self.items)[: self.KEPT]}
