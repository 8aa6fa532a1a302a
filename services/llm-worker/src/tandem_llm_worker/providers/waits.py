"""The time that a request waits in this worker for its account. It is bounded, and no part of the retry budget."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager

from tandem_llm_worker.providers.errors import CallFailed

LEAST_TURN_SECONDS = 15.0
"""Time that a further call for a record gets for its turn in any case: it goes before records not begun."""
_MOST_REMEMBERED = 10_000
_MESSAGE = "the account's rate limit left no room for the call"


class StillLimited(Exception):  # noqa: N818 - the state of an account, not a fault of the program
    """A request waited for its rate limit as long as it may. It did not fail: return it to the dispatcher."""

    def __init__(self, refused: CallFailed | None = None) -> None:
        """Keep the provider's last refusal as `refused`; None if the request waited for its turn alone."""
        super().__init__(_MESSAGE if refused is None else refused.message)
        self.message = str(self)
        self.status = None if refused is None else refused.status


class Waits:
    """Measures how long one request waits for its rate limit and for its turn, and ends the wait in time.

    A request is held for `seconds` at most before the dispatcher, which expects an answer within two minutes, is made
    to ask anew. Calls under way are never cut off: only waits end.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + seconds
        self.total = 0.0
        """Seconds waited so far."""

    @property
    def left(self) -> float:
        """Return the seconds for which the request may still wait."""
        return max(0.0, self._until - self._clock())

    @asynccontextmanager
    async def pause(self) -> AsyncIterator[None]:
        """Count the time inside as a wait that the provider asked for. Raises StillLimited if it takes too long."""
        async with self._wait(self.left):
            yield

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Count the time inside as a wait for a turn. Raises StillLimited if it takes too long."""
        async with self._wait(max(self.left, LEAST_TURN_SECONDS)):
            yield

    def allow(self, seconds: float) -> bool:
        """Return whether a wait of `seconds` ends in time."""
        return seconds <= self.left

    @asynccontextmanager
    async def _wait(self, seconds: float) -> AsyncIterator[None]:
        began = self._clock()
        try:
            async with asyncio.timeout(seconds) as limit:
                yield
        except TimeoutError:
            if limit.expired():
                raise StillLimited from None
            raise
        finally:
            self.total += self._clock() - began


class FailedBefore:
    """Remembers the failed calls of records that were handed back for the rate.

    They count when the record is asked anew, so that one which always fails ends, however often it is handed back.
    """

    def __init__(self) -> None:
        self._calls: OrderedDict[Hashable, int] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._calls)

    def calls(self, asked: Hashable) -> int:
        """Return how many calls failed in earlier askings."""
        return self._calls.get(asked, 0)

    def remember(self, asked: Hashable, calls: int) -> None:
        """Keep the number of failed calls, earlier ones among them; the oldest records are forgotten first."""
        if calls:
            self._calls[asked] = calls
            self._calls.move_to_end(asked)
            if len(self._calls) > _MOST_REMEMBERED:
                self._calls.popitem(last=False)

    def forget(self, asked: Hashable) -> None:
        """Forget a record that ended."""
        self._calls.pop(asked, None)
