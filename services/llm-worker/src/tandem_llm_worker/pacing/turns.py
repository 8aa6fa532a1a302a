"""Decide whose turn it is: in the order of coming within a job; between jobs, fair by weight in turns and in slots."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from tandem_llm_worker.pacing.limits import Need

_MANY_JOBS = 256


@dataclass(slots=True, eq=False)
class Turn:
    """Waiting call."""

    future: asyncio.Future[None]
    need: Need
    job: str = ""
    weight: float = 1.0
    tag: float = 0.0
    number: int = 0
    gone: bool = False


class _Lane:
    """Calls of one job: the waiting ones, and the number in flight."""

    __slots__ = ("again", "finish", "first", "held", "weight")

    def __init__(self) -> None:
        self.weight = 1.0
        self.held = 0
        self.finish = 0.0
        self.first: deque[Turn] = deque()
        self.again: deque[Turn] = deque()


class FairQueue:
    """Start-time fair queuing over jobs, held back by the slots that each job has.

    Each job's calls carry tags that advance by their cost over the job's weight; the lowest tag is next. So every job
    that waits gets its share of the account's *rate*, whatever the number or the size of its calls, and one that comes
    with a single call is next but a round.

    Turns alone would give the slots to the slowest: of a job whose calls take a minute and one whose calls take half a
    second, each gets every second slot that becomes free, and after a while the first one holds them all. So a job that
    holds its share of the slots (by weight, among the jobs that wait or hold any) yields to jobs that hold less than
    their share. Slots that nobody else waits for go to any job that waits.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._waiting: dict[str, _Lane] = {}
        """Lanes in which calls wait, by job."""
        self._now = 0.0
        self._number = 0
        self._live = 0

    def __len__(self) -> int:
        return self._live

    def push(self, turn: Turn, *, cost: float, again: bool = False) -> None:
        """Add a waiting call to the queue.

        `again`: it had its turn before, and precedes all calls that had none; its job's other calls pay for it.
        """
        lane = self._lane(turn.job)
        lane.weight = turn.weight
        turn.tag = max(self._now, lane.finish)
        lane.finish = turn.tag + cost / turn.weight
        if again:
            turn.tag = self._now
        self._number += 1
        turn.number = self._number
        (lane.again if again else lane.first).append(turn)
        self._waiting[turn.job] = lane
        self._live += 1

    def head(self, slots: float) -> Turn | None:
        """Return the next call without removing it. `slots`: in-flight limit of all jobs together."""
        if len(self._waiting) == 1:  # the usual case
            return self._first(*next(iter(self._waiting.items())))
        heads = [(head, lane) for job, lane in list(self._waiting.items()) if (head := self._first(job, lane))]
        if len(heads) > 1:
            weight = sum(lane.weight for lane in self._lanes.values() if lane.held or lane.first or lane.again)
            below = [each for each in heads if each[1].held * weight < slots * each[1].weight]
            heads = below or heads
        return min((head for head, _ in heads), key=lambda head: (head.tag, head.number), default=None)

    def take(self, turn: Turn) -> None:
        """Remove the next call from the queue."""
        self._now = max(self._now, turn.tag)
        self.discard(turn)

    def discard(self, turn: Turn) -> None:
        """Record that a call waits no longer. Repeating this has no effect."""
        if not self._mark_gone(turn):
            return
        if (lane := self._waiting.get(turn.job)) is not None:
            self._first(turn.job, lane)
        if not self._live:
            for each in self._lanes.values():
                each.finish = 0.0
        if len(self._lanes) > _MANY_JOBS:
            self._forget(list(self._lanes))

    def begins(self, job: str) -> None:
        """Count a slot that a call of the job takes."""
        self._lane(job).held += 1

    def ends(self, job: str) -> None:
        """Count a slot that a call of the job gives back."""
        self._lanes[job].held -= 1
        if not self._live:
            self._forget((job,))

    def _lane(self, job: str) -> _Lane:
        lane = self._lanes.get(job)
        if lane is None:
            lane = self._lanes[job] = _Lane()
        return lane

    def _mark_gone(self, turn: Turn) -> bool:
        if turn.gone:
            return False
        turn.gone = True
        self._live -= 1
        return True

    def _first(self, job: str, lane: _Lane) -> Turn | None:
        """Return the first call that waits in a lane."""
        again, first = lane.again, lane.first
        while first and (first[0].gone or first[0].future.done()):  # taken; or cancelled, and perhaps not notified yet
            self._mark_gone(first.popleft())
        while again and (again[0].gone or again[0].future.done()):
            self._mark_gone(again.popleft())
        if again:
            return again[0] if not first or again[0].tag <= first[0].tag else first[0]
        if first:
            return first[0]
        self._waiting.pop(job, None)
        return None

    def _forget(self, jobs: Iterable[str]) -> None:
        """Forget the jobs that have no state worth keeping."""
        for job in jobs:
            lane = self._lanes[job]
            if not lane.held and job not in self._waiting and (not self._live or lane.finish <= self._now):
                del self._lanes[job]
