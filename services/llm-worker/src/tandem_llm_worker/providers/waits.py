"""The time that a request waits in this worker for its account. It is bounded, and no part of the retry budget."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tandem_llm_worker.providers.errors import CallFailed

LEAST_TURN_SECONDS = 15.0
"""A further call for a record gets so much time for its turn in any case: it goes before records not begun."""
_MESSAGE = "the account's rate limit left no room for the call"


class StillLimited(Exception):  # noqa: N818 - the state of an account, not a fault of the program
    """A request waited for its rate limit as long as it may. It did not fail: it is to be handed back and asked anew."""

    def __init__(self, refused: CallFailed | None = None) -> None:
        """`refused`: the provider's last refusal; None where the request waited for its turn alone."""
        super().__init__(_MESSAGE if refused is None else refused.message)
        self.message = str(self)
        self.status = None if refused is None else refused.status


class Waits:
    """Measures how long one request waits for its rate limit and for its turn, and ends the wait in time.

    A request is held for `seconds` at most before the dispatcher, which expects an answer within two minutes, is told
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
        """Count what happens inside as a wait that the provider asked for. Raises StillLimited when it takes too long."""
        async with self._wait(self.left):
            yield

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Count what happens inside as a wait for a turn. Raises StillLimited when it takes too long."""
        async with self._wait(max(self.left, LEAST_TURN_SECONDS)):
            yield

    def allow(self, seconds: float) -> bool:
        """Say whether a wait of `seconds` ends in time."""
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
