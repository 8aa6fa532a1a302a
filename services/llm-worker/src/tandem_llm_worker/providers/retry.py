"""The one retry layer: bounded in calls and in time, jittered, honouring Retry-After. The SDK's own is off.

The time budget counts failed calls and the waits after them. Waits that the provider asks for by refusing a call for
its rate, and waits for a turn, are counted apart (`waits`): a rate limit delays a record and never ends it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from tandem_llm_worker.providers.errors import CallFailed, CallVerdict
from tandem_llm_worker.providers.waits import StillLimited, Waits
from tandem_llm_worker.settings import RetrySettings

T = TypeVar("T")


def _may_be_called_again(error: BaseException) -> bool:
    return isinstance(error, CallFailed) and error.verdict in (CallVerdict.TRANSIENT, CallVerdict.RATE_LIMITED)


class Retry:
    """Calls again after transient failures and refusals.

    Raises the last CallFailed once transient failures used up the budget, and StillLimited once refusals did.
    """

    def __init__(
        self,
        settings: RetrySettings,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._clock = clock
        self._jitter = jitter

    def waits(self) -> Waits:
        """Start to measure the waits of a request."""
        return Waits(self._settings.hold_seconds, clock=self._clock)

    def budget(self, waits: Waits | None = None, *, failed: int = 0) -> Budget:
        """Return the budget of one answer, however many calls it takes.

        `waits`: those of its request. `failed`: calls that failed in an earlier asking, which ended by the rate limit.
        """
        attempts = _Attempts(self._settings, self._clock, self._jitter, waits or self.waits(), failed)
        return Budget(attempts, self._sleep)


class Budget:
    """The calls and the time that may be spent on one answer. All calls for it go through here, and share it."""

    def __init__(self, attempts: _Attempts, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._attempts = attempts
        self._sleep = sleep

    @property
    def is_spent(self) -> bool:
        """Return whether no further call may start."""
        return self._attempts.is_over(0.0)

    @property
    def failed(self) -> int:
        """Return how many calls failed so far, refusals for the rate left out."""
        return self._attempts.failed

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what the call brings in the end. Raises CallFailed or StillLimited once the budget is spent."""
        try:
            # the usual case without the machinery: most calls go well the first time
            return await call()
        except CallFailed as failed:
            if not _may_be_called_again(failed):
                raise
            first: CallFailed | None = failed

        async def next_call() -> T:
            nonlocal first
            if first is not None:
                failed, first = first, None
                raise failed
            return await call()

        retrying = AsyncRetrying(
            retry=retry_if_exception(_may_be_called_again),
            wait=self._attempts.wait,
            stop=self._attempts.stop,
            sleep=self._pause,
            reraise=True,
        )
        try:
            return await retrying(next_call)
        except CallFailed as failed:
            if failed.verdict is CallVerdict.RATE_LIMITED:
                raise StillLimited(failed) from failed
            raise

    async def _pause(self, seconds: float) -> None:
        if self._attempts.last_was_refused:
            async with self._attempts.waits.pause():
                await self._sleep(seconds)
        else:
            await self._sleep(seconds)


class _Attempts:
    """Counts the calls for one answer and says how long to wait and when to stop."""

    def __init__(
        self,
        settings: RetrySettings,
        clock: Callable[[], float],
        jitter: Callable[[float, float], float],
        waits: Waits,
        failed: int,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._jitter = jitter
        self.waits = waits
        self._began: float | None = None
        """Time at which the first call had failed: the wait for its turn before that is no fault of the call."""
        self._waited_before = 0.0
        self._refused = 0
        self.failed = failed
        self.last_was_refused = False

    def wait(self, state: RetryCallState) -> float:
        failed = _failure(state)
        settings = self._settings
        if self._began is None:
            self._began, self._waited_before = self._clock(), self.waits.total
        self.last_was_refused = failed.verdict is CallVerdict.RATE_LIMITED
        if self.last_was_refused:
            self._refused += 1
        else:
            self.failed += 1
        ceiling = min(settings.max_wait_seconds, settings.base_seconds * 2.0 ** (self._refused + self.failed - 1))
        if failed.retry_after is not None:
            # not all at the very moment that was named
            return min(failed.retry_after, settings.max_retry_after_seconds) + self._jitter(
                0.0, min(ceiling, settings.base_seconds)
            )
        return self._jitter(0.0, ceiling)

    def stop(self, state: RetryCallState) -> bool:
        return self.is_over(state.upcoming_sleep)

    def is_over(self, upcoming_seconds: float) -> bool:
        settings = self._settings
        if self.last_was_refused:
            return self._refused >= settings.max_refused_calls or not self.waits.allow(upcoming_seconds)
        return self.failed >= settings.max_calls or self._spent + upcoming_seconds > settings.max_seconds

    @property
    def _spent(self) -> float:
        """Return seconds since the first failure, without the waits for the rate and for turns."""
        if self._began is None:
            return 0.0
        return self._clock() - self._began - (self.waits.total - self._waited_before)


def _failure(state: RetryCallState) -> CallFailed:
    failed = state.outcome.exception() if state.outcome else None
    if not isinstance(failed, CallFailed):
        raise TypeError(
            "only a failed call is waited for"
        )  # pragma: no cover - the predicate lets nothing else through
    return failed
