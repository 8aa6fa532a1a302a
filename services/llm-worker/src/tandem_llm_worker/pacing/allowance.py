"""What this worker may take of an account: the believed limits, its share of them, and what refusals taught."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from math import inf

from tandem_llm_worker.pacing.buckets import Rates
from tandem_llm_worker.pacing.charging import Charging
from tandem_llm_worker.pacing.headers import Readings
from tandem_llm_worker.pacing.limits import MINUTE, Limits

HEADROOM = 0.996
"""Clocks differ and windows begin where they like: a limit that cannot be watched is not used to the last call."""
LEFT_SECONDS = 0.25
"""What is to be left at the provider, in seconds of the limit: enough for calls that arrive together."""
TRIM_PER_SECOND = 0.2
"""For each second that is left beyond that, so much faster: what some worker missed is not lost. Far below one in the
time of a call, so that many workers who see the same figure, late, do not swing together."""
MOST_FASTER, MOST_SLOWER = 0.05, 0.05
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
BLIND_GROWTH = 1.0
FIRST = 5.0
"""Calls a second to begin with when the first calls were refused before any was answered: nothing is known then, and
it is found out by doubling every second."""
MOST_AHEAD = 3.0
"""Of the rate that is made use of: beyond that, going well says nothing."""
LEAST = 0.1
FEW = 3
FIRST_IN_FLIGHT = 16
"""Calls under way at first where nothing is known of any limit; one more for each that is accepted."""
LEAST_SHARE = 0.01
"""Of a smaller part than this nothing is concluded about the whole."""
_SAME = 0.98
_SAME_SHARE = 0.05


class Allowance:
    """Rates of this worker as of now, in units a second.

    Configured limits are corrected by the provider's headers, always downwards. Where neither says anything, calls
    double in each round until the first refusal; from then on what was accepted while calls were refused is taken for
    the limit, and tried upwards again, the longer it goes well the faster. What is found is reckoned for the whole
    account, of which this worker uses its share; so it holds when workers come and go, and they can tell each other.
    """

    def __init__(self, limits: Limits) -> None:
        self._configured = Rates(
            _per_second(limits.requests_per_minute),
            _per_second(limits.tokens_per_minute),
            _per_second(limits.input_tokens_per_minute),
            _per_second(limits.output_tokens_per_minute),
        )
        self.believed = self._configured
        self._share = 1.0
        self._charging = [Charging() for _ in self._configured]
        self._trims = [HEADROOM] * len(self._configured)
        self._found: float | None = None
        """Calls a second that the account was found to take; None as long as nothing was refused."""
        self._blind = True
        self._window = float(FIRST_IN_FLIGHT)
        self._grown = 0.0
        self._cut_at = -CUT_SECONDS
        self._accepted: deque[float] = deque()

    @property
    def share(self) -> float:
        """Of the account, from 0 to 1, that this worker holds."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        if abs(share - self._share) > _SAME_SHARE * self._share:
            for charging in self._charging:
                charging.forget()
        self._share = share

    @property
    def found(self) -> float | None:
        """Calls a second that the account took when this worker was last refused, and what it tried since."""
        return self._found

    @property
    def most_in_flight(self) -> float:
        """Calls that may be under way; no bound where a rate is known."""
        if self._found is not None or any(rate is not None for rate in self.believed):
            return inf
        return max(1.0, self._window * self.share)

    def adopt(self, found: float) -> None:
        """Begin with what another worker found the account to take, where that says more than is known here."""
        bound = self.believed.requests
        if self._found is None and (bound is None or found < bound * HEADROOM):
            self._found = found
            self._blind = False

    @property
    def rates(self) -> Rates:
        share = self.share
        parts = zip(self.believed, self._trims, self._charging, strict=True)
        rates = Rates(
            *(None if rate is None else rate * trim * share / charged.factor for rate, trim, charged in parts)
        )
        if self._found is None:
            return rates
        found = self._found * share
        return rates._replace(requests=found if rates.requests is None else min(rates.requests, found))

    def accepted(self, now: float) -> None:
        self._forget(now)
        self._accepted.append(now)
        whole = 1.0 / max(LEAST_SHARE, self.share)
        if self._found is None:
            self._window += whole
            return
        calm = (now - self._cut_at) / CAREFUL_SECONDS
        growth = BLIND_GROWTH if self._blind else min(FASTEST_GROWTH, SLOWEST_GROWTH * 2.0 ** min(calm, 10.0))
        if self._found <= MOST_AHEAD * max(FIRST, whole * len(self._accepted) / WINDOW_SECONDS):
            self._found *= 1.0 + growth * max(0.0, min(1.0, now - self._grown))
        self._grown = now
        bound = self.believed.requests
        if bound is not None and self._found > bound * HEADROOM:
            self._found = None

    def refused(self, now: float) -> None:
        if now - self._cut_at < CUT_SECONDS:
            return
        self._forget(now)
        got = len(self._accepted)
        bound = self.rates.requests
        if got >= FEW:
            self._blind = False
            rate = BELOW * got / max(CUT_SECONDS, min(WINDOW_SECONDS, now - self._accepted[0]))
            if bound is not None:
                # not far at once for a single refusal, nor upwards
                rate = max(bound / 2.0, min(rate, bound * BELOW))
        else:
            rate = FIRST if bound is None else bound / 2.0
        self._found = max(LEAST, rate) / max(LEAST_SHARE, self.share)
        self._cut_at = self._grown = now

    def observe(self, readings: Readings, now: float, used: Sequence[float] = ()) -> None:
        """`used`: what this worker's calls were counted for since the beginning, of each kind; nothing: not known."""
        believed = []
        for kind, (configured, reading) in enumerate(zip(self._configured, readings, strict=True)):
            said = configured if reading is None or reading.limit is None else reading.limit / MINUTE
            believed.append(_lower(configured, said))
            if reading is None or said is None or (configured is not None and configured < _SAME * said):
                # unwatched, or less than the account allows is wanted: what is left there is not for this fleet
                self._trims[kind] = HEADROOM
            else:
                left = reading.remaining / said
                self._trims[kind] = _trim(left)
                if kind and used and self._share > LEAST_SHARE:
                    self._charging[kind].observe(left, used[kind] / (said * self._share), now)
        self.believed = Rates(*believed)

    def _forget(self, now: float) -> None:
        while self._accepted and self._accepted[0] < now - WINDOW_SECONDS:
            self._accepted.popleft()


def _per_second(per_minute: float | None) -> float | None:
    return None if per_minute is None else per_minute / MINUTE


def _lower(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _trim(seconds_left: float) -> float:
    return 1.0 + max(-MOST_SLOWER, min(MOST_FASTER, TRIM_PER_SECOND * (seconds_left - LEFT_SECONDS)))
