"""Whose turn it is: first come, first served within a job, fair between jobs."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass

from tandem_llm_worker.pacing.limits import Need

_MANY_JOBS = 256


@dataclass(slots=True, eq=False)
class Turn:
    """One waiting call."""

    future: asyncio.Future[None]
    need: Need
    gone: bool = False


class FairQueue:
    """Start-time fair queuing: each job's calls carry tags that advance by their cost, the lowest tag is next.

    So every job that waits gets the same share whatever the number or the size of its calls, and one that comes with a
    single call is next but a round. O(log n) for each call; one that goes away is left in place and skipped.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Turn]] = []
        self._finish: dict[str, float] = {}
        self._now = 0.0
        self._number = 0
        self._live = 0

    def __len__(self) -> int:
        return self._live

    def push(self, turn: Turn, *, job: str, cost: float, again: bool = False) -> None:
        """`again`: it had its turn before, and goes before all that had none; its job's other calls pay for it."""
        tag = max(self._now, self._finish.get(job, 0.0))
        self._finish[job] = tag + cost
        if again:
            tag = self._now
        self._number += 1
        heapq.heappush(self._heap, (tag, self._number, turn))
        self._live += 1

    def head(self) -> Turn | None:
        """Who is next, without taking it."""
        heap = self._heap
        while heap and (heap[0][2].gone or heap[0][2].future.done()):  # cancelled, and perhaps not yet told so
            self.discard(heapq.heappop(heap)[2])
        return heap[0][2] if heap else None

    def pop(self) -> None:
        """Take the head."""
        self._now, _, turn = heapq.heappop(self._heap)
        self.discard(turn)
        if not self._heap:
            self._finish.clear()
        elif len(self._finish) > _MANY_JOBS:
            self._finish = {job: tag for job, tag in self._finish.items() if tag > self._now}

    def discard(self, turn: Turn) -> None:
        """It waits no longer. Saying so twice does no harm."""
        if not turn.gone:
            turn.gone = True
            self._live -= 1
