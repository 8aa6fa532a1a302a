"""Limits of an account: requests and tokens a minute, requests a day, by buckets or by fixed windows.

Everything here is a function of the time that is passed in (seconds on any clock that does not go back), so the same
rules serve a server and a simulation that runs without waiting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MINUTE = 60.0
DAY = 86_400.0

LimitName = Literal["requests", "tokens", "input_tokens", "output_tokens", "requests_per_day"]


class ProviderLimits(BaseModel):
    """Limits of one model of the account. None: no limit of that kind."""

    model_config = ConfigDict(extra="forbid")

    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0, description="Prompt and answer together.")
    input_tokens_per_minute: float | None = Field(default=None, gt=0)
    output_tokens_per_minute: float | None = Field(default=None, gt=0)
    requests_per_day: float | None = Field(default=None, gt=0)
    window: Literal["continuous", "fixed"] = Field(
        default="continuous", description="Refilled all the time, or all at once when a window of the clock begins."
    )
    capacity_seconds: float = Field(
        default=60, gt=0, description="How much piles up: the rate times so many seconds. The length of a fixed window."
    )
    initial: float = Field(default=1, ge=0, le=1, description="How full a bucket is at first.")
    refused_cost: float = Field(
        default=0, ge=0, description="What a refused call takes of the requests all the same; 1: as much as a good one."
    )
    counted: Literal["prompt_and_max", "prompt"] = Field(
        default="prompt_and_max", description="Tokens taken at admission: with the room asked for, or the prompt alone."
    )
    settled: bool = Field(default=False, description="The answer's real usage replaces what was taken at admission.")


class ProviderBucket:
    """Bucket of one amount that is taken from and refills.

    An amount larger than the whole bucket is admitted when the bucket is full, and leaves it in debt.
    """

    def __init__(
        self, rate: float, capacity: float, *, now: float, window: float | None = None, initial: float = 1
    ) -> None:
        """`rate` is a second's; `window` is the length of fixed windows, in seconds; None refills continuously."""
        self.rate = rate
        self.capacity = capacity
        self._window = window
        self._level = capacity * initial
        self._at = now
        self._since: float | None = None  # of the tally: the first request
        self._before = self._level
        self.taken = 0.0
        self.refused = 0

    def level(self, now: float) -> float:
        """Return the amount that the bucket holds at `now`."""
        if self._window is not None:
            begun = math.floor(now / self._window) - math.floor(self._at / self._window)
            if begun > 0:
                self._level = self.capacity
                self._at = now
        elif now > self._at:
            self._level = min(self.capacity, self._level + (now - self._at) * self.rate)
            self._at = now
        return self._level

    def seconds_until(self, amount: float, now: float) -> float:
        """Return the seconds until `amount` may be taken, if no other call takes any before."""
        missing = min(amount, self.capacity) - self.level(now)
        if missing <= 0:
            return 0.0
        return missing / self.rate if self._window is None else self._window - now % self._window

    def seconds_until_full(self, now: float) -> float:
        return self.seconds_until(self.capacity, now)

    def has(self, amount: float, now: float) -> bool:
        return self.level(now) + _ROUNDING >= min(amount, self.capacity)

    def take(self, amount: float, now: float) -> None:
        """Take it, whether it is there or not."""
        self._level = self.level(now) - amount

    def charge(self, amount: float, now: float) -> None:
        """Take what is there of it, and leave no debt."""
        level = self.level(now)
        self._level = min(level, max(0.0, level - amount))

    def give_back(self, amount: float, now: float) -> None:
        self._level = min(self.capacity, self.level(now) + amount)

    def begin_tally(self, now: float) -> None:
        """From now on count what is allowed; does nothing when it is counted already."""
        if self._since is None:
            self._since, self._before = now, self.level(now)

    def forget_tally(self) -> None:
        self._since = None
        self.taken, self.refused = 0.0, 0

    def allowed(self, until: float) -> float:
        """Return the most that a caller who never left any of it unused could have used from the beginning of the tally
        until then."""
        if self._since is None or until <= self._since:
            return 0.0
        if self._window is None:
            return self._before + (until - self._since) * self.rate
        windows = math.floor(until / self._window) - math.floor(self._since / self._window)
        return self._before + windows * self.capacity

    def allowed_by_rate(self, until: float) -> float:
        """Return the rate times the time, without the initial level and without what windows give early."""
        return 0.0 if self._since is None else max(0.0, until - self._since) * self.rate


@dataclass(slots=True)
class Admission:
    """Admission of a call, with the amounts it took; None in `refused_by` means that it may proceed."""

    refused_by: LimitName | None
    retry_after: float = 0.0
    """Seconds after which the same call would have been admitted, had nobody else asked."""
    input_tokens: float = 0.0
    output_tokens: float = 0.0


class AccountBuckets:
    """The buckets of one model of the account."""

    def __init__(self, limits: ProviderLimits, now: float) -> None:
        self.limits = limits
        self.buckets: dict[LimitName, ProviderBucket] = {}
        self._build(now)

    def _build(self, now: float) -> None:
        limits = self.limits
        window = limits.capacity_seconds if limits.window == "fixed" else None
        rates: tuple[tuple[LimitName, float | None], ...] = (
            ("requests", limits.requests_per_minute),
            ("tokens", limits.tokens_per_minute),
            ("input_tokens", limits.input_tokens_per_minute),
            ("output_tokens", limits.output_tokens_per_minute),
        )
        for name, per_minute in rates:
            if per_minute is not None:
                rate = per_minute / MINUTE
                capacity = max(per_minute * limits.capacity_seconds / MINUTE, 1.0)
                self.buckets[name] = ProviderBucket(rate, capacity, now=now, window=window, initial=limits.initial)
        if (day := limits.requests_per_day) is not None:
            self.buckets["requests_per_day"] = ProviderBucket(day / DAY, day, now=now, window=DAY if window else None)

    def change(self, limits: ProviderLimits, now: float) -> None:
        """Apply new limits from now on: buckets begin anew as `initial` says. Nothing happens when they are the
        same."""
        if limits == self.limits:
            return
        self.limits = limits
        self.buckets.clear()
        self._build(now)

    def admit(self, prompt_tokens: float, max_tokens: float, now: float) -> Admission:
        """Take what the call counts for, or nothing (but `refused_cost`) when any limit is in the way."""
        room = max_tokens if self.limits.counted == "prompt_and_max" else 0.0
        needs = self._needs(prompt_tokens, room)
        refused_by, wait = None, 0.0
        for name, bucket in self.buckets.items():
            bucket.begin_tally(now)
            if not bucket.has(needs[name], now):
                bucket.refused += 1
                if (seconds := bucket.seconds_until(needs[name], now)) >= wait:
                    refused_by, wait = name, seconds
        if refused_by is not None:
            if cost := self.limits.refused_cost:
                for name in _REQUESTS:
                    if name in self.buckets:
                        self.buckets[name].charge(cost, now)
            return Admission(refused_by, max(wait, 0.001))
        for name, bucket in self.buckets.items():
            bucket.take(needs[name], now)
            bucket.taken += needs[name]
        return Admission(None, 0.0, prompt_tokens, room)

    def settle(self, admission: Admission, prompt_tokens: float, output_tokens: float, now: float) -> None:
        """Put real usage in the place of what was taken, if these limits do."""
        if not self.limits.settled or not self.buckets:
            return
        taken = self._needs(admission.input_tokens, admission.output_tokens)
        real = self._needs(prompt_tokens, output_tokens)
        for name, bucket in self.buckets.items():
            if (over := taken[name] - real[name]) > 0:
                bucket.give_back(over, now)
            elif over < 0:
                bucket.take(-over, now)
            bucket.taken -= over

    @staticmethod
    def _needs(prompt_tokens: float, output_tokens: float) -> dict[LimitName, float]:
        return {
            "requests": 1.0,
            "tokens": prompt_tokens + output_tokens,
            "input_tokens": prompt_tokens,
            "output_tokens": output_tokens,
            "requests_per_day": 1.0,
        }


_ROUNDING = 1e-9
_REQUESTS: tuple[LimitName, ...] = ("requests", "requests_per_day")
