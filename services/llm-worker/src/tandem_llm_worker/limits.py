"""What an account allows: calls in flight, requests and tokens a minute.

Calls are admitted first come, first served and evenly spaced: a bucket refills continuously and holds at most a
second's worth, so that nothing piles up while idle. Waiting is by wake-up: one timer for the head of the queue, none
when it waits for a slot.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

BURST_SECONDS = 1.0
_EPSILON = 1e-9


class Bucket:
    """Units that refill at `per_minute`/60 a second, up to a second's worth (but at least `smallest`).

    More than the bucket holds may be taken when it is full; the level then goes below zero, and the long-run rate
    still holds.
    """

    def __init__(self, per_minute: float, *, now: float, smallest: float = 1.0) -> None:
        self.per_second = per_minute / 60.0
        self.capacity = max(smallest, self.per_second * BURST_SECONDS)
        self.level = min(smallest, self.capacity)
        self._updated = now

    def wait_for(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken; 0 for at once."""
        self._refill(now)
        missing = min(amount, self.capacity) - self.level
        return missing / self.per_second if missing > _EPSILON else 0.0

    def take(self, amount: float, now: float) -> None:
        self._refill(now)
        self.level -= amount

    def give_back(self, amount: float, now: float) -> None:
        """Return what was taken and not used; a negative amount takes what was used beyond it."""
        self._refill(now)
        self.level = min(self.capacity, self.level + amount)

    def _refill(self, now: float) -> None:
        if now > self._updated:
            self.level = min(self.capacity, self.level + (now - self._updated) * self.per_second)
            self._updated = now


class Timer(Protocol):
    def cancel(self) -> None: ...


CallLater = Callable[[float, Callable[[], None]], Timer]


def _on_the_loop(seconds: float, callback: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, callback)


class Reservation:
    """The right to make one call. Use it as a context manager; it ends with the block.

    Set `used_tokens` to what the provider counted; unset, the call is taken to have used what was reserved.
    """

    def __init__(self, limiter: Limiter, tokens: float) -> None:
        self._limiter = limiter
        self._tokens = tokens
        self.used_tokens: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._limiter._settle(self._tokens, self.used_tokens)  # noqa: SLF001 - a reservation is the limiter's own


class Limiter:
    """Admits calls to one model of one provider.

    On `refused` (the provider said 429) nobody is admitted for the time given and half as many calls may be in
    flight as there were; each full round of accepted calls then allows one more, up to the configured bound.
    """

    def __init__(
        self,
        *,
        max_in_flight: int,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        call_later: CallLater = _on_the_loop,
    ) -> None:
        self._clock = clock
        self._call_later = call_later
        self._max_in_flight = max_in_flight
        self._allowed = float(max_in_flight)
        now = clock()
        self._requests = Bucket(requests_per_minute, now=now) if requests_per_minute else None
        self._tokens = Bucket(tokens_per_minute, now=now) if tokens_per_minute else None
        self._held_until = now
        self._waiters: deque[tuple[asyncio.Future[None], float]] = deque()
        self._timer: Timer | None = None
        self.in_flight = 0

    @property
    def counts_tokens(self) -> bool:
        return self._tokens is not None

    @property
    def waiting(self) -> int:
        return len(self._waiters)

    @property
    def allowed_in_flight(self) -> int:
        return max(1, int(self._allowed))

    async def reserve(self, tokens: float = 0.0) -> Reservation:
        """Wait for the turn of a call that will use about `tokens`. A cancelled wait takes nothing."""
        if not self._waiters and self._wait_seconds(tokens) == 0.0:
            self._take(tokens)
            return Reservation(self, tokens)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (turn, tokens)
        self._waiters.append(entry)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._settle(tokens, 0.0, made_a_call=False)
            else:
                with contextlib.suppress(ValueError):
                    self._waiters.remove(entry)
                self._admit()
            raise
        return Reservation(self, tokens)

    def refused(self, hold_seconds: float) -> None:
        """The provider refused a call for its rate: admit nobody for a while, and fewer at once after it."""
        now = self._clock()
        if now >= self._held_until:
            self._allowed = max(1.0, min(self._allowed, self.in_flight) / 2)
        self._held_until = max(self._held_until, now + hold_seconds)

    def accepted(self) -> None:
        """The provider took a call."""
        if self._allowed < self._max_in_flight:
            self._allowed = min(self._max_in_flight, self._allowed + 1.0 / self._allowed)

    def _wait_seconds(self, tokens: float) -> float:
        """Until the next call could start: 0 for now, infinity when only a finished call can tell."""
        if self.in_flight >= self.allowed_in_flight:
            return float("inf")
        now = self._clock()
        wait = max(0.0, self._held_until - now)
        if self._requests is not None:
            wait = max(wait, self._requests.wait_for(1.0, now))
        if self._tokens is not None:
            wait = max(wait, self._tokens.wait_for(tokens, now))
        return wait

    def _take(self, tokens: float) -> None:
        self.in_flight += 1
        now = self._clock()
        if self._requests is not None:
            self._requests.take(1.0, now)
        if self._tokens is not None:
            self._tokens.take(tokens, now)

    def _settle(self, reserved: float, used: float | None, *, made_a_call: bool = True) -> None:
        self.in_flight -= 1
        now = self._clock()
        if self._tokens is not None and used is not None:
            self._tokens.give_back(reserved - used, now)
        if self._requests is not None and not made_a_call:
            self._requests.give_back(1.0, now)
        self._admit()

    def _admit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiters:
            turn, tokens = self._waiters[0]
            if turn.done():  # cancelled while it waited
                self._waiters.popleft()
                continue
            wait = self._wait_seconds(tokens)
            if wait > 0.0:
                if wait != float("inf"):
                    self._timer = self._call_later(wait, self._admit)
                return
            self._waiters.popleft()
            self._take(tokens)
            turn.set_result(None)
