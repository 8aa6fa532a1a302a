"""Requests that a job sends next or sends again: computed here, saved and published by the feeder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tandem.jobs import Selection
from tandem.observability import metrics
from tandem.observability.logs import get_logger
from tandem.store.jobs.documents import JobDocument
from tandem.store.records.documents import RecordDocument
from tandem_api.dispatch.adapters import DispatchAdapters
from tandem_api.dispatch.budget import JobBudget
from tandem_api.dispatch.drawing import JobExamples
from tandem_api.dispatch.outstanding import MAX_ASKS, Ask
from tandem_api.dispatch.request_events import Asked, asked_for, is_ended, undelivered
from tandem_api.dispatch.reserve import Reserve
from tandem_api.dispatch.reuse import Reused, reuses
from tandem_api.dispatch.walk import Walk

log = get_logger(__name__)

HELD_SECONDS = 0.5
"""How often it is looked whether the answer that a record waits for has come."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a walk: save `walk`, publish the events, then `published` are under way until `due`."""

    walk: Walk
    due: float
    published: Sequence[int]
    requests: Sequence[Asked]
    undelivered: Sequence[Asked] = field(default_factory=list)
    held: Sequence[int] = field(default_factory=list)
    """Records that wait for the answer to another one, until `held_until`."""
    held_until: float = 0.0
    goes_on: bool = True
    """True if there may be more to ask for: the selection has more, and the budget refused nothing."""

    async def publish(self, parts: DispatchAdapters, kind: str) -> None:
        """Publish the events; `kind` names the requests in the metrics."""
        events = [*self.requests, *self.undelivered]
        if not events:
            return
        await parts.producer.send_all(events)
        ended = sum(map(is_ended, self.requests))
        metrics.REQUESTS_DISPATCHED.labels(kind).inc(len(self.requests) - ended)
        metrics.REQUESTS_DISPATCHED.labels("no_call").inc(ended)
        metrics.REQUESTS_DISPATCHED.labels("undelivered").inc(len(self.undelivered))
        metrics.UNDELIVERED.inc(len(self.undelivered))


class Asking:
    """Computes the steps of one job. Methods raise StoreUnavailableError and change nothing."""

    def __init__(self, parts: DispatchAdapters, notice: str | None) -> None:
        self.parts = parts
        self.extra_seconds = 0.0
        """Seconds that requests have beyond the usual deadline. They are not in `due`, so that a timeout that changes
        holds for requests that are out already."""
        self._examples = JobExamples(parts.examples, notice)

    async def first(
        self, walk: Walk, selection: Selection, job: JobDocument, budget: JobBudget | None, *, limit: int, now: float
    ) -> Step:
        """Ask for the next records of the pass's selection, up to `limit`."""
        below = selection.below_seq
        records = await self.parts.records.walk(job["dataset_id"], selection, limit, start=walk.cursor)
        due = now + self.parts.deadline_seconds
        numbers = {record["seq"]: 1 for record in records}
        wanted = await self.events({record["seq"]: record for record in records}, numbers, walk, job)
        reserve, requests = await self._admit(walk, job, budget, wanted, due=due + self.extra_seconds)
        if unaffordable := wanted[len(requests) :]:
            cursor = unaffordable[0].seq
        else:
            cursor = records[-1]["seq"] + 1 if len(records) == limit else below
        asked = {request.seq: 1 for request in requests}
        held = _held(numbers, wanted, below=cursor)
        moved = walk.asked(
            {**asked, **dict.fromkeys(held, 1)}, cursor=cursor, reserve=reserve, notice=self._examples.notice
        )
        goes_on = not unaffordable and cursor < below
        return Step(moved, due, list(asked), requests, held=held, held_until=self._held_until(now), goes_on=goes_on)

    async def again(
        self,
        walk: Walk,
        job: JobDocument,
        budget: JobBudget | None,
        overdue: Sequence[Ask],
        *,
        now: float,
        counted: bool = True,
    ) -> Step:
        """Ask for these records again; the undelivered ones end as failed.

        `counted`: whether a passed deadline counts as an ask in vain. It does not while the account's rate limit holds
        records up.
        """
        due = now + self.parts.deadline_seconds
        # One more than MAX_ASKS: the record was given up, which is to be said until it has ended.
        numbers = {
            ask.seq: ask.number if ask.void or ask.held or not counted else min(ask.number, MAX_ASKS) + 1
            for ask in overdue
        }
        records = await self.parts.records.get_many(job["dataset_id"], list(numbers))
        if len(records) < len(numbers):
            log.error("dispatch.records_missing", job_id=job["_id"], count=len(numbers) - len(records))
        asks = {seq: min(number, MAX_ASKS) for seq, number in numbers.items()}
        events = await self.events(records, asks, walk, job)
        hopeless = {each.seq for each in events if numbers[each.seq] > MAX_ASKS and not is_ended(each)}
        wanted = [each for each in events if each.seq not in hopeless]
        reserve, requests = await self._admit(walk, job, budget, wanted, due=due + self.extra_seconds)
        unaffordable = {request.seq for request in wanted[len(requests) :]}
        asked = {seq: number for seq, number in numbers.items() if seq not in unaffordable}
        moved = walk.asked(asked, cursor=None, reserve=reserve, notice=self._examples.notice)
        seconds = self.parts.deadline_seconds + self.extra_seconds
        ends = [
            undelivered(job, record, epoch=walk.asked_epoch, deadline_seconds=seconds)
            for seq, record in records.items()
            if seq in hopeless
        ]
        held = _held(records, events)
        published = [seq for seq in asked if seq not in set(held)]
        until, goes_on = self._held_until(now), not unaffordable
        return Step(moved, due, published, requests, ends, held=held, held_until=until, goes_on=goes_on)

    def _held_until(self, now: float) -> float:
        """Return when records that wait for others are looked at again, as a deadline."""
        return now + HELD_SECONDS - self.extra_seconds

    async def events(
        self, records: Mapping[int, RecordDocument], asks: Mapping[int, int], walk: Walk, job: JobDocument
    ) -> list[Asked]:
        """Return what to publish for these records, in the order of `asks` (seq to how often it is asked for).

        Nothing is returned for records that wait for the answer to another one.
        """
        reused = Reused()
        if reuses(job):
            in_order = [records[seq] for seq in sorted(asks) if seq in records]
            reused = await self.parts.reuse.find(job, in_order, walk.outstanding.without(asks))
        return await asked_for(
            job,
            records,
            {seq: number for seq, number in asks.items() if seq not in reused.held},
            self.parts.makers,
            reused=reused.made,
            epoch=walk.asked_epoch,
            deadline_seconds=self.parts.deadline_seconds + self.extra_seconds,
            draw=self._examples.draw,
        )

    async def _admit(
        self, walk: Walk, job: JobDocument, budget: JobBudget | None, wanted: Sequence[Asked], *, due: float
    ) -> tuple[Reserve | None, Sequence[Asked]]:
        """Return the requests that the budget has room for, and the reserve with their cost reserved."""
        limit = job["budget_usd"]
        if budget is None or walk.reserve is None or limit is None:
            return None, wanted
        return budget.admit(walk.reserve, await budget.bounded(wanted), limit_usd=limit, due=due)


def _held(records: Iterable[int], events: Sequence[Asked], *, below: int | None = None) -> list[int]:
    """Return the records below `below` for which there is nothing to publish."""
    there = {event.seq for event in events}
    return [seq for seq in records if seq not in there and (below is None or seq < below)]
