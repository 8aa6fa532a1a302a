"""Ways of pacing that know nothing of the other workers nor of headers, to compare with: AIMD and CUBIC.

Each finds its rate by what is refused, as congestion control does. They take the limiter's place in a simulated worker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Clock = Callable[[], float]

FIRST_RATE = 12.5
"""Calls a second at first: the eighth part of what the account allows."""
LEAST_RATE = 0.5
ONE_CUT_SECONDS = 1.0
"""Refusals within this time of a cut belong to it."""


class Paced:
    """Calls evenly spaced at a rate that moves."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = asyncio.Lock()
        self._last = clock()
        self._grown = self._cut_at = clock()
        self.rate = FIRST_RATE

    async def reserve(self) -> AbstractContextManager[None]:
        async with self._turn:
            wait = self._last + 1.0 / self.rate - self._clock()
            if wait > 0.0:
                await asyncio.sleep(wait)
            self._last = self._clock()
        return nullcontext()

    def accepted(self) -> None:
        now = self._clock()
        self.rate = self._grow(now - self._grown, now - self._cut_at)
        self._grown = now

    def refused(self, _retry_after: float) -> None:
        now = self._clock()
        if now - self._cut_at > ONE_CUT_SECONDS:
            self.rate = max(LEAST_RATE, self._cut())
            self._cut_at = self._grown = now

    def _grow(self, passed: float, since_cut: float) -> float:
        """Return the rate now, `passed` seconds after the last question for it."""
        raise NotImplementedError

    def _cut(self) -> float:
        raise NotImplementedError


class Aimd(Paced):
    """Additive increase, multiplicative decrease."""

    STEP = 0.2
    """Calls a second more, each second."""
    FACTOR = 0.7

    def _grow(self, passed: float, since_cut: float) -> float:  # noqa: ARG002 - the line is straight
        return self.rate + self.STEP * passed

    def _cut(self) -> float:
        return self.rate * self.FACTOR


class Cubic(Paced):
    """Back to the rate of the last refusal along a cubic, and beyond it (RFC 9438, with rates for windows)."""

    C = 0.4
    BETA = 0.7
    _most = FIRST_RATE

    def _grow(self, passed: float, since_cut: float) -> float:  # noqa: ARG002 - the curve goes by the time of the cut
        inflection: float = (self._most * (1.0 - self.BETA) / self.C) ** (1.0 / 3.0)
        return max(LEAST_RATE, self.C * (since_cut - inflection) ** 3 + self._most)

    def _cut(self) -> float:
        self._most = self.rate
        return self.rate * self.BETA
