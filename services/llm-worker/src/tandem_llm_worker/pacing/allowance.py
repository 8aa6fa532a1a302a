"""Rates that this worker may use of an account: the believed limits, its share of them, and lessons of refusals."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from tandem_llm_worker.pacing.buckets import Rates
from tandem_llm_worker.pacing.charging import Charging
from tandem_llm_worker.pacing.discovery import Discovery
from tandem_llm_worker.pacing.headers import LimitReadings
from tandem_llm_worker.pacing.limits import MINUTE, AccountLimits
from tandem_llm_worker.pacing.periods import Period

HEADROOM = 0.996
"""Fraction that is used of a limit that cannot be observed: clocks differ, and windows begin at unknown times."""
LEFT_SECONDS = 0.25
"""Target of the remaining amount at the provider, in seconds of the limit: enough for calls that arrive together."""
TRIM_PER_SECOND = 0.2
"""Rise of the rate, as a fraction, for each remaining second beyond that target, so that what a worker left unused is
not lost. It is far below one in the time of a call, so that many workers that see the same figure, late, do not
oscillate together."""
MOST_FASTER, MOST_SLOWER = 0.05, 0.05
LEAST_SHARE = 0.01
"""Smallest share of the account from which anything is concluded about the whole."""
_SAME = 0.98
_SAME_SHARE = 0.05


class Allowance:
    """Rates of this worker as of now, in units a second.

    Configured limits are corrected by the provider's headers, always downwards. Where neither gives a limit, or calls
    are refused nevertheless, the rate is discovered. A discovered rate is calculated for the whole account, of which
    this worker uses its share; so it stays valid when workers come and go, and workers can report it to each other.
    """

    def __init__(self, limits: AccountLimits) -> None:
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
        self._periods = [Period() for _ in self._configured]
        self._discovery = Discovery()
        self._is_stated = False
        """True if headers report how many requests the account accepts."""

    @property
    def share(self) -> float:
        """Return the share of the account, from 0 to 1, that this worker holds."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        if abs(share - self._share) > _SAME_SHARE * self._share:
            for charging in self._charging:
                charging.forget()
        self._share = share

    @property
    def found(self) -> float | None:
        """Return the calls a second that the account was found to accept; None as long as nothing was refused."""
        return self._discovery.found

    @property
    def most_in_flight(self) -> float:
        """Return the in-flight limit; infinity where a rate is known."""
        if any(rate is not None for rate in self.believed):
            return inf
        return self._discovery.most_in_flight(self.share)

    @property
    def rate_to_report(self) -> float | None:
        """Return the found calls a second for the other workers; None where they are a guess."""
        return self._discovery.rate_to_report

    def adopt(self, found: float, now: float) -> None:
        """Adopt the rate that another worker found the account to accept, where it adds to what is known here."""
        bound = self.believed.requests
        if self.rate_to_report is None and (bound is None or found < bound * HEADROOM):
            self._discovery.adopt(found, now)

    @property
    def whole(self) -> Rates:
        """Return the rates that all workers together may use of the account."""
        return self._of_a_share(1.0)

    @property
    def rates(self) -> Rates:
        return self._of_a_share(self._share)

    def _of_a_share(self, share: float) -> Rates:
        parts = zip(self.believed, self._trims, self._charging, strict=True)
        rates = Rates(
            *(None if rate is None else rate * trim * share / charged.factor for rate, trim, charged in parts)
        )
        if self.found is None:
            return rates
        found = self.found * share
        return rates._replace(requests=found if rates.requests is None else min(rates.requests, found))

    def sent(self, now: float) -> None:
        """Record that a call begins."""
        self._discovery.sent(now)

    def accepted(self, now: float) -> None:
        bound = self.believed.requests
        self._discovery.accepted(now, self._share, None if bound is None else bound * HEADROOM)

    def refused(self, now: float) -> bool:
        """Record a refusal. Return whether this worker is to pause."""
        return self._discovery.refused(now, self.whole.requests, stated=self._is_stated)

    def record_total(self, worker: str, total: float, now: float) -> None:
        """Record another worker's calls since it started, excluding refused ones."""
        self._discovery.record_total(worker, total, now)

    def adopt_refused(self, found: float, now: float) -> bool:
        """Record the limit that another worker found when it was refused. Return whether the rate was cut."""
        bound = self.believed.requests
        return self._discovery.adopt_refused(found, now, None if bound is None else bound * HEADROOM)

    def observe(self, readings: LimitReadings, now: float, used: Sequence[float] = ()) -> None:
        """Apply readings of the provider's headers.

        `used`: the amount of each kind counted for this worker's calls since the beginning; empty: not known.
        """
        believed = []
        for kind, (configured, each) in enumerate(zip(self._configured, readings, strict=True)):
            # the limit of a day says nothing about a minute
            reading = None if each is None or self._periods[kind].is_day(each) else each
            said = configured if reading is None or reading.limit is None else reading.limit / MINUTE
            believed.append(_lower(configured, said))
            if kind == 0:
                self._is_stated = reading is not None and reading.limit is not None
            if reading is None or said is None or (configured is not None and configured < _SAME * said):
                # not observed, or configured below what the account allows: the remaining amount is not for this fleet
                self._trims[kind] = HEADROOM
            else:
                left = reading.remaining / said
                self._trims[kind] = _trim(left)
                if kind and used and self._share > LEAST_SHARE:
                    self._charging[kind].observe(left, used[kind] / (said * self._share), now)
        self.believed = Rates(*believed)


def _per_second(per_minute: float | None) -> float | None:
    return None if per_minute is None else per_minute / MINUTE


def _lower(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _trim(seconds_left: float) -> float:
    return 1.0 + max(-MOST_SLOWER, min(MOST_FASTER, TRIM_PER_SECOND * (seconds_left - LEFT_SECONDS)))
