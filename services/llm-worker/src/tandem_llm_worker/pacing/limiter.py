"""Admission of calls to one model of one provider: evenly spaced, within this worker's rates of the account.

Waiting is by wake-up: one timer for the next call, none when only a call that ends can make room. A call that is
admitted at once costs a few comparisons; calls that wait cost nothing until their turn.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from math import inf
from types import TracebackType
from typing import Protocol, Self

from tandem_llm_worker.pacing.allowance import Allowance
from tandem_llm_worker.pacing.buckets import Buckets
from tandem_llm_worker.pacing.concurrency import Concurrency
from tandem_llm_worker.pacing.discovery import REST_SECONDS
from tandem_llm_worker.pacing.headers import LimitReadings, read
from tandem_llm_worker.pacing.limits import NOTHING, AccountLimits, Need
from tandem_llm_worker.pacing.turns import FairQueue, Turn

LEAST_WAIT = 0.002
"""Shortest timer, in seconds: at high rates two or three calls then start together, and timers stay few."""
LONG_RETRY_AFTER_SECONDS = 10.0
"""Shortest Retry-After that means the account is closed for a while, and not that one call came too early."""
DEFAULT_IN_FLIGHT = 64
SPARE_SLOTS = 1.5
"""Factor on the calls that fit into the mean time of a call, since some take longer."""
_LATENCY_LEARNING_RATE = 0.05
EASE = 1.25
"""Factor on a worker's use in the demand it reports: somewhat more than one, so that it can grow."""
DRAIN_SECONDS = 1.0
"""Time in which a worker wants to make all waiting calls. Workers with longer queues get larger shares."""
_USE_LEARNING_RATE = 0.3


class Timer(Protocol):
    def cancel(self) -> None: ...


CallLater = Callable[[float, Callable[[], None]], Timer]


def _on_the_loop(seconds: float, callback: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, callback)


class Reservation:
    """The right to make one call. Use it as a context manager; it ends with the block.

    Call `settle` with the usage that the provider counted; without it, the call is assumed to have used what was
    reserved. Call `not_called` when no call was made after all.
    """

    __slots__ = ("_job", "_limiter", "_need", "_used", "admitted_at")

    def __init__(self, limiter: Limiter, need: Need, admitted_at: float, job: str) -> None:
        self._limiter = limiter
        self._job = job
        self._need = need
        self._used: Need | None = need
        self.admitted_at = admitted_at

    def settle(self, *, input_tokens: float, output_tokens: float) -> None:
        self._used = Need(input_tokens, output_tokens, output_tokens)

    def not_called(self) -> None:
        self._used = None

    def refused(self) -> None:
        """Record that the provider did not accept the call, and charged nothing for it."""
        self._limiter._buckets.forget(self._need)  # noqa: SLF001 - a reservation is the limiter's

    def timed_out(self) -> None:
        """Record that no answer came in time."""
        limiter = self._limiter
        limiter.concurrency.timed_out(self.admitted_at, limiter._clock())  # noqa: SLF001 - a reservation is the limiter's

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        limiter = self._limiter
        limiter._settle(self._need, self._used, self.admitted_at, self._job)  # noqa: SLF001 - a reservation is the limiter's


class Limiter:
    """Limiter in which calls wait for their turn (`reserve`).

    Report the result of each call to it: `accepted`, `refused`, `observe_headers`.
    """

    def __init__(
        self,
        limits: AccountLimits | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        call_later: CallLater = _on_the_loop,
    ) -> None:
        limits = limits or AccountLimits()
        self._clock = clock
        self._call_later = call_later
        now = clock()
        self.concurrency = Concurrency(limits.max_in_flight or DEFAULT_IN_FLIGHT)
        self.allowance = Allowance(limits)
        self._buckets = Buckets(limits, self.allowance.rates, now)
        self._held_until = now
        self._share_until = inf
        self._queue = FairQueue()
        self._timer: Timer | None = None
        self.in_flight = 0
        self.accepted_calls = 0
        self.refused_calls = 0
        self.on_cut: Callable[[], None] = lambda: None
        """Called when a refusal made this worker slower, so that the others are notified."""
        self._used = 0.0
        """The part of the account that was used, smoothed."""
        self.latency: float | None = None
        """Seconds from admission to the end of a call, smoothed."""

    @property
    def max_in_flight(self) -> int:
        """Return how many calls may be under way now: as many as are configured, or fewer after timeouts."""
        return self.concurrency.most

    @property
    def counts_tokens(self) -> bool:
        """Return whether tokens are limited at all; if not, nobody needs to estimate them."""
        return self._buckets.tokens_limited

    @property
    def tokens_bind(self) -> bool:
        """Return whether calls wait for tokens, so that it is worth counting them exactly."""
        return self._buckets.tokens_low

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def held_seconds(self) -> float:
        """Return the seconds for which no call is admitted at the provider's request; 0 for none."""
        return max(0.0, self._held_until - self._clock())

    @property
    def wants_more(self) -> bool:
        """Return whether calls wait for the account's rates, and not for another call to end."""
        return bool(self._queue) and self.in_flight < self.max_in_flight

    def demand(self) -> float:
        """Return the part of the account, 0 to 1, that this worker could use now. Call it regularly.

        This is its recent use and somewhat more, so that it can grow, plus the part that would end its queue within
        `DRAIN_SECONDS`. Example: of 100 calls a second it made 25, and 30 wait: 1.25 * 0.25 + 30 / 100 = 0.61.
        """
        whole = self.allowance.whole
        used = self._buckets.use(whole, self._clock())
        self._used += _USE_LEARNING_RATE * (used - self._used)
        if not self.wants_more:
            return min(1.0, EASE * self._used)
        calls = self._buckets.calls_within(whole)
        if not calls:
            return 1.0
        return min(1.0, EASE * self._used + self.waiting / (calls * DRAIN_SECONDS))

    def useful_slots(self) -> int:
        """Return how many calls to keep ready: those that fit into the time that a call takes, and some more."""
        rate = self._buckets.calls_per_second()
        if rate is None or self.latency is None:
            return self.max_in_flight
        return max(1, min(self.max_in_flight, int(rate * self.latency * SPARE_SLOTS) + 2))

    async def reserve(
        self, need: Need = NOTHING, *, job: str = "", weight: float = 1.0, again: bool = False
    ) -> Reservation:
        """Wait for the turn of a call. Jobs share turns and slots by weight, however many calls wait. A cancelled wait
        reserves nothing.

        `again`: a further call for a record that was begun; it waits for the account, but not for calls of records not
        begun.
        """
        if not self._queue and self._wait_seconds(need) == 0.0:
            self._take(need, job)
            return Reservation(self, need, self._clock(), job)
        turn = Turn(asyncio.get_running_loop().create_future(), need, job, weight)
        self._queue.push(turn, cost=max(1.0, need.tokens), again=again)
        if self._timer is None:
            self._admit()
        try:
            await turn.future
        except asyncio.CancelledError:
            if turn.future.done() and not turn.future.cancelled():
                self._settle(need, None, self._clock(), job)
            else:
                self._queue.discard(turn)
                self._admit()
            raise
        return Reservation(self, need, self._clock(), job)

    def accepted(self) -> None:
        """Record that the provider accepted a call."""
        self.accepted_calls += 1
        self.concurrency.answered()
        now = self._clock()
        self.allowance.accepted(now)
        if self.allowance.found is not None:
            self._follow(now)

    def refused(self, retry_after: float | None = None) -> None:
        """Record that the provider refused a call for its rate.

        The call itself comes back through `reserve` after its Retry-After. Only a long one holds everybody.
        """
        now = self._clock()
        self.refused_calls += 1
        if self.allowance.refused(now):
            self._rest(now)
            self.on_cut()
        if retry_after is not None and retry_after >= LONG_RETRY_AFTER_SECONDS:
            self.hold(retry_after)
        self._follow(now)

    def adopt(self, calls_per_second: float) -> None:
        """Adopt the rate that another worker found the account to accept.

        It has an effect only before the first accepted call of this worker.
        """
        if not self.accepted_calls:
            now = self._clock()
            self.allowance.adopt(calls_per_second, now)
            self._follow(now)

    def record_total(self, worker: str, total: float) -> None:
        """Record another worker's calls since it started, excluding refused ones."""
        self.allowance.record_total(worker, total, self._clock())

    def adopt_refused(self, calls_per_second: float) -> None:
        """Record the calls a second that another worker found the account to accept when it was refused."""
        now = self._clock()
        if self.allowance.adopt_refused(calls_per_second, now):
            self._rest(now)

    def restart(self) -> None:
        """Restart with one call at a time, twice as many with each round that is answered."""
        self.concurrency.restart(self._clock())

    def hold(self, seconds: float) -> None:
        """Admit no call for `seconds`."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    def observe_headers(self, headers: Mapping[str, str]) -> None:
        """Read the headers that came with an answer, good or bad. Names are looked up in lower case."""
        readings = read(headers)
        if readings is not None:
            self.allow(readings)

    def allow(self, readings: LimitReadings) -> None:
        """Apply what the provider says that the account allows."""
        now = self._clock()
        self.allowance.observe(readings, now, self._buckets.used)
        self._follow(now)

    def set_share(self, share: float, *, until: float = inf) -> None:
        """Set the part of the account, 0 to 1, that this worker may use from now on: none after `until`, on the clock.

        The part lapses even where the process slept past `until` and no further call of this method came.
        """
        now = self._clock()
        lapsed, self._share_until = now > self._share_until, until
        if share != self.allowance.share:
            self.allowance.share = share
            self._buckets.set_share(share, now)
            self._buckets.set_rates(self.allowance.rates, now)
        elif not lapsed:
            return
        if self._queue:
            self._admit()

    def _rest(self, now: float) -> None:
        """Continue at the lower rate, after a short pause."""
        self._follow(now)
        self._buckets.rest(REST_SECONDS, now)

    def _follow(self, now: float) -> None:
        """Apply the present rates to the buckets."""
        if self._buckets.set_rates(self.allowance.rates, now) and self._queue:
            self._admit()

    def _wait_seconds(self, need: Need) -> float:
        """Return the seconds until the next call could start: 0 for now, infinity when that depends on an event."""
        if self.in_flight >= self.concurrency.most or self.in_flight >= self.allowance.most_in_flight:
            return inf
        now = self._clock()
        if now > self._share_until:
            return inf
        return max(0.0, self._held_until - now, self._buckets.wait_for(need, now))

    def _take(self, need: Need, job: str) -> None:
        now = self._clock()
        self.in_flight += 1
        self._queue.begins(job)
        self.allowance.sent(now)
        self._buckets.take(need, now)

    def _settle(self, reserved: Need, used: Need | None, admitted_at: float, job: str) -> None:
        self.in_flight -= 1
        self._queue.ends(job)
        now = self._clock()
        if used is not None:
            seconds = now - admitted_at
            known = seconds if self.latency is None else self.latency
            self.latency = known + _LATENCY_LEARNING_RATE * (seconds - known)
        self._buckets.give_back(reserved, used, now)
        if self._queue:
            self._admit()

    def _admit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        slots = min(self.max_in_flight, self.allowance.most_in_flight)
        while self.in_flight < slots and (turn := self._queue.head(slots)) is not None:
            wait = self._wait_seconds(turn.need)
            if wait > 0.0:
                if wait != inf:
                    self._timer = self._call_later(max(wait, LEAST_WAIT), self._on_timer)
                return
            self._queue.take(turn)
            self._take(turn.need, turn.job)
            turn.future.set_result(None)

    def _on_timer(self) -> None:
        self._timer = None
        self._admit()
