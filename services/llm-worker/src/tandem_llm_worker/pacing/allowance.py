"""What this worker may take of an account: the believed limits, its share of them, and what refusals taught."""

from __future__ import annotations

from collections import deque

from tandem_llm_worker.pacing.buckets import Rates
from tandem_llm_worker.pacing.headers import Reading, Readings
from tandem_llm_worker.pacing.limits import MINUTE, Limits

HEADROOM = 0.996
"""Clocks differ and windows begin where they like: a limit that cannot be watched is not used to the last call."""
CATCHING_UP = 1.03
"""Where the provider says that much is left over, so much faster it is used: what was missed is not lost."""
LEFT_OVER = 0.005
"""Of the limit; below that nothing is left over."""
WINDOW_SECONDS = 2.0
"""Over which accepted calls are counted. While an account refuses, what it accepts is what it allows."""
CUT_SECONDS = 0.5
"""One cut at most in this time: refusals come in flocks, and a flock says one thing."""
BELOW = 0.98
"""Of the rate that was accepted while others were refused, so much is gone on with."""
SLOWEST_GROWTH = 0.003
FASTEST_GROWTH = 0.05
CAREFUL_SECONDS = 8.0
"""Growth a second is the slowest right after a cut, and doubles with each of these that pass without one."""
LEAST = 0.02
FEW = 3


class Allowance:
    """Rates of this worker as of now, in units a second.

    Configured limits are corrected by the provider's headers, always downwards. Where neither says anything, there is
    no limit until the first refusal; from then on what was accepted while calls were refused is taken for the limit,
    and tried upwards again, the longer it goes well the faster.
    """

    def __init__(self, limits: Limits) -> None:
        self._configured = Rates(
            _per_second(limits.requests_per_minute),
            _per_second(limits.tokens_per_minute),
            _per_second(limits.input_tokens_per_minute),
            _per_second(limits.output_tokens_per_minute),
        )
        self.believed = self._configured
        self.share = 1.0
        """Of the account, from 0 to 1, that this worker holds."""
        self._headroom = HEADROOM
        self._found: float | None = None
        """Calls a second that this worker was found to get; None as long as nothing was refused."""
        self._grown = 0.0
        self._cut_at = -CUT_SECONDS
        self._accepted: deque[float] = deque()

    @property
    def found(self) -> float | None:
        """Calls a second that this worker got when it was last refused, and what it tried since."""
        return self._found

    @property
    def rates(self) -> Rates:
        rates = self.believed.times(self._headroom * self.share)
        if self._found is None:
            return rates
        return rates._replace(requests=self._found if rates.requests is None else min(rates.requests, self._found))

    def accepted(self, now: float) -> None:
        self._forget(now)
        self._accepted.append(now)
        if self._found is None:
            return
        calm = (now - self._cut_at) / CAREFUL_SECONDS
        growth = min(FASTEST_GROWTH, SLOWEST_GROWTH * 2.0 ** min(calm, 10.0))
        self._found *= 1.0 + growth * max(0.0, min(1.0, now - self._grown))
        self._grown = now
        bound = self.believed.requests
        if bound is not None and self._found > bound * HEADROOM * self.share:
            self._found = None

    def refused(self, now: float) -> None:
        if now - self._cut_at < CUT_SECONDS:
            return
        self._forget(now)
        got = len(self._accepted)
        bound = self.rates.requests
        if got >= FEW:
            rate = BELOW * got / max(CUT_SECONDS, min(WINDOW_SECONDS, now - self._accepted[0]))
            if bound is not None:
                # not far at once for a single refusal, nor upwards
                rate = max(bound / 2.0, min(rate, bound * BELOW))
        else:
            rate = (bound if bound is not None else got / WINDOW_SECONDS + 1.0) / 2.0
        self._found = max(LEAST, rate)
        self._cut_at = self._grown = now

    def observe(self, readings: Readings, _now: float) -> None:
        said = [reading for reading in readings if reading is not None]
        self._headroom = CATCHING_UP if said and all(_left_over(reading) for reading in said) else HEADROOM
        self.believed = Rates(
            *(
                _lower(rate, None if reading is None else reading.limit / MINUTE)
                for rate, reading in zip(self._configured, readings, strict=True)
            )
        )

    def _forget(self, now: float) -> None:
        while self._accepted and self._accepted[0] < now - WINDOW_SECONDS:
            self._accepted.popleft()


def _per_second(per_minute: float | None) -> float | None:
    return None if per_minute is None else per_minute / MINUTE


def _lower(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _left_over(reading: Reading) -> bool:
    """Whether more has come back than is used. By fixed windows much is left at first, and means nothing; a bucket that
    refills all the time is told by its reset, which is the time in which what is missing comes back."""
    if reading.reset is None or reading.remaining < LEFT_OVER * reading.limit:
        return False
    refill = (reading.limit - reading.remaining) * MINUTE / reading.limit
    return abs(refill - reading.reset) <= 0.1 * refill + 0.1
