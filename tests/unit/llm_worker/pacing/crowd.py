"""Calls that hold their reservation until the test ends them, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tandem_llm_worker.pacing import AccountLimits, Limiter, Need, Reservation


async def settle() -> None:
    """Let every task run as far as it can without time passing."""
    for _ in range(10):
        await asyncio.sleep(0)


class Crowd:
    """Notes when each call was admitted, in order."""

    def __init__(self, clock: Callable[[], float], limiter: Limiter | None = None, **limits: Any) -> None:
        self._clock = clock
        self.timers = 0
        self.limiter = limiter or Limiter(
            AccountLimits(**{"max_in_flight": 1000, **limits}), clock=clock, call_later=self._call_later
        )
        self.admitted: list[tuple[int, float]] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.ends: list[asyncio.Event] = []
        self.held: dict[int, Reservation] = {}

    def _call_later(self, seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        self.timers += 1
        return asyncio.get_running_loop().call_later(seconds, callback)

    def come(self, count: int = 1, need: Need | None = None, job: str = "") -> None:
        for _ in range(count):
            end = asyncio.Event()
            self.ends.append(end)
            self.tasks.append(asyncio.create_task(self._call(len(self.tasks), need or Need(), job, end)))

    async def _call(self, number: int, need: Need, job: str, end: asyncio.Event) -> None:
        with await self.limiter.reserve(need, job=job) as reservation:
            self.admitted.append((number, self._clock()))
            self.held[number] = reservation
            await end.wait()

    def end(self, number: int) -> None:
        self.ends[number].set()

    @property
    def times(self) -> list[float]:
        return [time for _, time in self.admitted]

    @property
    def numbers(self) -> list[int]:
        return [number for number, _ in self.admitted]
