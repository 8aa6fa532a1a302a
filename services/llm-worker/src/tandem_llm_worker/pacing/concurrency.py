"""In-flight limit of calls: lower while calls time out, higher again as they are answered."""

from __future__ import annotations

BACK_OFF = 0.5
"""Fraction of the bound that remains after a cut."""
MOST_TIMED_OUT = 0.2
"""Fraction of the recently ended calls that may time out before the bound is cut. A few calls that hang, at a provider
that answers the others, say nothing about its load."""
FEWEST_TIMED_OUT = 2
_LEAST_MEMORY = 4


class Concurrency:
    """In-flight limit that is halved when too many calls time out, and raised as calls are answered.

    It rises by one with each answer (twice as many a round) up to the level of the last cut, and by one a round above,
    as TCP does. Calls that were under way at a cut do not cause another.
    """

    def __init__(self, most: int) -> None:
        self._highest = most
        self.most = most
        """In-flight limit."""
        self._bound = float(most)
        self._threshold = float(most)
        self._keep = 1.0 - 1.0 / max(_LEAST_MEMORY, most)
        self._cut_at = float("-inf")
        self._timed_out = 0.0
        self._answered = 0.0

    def answered(self) -> None:
        """Record that a call was answered."""
        self._fade()
        self._answered += 1.0
        if self._bound < self._highest:
            step = 1.0 if self._bound < self._threshold else 1.0 / self._bound
            self._set(min(float(self._highest), self._bound + step))

    def timed_out(self, began: float, now: float) -> bool:
        """Record that a call which began at `began` timed out. Returns whether fewer calls are allowed from now on."""
        if began < self._cut_at:
            return False
        self._fade()
        self._timed_out += 1.0
        share = self._timed_out / (self._timed_out + self._answered)
        if self._timed_out < FEWEST_TIMED_OUT - 0.5 or share < MOST_TIMED_OUT:
            return False
        self._threshold = max(1.0, self._bound * BACK_OFF)
        self._set(self._threshold)
        self._forget(now)
        return True

    def restart(self, now: float) -> None:
        """Restart with one call: the account was down, and what brought it down may come again."""
        self._threshold = max(1.0, min(self._threshold, self._bound))
        self._set(1.0)
        self._forget(now)

    def _set(self, bound: float) -> None:
        self._bound, self.most = bound, int(bound)

    def _forget(self, now: float) -> None:
        self._cut_at = now
        self._timed_out = self._answered = 0.0

    def _fade(self) -> None:
        self._timed_out *= self._keep
        self._answered *= self._keep
