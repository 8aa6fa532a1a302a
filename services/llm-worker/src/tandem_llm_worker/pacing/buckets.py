"""Buckets of an account, one for each kind of limit: a call takes what it needs from all of them, or waits."""

from __future__ import annotations

from typing import NamedTuple

from tandem_llm_worker.pacing.bucket import Bucket
from tandem_llm_worker.pacing.limits import DAY, AccountLimits, Need

_CHANGE = 0.002
"""Smallest relative change of a rate that is applied."""


class Rates(NamedTuple):
    """Rates, in units a second, of the four kinds of limit. None: not limited, as far as is known."""

    requests: float | None = None
    tokens: float | None = None
    input_tokens: float | None = None
    output_tokens: float | None = None

    def times(self, factor: float) -> Rates:
        return Rates(*(None if rate is None else rate * factor for rate in self))


class Buckets:
    """Buckets of all limits of an account.

    Paced buckets follow `set_rates`; buckets of a day start full, since a day's worth may be used in an hour.
    """

    def __init__(self, limits: AccountLimits, rates: Rates, now: float) -> None:
        self._paced: list[Bucket | None] = [None if rate is None else Bucket(rate, now=now) for rate in rates]
        self._limits = limits
        self._day: list[Bucket | None] = [
            None if amount is None else _of_a_day(amount, now)
            for amount in (limits.requests_per_day, limits.tokens_per_day)
        ]
        self._live = self._listed()
        self._taken = [0.0, 0.0, 0.0, 0.0]
        """Amount of each kind taken since the last call of `use`."""
        self.used = [0.0, 0.0, 0.0, 0.0]
        """Amount of each kind counted for calls since the beginning, as of now."""
        self._asked = now
        self._need_per_call = Need()

    def use(self, allowed: Rates, now: float) -> float:
        """Return the use since the last call, as a fraction of the allowed rates: of the kind nearest to its limit."""
        seconds, taken = now - self._asked, self._taken
        if seconds <= 0.0:
            return 0.0
        self._asked, self._taken = now, [0.0, 0.0, 0.0, 0.0]
        if taken[0]:
            self._need_per_call = Need(taken[2] / taken[0], taken[3] / taken[0])
        parts = (amount / seconds / rate for amount, rate in zip(taken, allowed, strict=True) if rate)
        return max(parts, default=0.0)

    def calls_within(self, allowed: Rates) -> float | None:
        """Return how many calls a second, like the recent ones, fit into `allowed`; None for any number."""
        calls = (
            rate / each
            for kind, rate in enumerate(allowed)
            if rate is not None and (each := _amount(self._need_per_call, kind))
        )
        return min(calls, default=None)

    def calls_per_second(self) -> float | None:
        """Return how many calls a second, like the recent ones, the limits allow; None for any number."""
        rates = []
        for kind, bucket in enumerate(self._paced):
            each = _amount(self._need_per_call, kind)
            if bucket is not None and each:
                rates.append(bucket.rate / each)
        return min(rates, default=None)

    @property
    def tokens_limited(self) -> bool:
        return any(kind != 0 for kind, _ in self._live)

    @property
    def tokens_low(self) -> bool:
        """Return whether tokens are used as fast as they refill."""
        return any(kind != 0 and 2 * bucket.level < bucket.capacity for kind, bucket in self._live)

    def set_rates(self, rates: Rates, now: float) -> bool:
        """Set the rates. Return True if a change makes it worthwhile to check the waiting calls again."""
        changed = False
        for kind, rate in enumerate(rates):
            bucket = self._paced[kind]
            if rate is None:
                if bucket is not None:
                    self._paced[kind] = None
                    changed = True
            elif bucket is None:
                self._paced[kind] = Bucket(rate, now=now)
                changed = True
            elif abs(rate - bucket.rate) > _CHANGE * bucket.rate or rate == 0.0 != bucket.rate:
                bucket.set_rate(rate, now)
                changed = True
        if changed:
            self._live = self._listed()
        return changed

    def set_share(self, share: float, now: float) -> None:
        """Set this worker's `share` (0 to 1) of what the account allows a day."""
        for bucket, amount in zip(self._day, (self._limits.requests_per_day, self._limits.tokens_per_day), strict=True):
            if bucket is not None and amount is not None:
                bucket.scale(max(share, 1e-6) * amount / DAY, now)

    def rest(self, seconds: float, now: float) -> None:
        """Suspend calls for `seconds`, without making up for them afterwards."""
        requests = self._paced[0]
        if requests is not None:
            requests.take(requests.rate * seconds, now)

    def wait_for(self, need: Need, now: float) -> float:
        wait = 0.0
        for kind, bucket in self._live:
            seconds = bucket.wait_for(_amount(need, kind), now)
            wait = max(wait, seconds)
        return wait

    def take(self, need: Need, now: float) -> None:
        taken = self._taken
        taken[0] += 1.0
        taken[1] += need[0] + need[1]
        taken[2] += need[0]
        taken[3] += need[1]
        self._count(need, 1.0)
        for kind, bucket in self._live:
            bucket.take(_amount(need, kind), now)

    def give_back(self, reserved: Need, used: Need | None, now: float) -> None:
        """Return what was reserved and not used. `used` None: there was no call."""
        if used is not reserved:
            self._count(reserved, -1.0)
            if used is not None:
                self._count(used, 1.0)
        for kind, bucket in self._live:
            if used is None:
                bucket.give_back(_amount(reserved, kind), now)
            elif kind and used is not reserved:
                bucket.give_back(_amount(reserved, kind) - _amount(used, kind), now)

    def forget(self, need: Need) -> None:
        """Subtract a need from the count: it was used and is not returned, but the provider does not count it."""
        self._count(need, -1.0)

    def _count(self, need: Need, sign: float) -> None:
        used = self.used
        used[0] += sign
        used[1] += sign * (need[0] + need[1])
        used[2] += sign * need[0]
        used[3] += sign * need[1]

    def _listed(self) -> list[tuple[int, Bucket]]:
        """Pairs of kind (0 requests, 1 tokens, 2 input, 3 output) and bucket."""
        paced = [(kind, bucket) for kind, bucket in enumerate(self._paced) if bucket is not None]
        return paced + [(kind, bucket) for kind, bucket in enumerate(self._day) if bucket is not None]


def _amount(need: Need, kind: int) -> float:
    if kind == 0:
        return 1.0
    if kind == 1:
        return need[0] + need[1]
    return need[kind - 2]


def _of_a_day(amount: float, now: float) -> Bucket:
    bucket = Bucket(amount / DAY, now=now, burst_seconds=DAY)
    bucket.level = bucket.capacity
    return bucket
