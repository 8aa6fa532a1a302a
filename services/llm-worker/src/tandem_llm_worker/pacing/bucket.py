"""Bucket that refills continuously: the arithmetic of even spacing."""

from __future__ import annotations

from math import inf

BURST_SECONDS = 0.25
"""Capacity of a bucket, in seconds of its rate: enough that a stall of the process costs nothing, too little for a
noticeable burst."""
DEEPEST_DEBT_SECONDS = 60.0
_EPSILON = 1e-9


class Bucket:
    """Units that refill at `rate` a second, up to `burst_seconds` of it, but at least `smallest`.

    More than the bucket holds may be taken when it is full; the level then goes below zero, and the long-run rate
    still holds. With a rate of zero nothing can be taken. A new bucket holds the `smallest` alone.
    """

    __slots__ = ("_burst_seconds", "_smallest", "_updated", "capacity", "level", "rate")

    def __init__(self, rate: float, *, now: float, smallest: float = 1.0, burst_seconds: float = BURST_SECONDS) -> None:
        self._smallest = smallest
        self._burst_seconds = burst_seconds
        self._updated = now
        self.rate = rate
        self.capacity = max(smallest, rate * burst_seconds)
        self.level = min(smallest, self.capacity)

    def set_rate(self, rate: float, now: float) -> None:
        if rate == self.rate:
            return
        self.refill(now)
        self.rate = rate
        self.capacity = max(self._smallest, rate * self._burst_seconds)
        self.level = min(self.level, self.capacity)

    def wait_for(self, amount: float, now: float) -> float:
        """Return the seconds until `amount` may be taken at the present rate; 0 for at once, infinity for never."""
        if self.rate <= 0.0:
            return inf
        self.refill(now)
        missing = min(amount, self.capacity) - self.level
        return missing / self.rate if missing > _EPSILON else 0.0

    def take(self, amount: float, now: float) -> None:
        self.refill(now)
        self.level -= amount

    def give_back(self, amount: float, now: float) -> None:
        """Return what was taken and not used; a negative amount takes what was used beyond it."""
        self.refill(now)
        self.level = max(min(self.capacity, self.level + amount), -DEEPEST_DEBT_SECONDS * self.rate - self._smallest)

    def refill(self, now: float) -> None:
        if now > self._updated:
            self.level = min(self.capacity, self.level + (now - self._updated) * self.rate)
            self._updated = now

    def scale(self, rate: float, now: float) -> None:
        """Change the rate and, in proportion, what is in the bucket."""
        self.refill(now)
        factor = rate / self.rate if self.rate > 0.0 else 1.0
        self.level *= factor
        self.set_rate(rate, now)
