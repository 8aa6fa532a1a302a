"""Feeds one job whose lease this dispatcher holds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tandem.events import Event
from tandem.messaging import Producer
from tandem.observability import metrics
from tandem.observability.logs import get_logger
from tandem.pricing import ModelSpend, add_up
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.jobs.dispatch_writer import JobDispatchWriter, Progress
from tandem.store.jobs.documents import JobDocument, TotalsPart
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem_api.dispatch.budget import BUDGET, Budgets, JobBudget
from tandem_api.dispatch.drawing import JobExamples
from tandem_api.dispatch.fed_job import FedJob
from tandem_api.dispatch.making import Makers
from tandem_api.dispatch.requests import Asked, asked_for, is_ready, undelivered
from tandem_api.dispatch.window import MAX_ASKS, Demand, Outstanding, Rate
from tandem_api.examples.pool import ExamplePools

log = get_logger(__name__)

LONGEST_SPAN = 100_000
"""The cursor never runs further than this ahead of the lowest record that has not ended, so that counting the span
between them stays cheap however long one record takes."""

BATCH = 1000
"""Records read and published at once."""


class Clock(Protocol):
    def __call__(self) -> float:
        """Seconds of a clock that runs only while a worker is alive."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What every feeder of a dispatcher shares."""

    writer: JobDispatchWriter
    records: RecordReader
    annotations: AnnotationReader
    producer: Producer
    clock: Clock
    deadline_seconds: float
    budgets: Budgets
    makers: Makers
    examples: ExamplePools


class JobFeeder(FedJob):
    """The walk of one job: a cursor, the requests outstanding behind it, and the totals below both.

    `low` is the lowest seq that has not ended; all below it are in `totals`. Every record in [low, cursor) has either
    ended or is outstanding. What is needed to go on after a crash is saved before anything is published.
    """

    def __init__(self, document: JobDocument, parts: Parts) -> None:
        super().__init__(document)
        self._parts = parts
        dispatch = document["dispatch"]
        self._cursor: int = dispatch["cursor"]
        self._low: int = dispatch["low"]
        self._totals: TotalsPart = dispatch["totals"].copy()
        self._asked_epoch: int = dispatch["asked_epoch"]
        self._rate = Rate(dispatch["rate_per_second"])
        self._voided = float("-inf")
        self._spend = tuple(ModelSpend.of(row) for row in dispatch.get("spend", ()))
        self._budget: JobBudget | None = None
        self._looked_at_budget = 0
        self._outstanding = Outstanding()
        self.is_limited = False
        """Whether the account's rate holds records up: a deadline that passes then does not count as an ask in vain."""
        self._unsaved = False
        self._examples = JobExamples(parts.examples, dispatch.get("notice"))
        # What no worker is needed for falls overdue whether one is alive or not.
        self._clock: Clock = parts.clock if self.asks_model else time.monotonic

    @classmethod
    async def adopt(cls, document: JobDocument, parts: Parts) -> JobFeeder:
        """Go on where the document says. What was asked at the present epoch is taken to be under way; what was
        asked at an earlier one is void and will be asked anew."""
        feeder = cls(document, parts)
        asks = {int(seq): number for seq, number in document["dispatch"]["asks"].items()}
        walked = await parts.records.seqs(document["dataset_id"], feeder._low, feeder._cursor)
        ended = set(await parts.annotations.ended(feeder.job_id, feeder._low, feeder._cursor))
        due = feeder._clock() + parts.deadline_seconds
        for seq in walked:
            if seq not in ended:
                feeder._outstanding.ask(seq, number=asks.get(seq, 1), due=due)
        return feeder

    @property
    def outstanding(self) -> int:
        return len(self._outstanding)

    @property
    def rate_per_second(self) -> float:
        """Records of this job that ended a second, lately."""
        return self._rate.per_second

    @property
    def _walked(self) -> bool:
        return self._cursor >= self.document["selection"]["below_seq"]

    @property
    def _ended(self) -> int:
        """Records below `low`."""
        return self._totals["labeled"] + self._totals["invalid"] + self._totals["failed"]

    @property
    def unended(self) -> int:
        """Records that have not ended; an upper bound while some above `low` have."""
        if self._walked:
            return len(self._outstanding)
        return max(self.document["selection"]["size"] - self._ended, len(self._outstanding))

    @property
    def demand(self) -> Demand:
        return Demand(weight=self.document["weight"], records=self.unended)

    def ask_all_again(self) -> None:
        """The broker forgot what was published."""
        self._outstanding.all_due_now()

    async def wait(self, reason: str) -> None:
        """Ask for nothing until the provider is well. Raises LeaseLostError."""
        await self._wait(reason, waiting_for=None)

    async def tell(self, reason: str | None) -> bool:
        """Have the running job say this of itself. Whether that is news. Raises LeaseLostError."""
        if self.document["state_reason"] == reason:
            return False
        self.document = await self._parts.writer.tell(self.job_id, epoch=self.document["epoch"], reason=reason)
        return True

    async def go_on(self) -> None:
        """The provider is well again. Raises LeaseLostError."""
        self.document = await self._parts.writer.go_on(self.job_id, epoch=self.document["epoch"])

    async def ask_anew(self, now: float, *, not_within: float) -> bool:
        """Void what is outstanding, since some was handed back unanswered; it is asked again with the same number.

        False when that was done less than `not_within` seconds ago. Raises LeaseLostError.
        """
        if now - self._voided < not_within:
            return False
        self._voided = now
        if self._outstanding:
            self.document = await self._parts.writer.ask_anew(self.job_id, epoch=self.document["epoch"])
        return True

    async def settle(self, seconds: float) -> None:
        """Let go of the records that have ended within the last `seconds`."""
        self._rate.observe(await self._let_go_of_ended(), seconds)

    async def _let_go_of_ended(self) -> int:
        if not self._outstanding and self._budget is None:
            return 0
        ended = await self._parts.annotations.ended_among(self.job_id, self._outstanding.seqs)
        count = self._outstanding.ended(ended)
        low = self._cursor if self._outstanding.lowest is None else self._outstanding.lowest
        if low > self._low:
            counts = await self._parts.annotations.count_by_outcome(self.job_id, self._low, low)
            self._totals = {
                "labeled": self._totals["labeled"] + counts.labeled,
                "invalid": self._totals["invalid"] + counts.invalid,
                "failed": self._totals["failed"] + counts.failed,
                "needs_review": self._totals["needs_review"] + counts.needs_review,
            }
            spent = await self._parts.budgets.spending.first_answers(self.job_id, self._low, low)
            self._spend = add_up((*self._spend, *spent))
            self._low = low
            self._unsaved = True
        if self._budget is not None:
            await self._budget.ended(ended, low=self._low, below=self._spend)
            self._unsaved = self._unsaved or bool(ended)
        return count

    async def feed(self, share: int) -> None:
        """Ask again what is overdue or void, then walk on while the share allows. Raises LeaseLostError."""
        if self._asked_epoch != self.document["epoch"]:
            self._outstanding.all_due_now()
            self._asked_epoch = self.document["epoch"]
            self._unsaved = True
        await self._heed_budget()
        affordable = await self._ask_again()
        while affordable and (room := min(share - len(self._outstanding), BATCH)) > 0 and not self._walked:
            if self._budget is not None and self._budget.is_tight:
                room = 1  # whether there is room for anything again
            if self._cursor - self._low >= LONGEST_SPAN or not await self._walk(room):
                break
        if self._budget is not None and self._budget.is_used_up:
            await self._wait_for_budget(self._budget)

    async def go_on_if_budget_allows(self) -> bool:
        """Let a job that waits for its budget run again once its next record fits. Raises LeaseLostError."""
        if not self.out_of_budget or self._looked_at_budget == self.document["revision"]:
            return False
        self._looked_at_budget = self.document["revision"]
        await self._heed_budget()
        budget, following = self._budget, await self._following()
        if budget is not None and following is not None and not budget.allows(following):
            if budget.reason != self.document["state_reason"]:
                await self._wait(budget.reason, waiting_for=BUDGET)
            return False
        await self.go_on()
        log.info("job.budget.raised", job_id=self.job_id, budget_usd=self.document.get("budget_usd"))
        return True

    async def save(self) -> None:
        """Raises LeaseLostError."""
        if self._unsaved:
            await self._parts.writer.save(self.job_id, epoch=self.document["epoch"], progress=self._progress())
            self._unsaved = False

    async def finish_if_done(self) -> bool:
        """Complete the job when its last record has ended. Raises LeaseLostError."""
        if not self._walked or self._outstanding:
            return False
        size = self.document["selection"]["size"]
        if self._ended != size:
            log.error("dispatch.counts_do_not_add_up", job_id=self.job_id, size=size, ended=self._ended)
        await self._parts.writer.complete(self.job_id, epoch=self.document["epoch"], progress=self._progress())
        log.info("job.completed", job_id=self.job_id, size=size, **self._totals)
        return True

    async def _wait(self, reason: str, *, waiting_for: str | None) -> None:
        self.document = await self._parts.writer.wait(
            self.job_id, epoch=self.document["epoch"], reason=reason, waiting_for=waiting_for
        )

    async def _wait_for_budget(self, budget: JobBudget) -> None:
        """Only when nothing is under way any more: workers skip what they hold of a waiting job."""
        await self.save()
        await self._wait(budget.reason, waiting_for=BUDGET)
        self._looked_at_budget = self.document["revision"]
        log.warning("job.waiting", job_id=self.job_id, reason=BUDGET, text=budget.reason)

    async def _heed_budget(self) -> None:
        """Keep the limit that the document has now; a new one counts what is spent and sets aside what is out."""
        limit = self.document.get("budget_usd")
        if limit is None:
            self._budget = None
        elif self._budget is not None:
            self._budget.limit_usd = limit
        else:
            budget = JobBudget(self.document, limit, self._parts.budgets, self._parts.deadline_seconds)
            dataset, seqs = self.document["dataset_id"], self._outstanding.seqs
            walked = await self._parts.records.seqs(dataset, self._low, self._cursor)
            await budget.ended(set(walked) - set(seqs), low=self._low, below=self._spend)
            for start in range(0, len(seqs), BATCH):
                records = await self._parts.records.get_many(dataset, seqs[start : start + BATCH])
                budget.hold(await self._asked(records, dict.fromkeys(records, 1)))
            self._budget = budget

    async def _following(self) -> Asked | None:
        """What would go out next."""
        dataset, below = self.document["dataset_id"], self.document["selection"]["below_seq"]
        if (lowest := self._outstanding.lowest) is not None:
            records = list((await self._parts.records.get_many(dataset, [lowest])).values())
        else:
            records = await self._parts.records.walk(dataset, self._cursor, below, 1)
        following = await self._asked({record["seq"]: record for record in records}, {r["seq"]: 1 for r in records})
        return following[0] if following else None

    def _progress(self) -> Progress:
        return Progress(
            cursor=self._cursor,
            low=self._low,
            totals=self._totals,
            asks=self._outstanding.repeated(),
            asked_epoch=self._asked_epoch,
            rate_per_second=round(self._rate.per_second, 3),
            spend=self._spend,
            reserved_usd=0.0 if self._budget is None else self._budget.reserved_usd,
            lingering_usd=0.0 if self._budget is None else self._budget.lingering_usd,
            notice=self._examples.notice,
        )

    async def _walk(self, limit: int) -> bool:
        """Ask for the next records; False when the selection is exhausted."""
        below = self.document["selection"]["below_seq"]
        records = await self._parts.records.walk(self.document["dataset_id"], self._cursor, below, limit)
        due = self._clock() + self._parts.deadline_seconds
        wanted = await self._asked({record["seq"]: record for record in records}, {r["seq"]: 1 for r in records})
        requests = wanted if self._budget is None else self._budget.admit(wanted, due=due)
        for request in requests:
            self._outstanding.ask(request.seq, number=1, due=due)
        if unaffordable := wanted[len(requests) :]:
            self._cursor = unaffordable[0].seq
        else:
            self._cursor = records[-1]["seq"] + 1 if len(records) == limit else below
        self._unsaved = self._unsaved or bool(requests) or self._walked
        await self.save()
        await self._publish(requests, "first")
        return not (unaffordable or self._walked)

    async def _ask_again(self) -> bool:
        """False when the budget has no room for all that are to be asked again."""
        while overdue := self._outstanding.overdue(self._clock(), BATCH):
            due = self._clock() + self._parts.deadline_seconds
            uncounted = self.is_limited
            numbers = {ask.seq: ask.number if ask.void or uncounted else ask.number + 1 for ask in overdue}
            records = await self._parts.records.get_many(self.document["dataset_id"], list(numbers))
            if len(records) < len(numbers):
                log.error("dispatch.records_missing", job_id=self.job_id, count=len(numbers) - len(records))
            asked = await self._asked(records, {seq: min(number, MAX_ASKS) for seq, number in numbers.items()})
            hopeless = {each.seq for each in asked if numbers[each.seq] > MAX_ASKS and not is_ready(each)}
            wanted = [each for each in asked if each.seq not in hopeless]
            again = wanted if self._budget is None else self._budget.admit(wanted, due=due)
            unaffordable = {request.seq for request in wanted[len(again) :]}
            for seq in numbers.keys() - unaffordable:
                self._outstanding.ask(seq, number=min(numbers[seq], MAX_ASKS), due=due)
            self._unsaved = True
            await self.save()
            await self._publish(again, "again")
            await self._give_up([record for seq, record in records.items() if seq in hopeless])
            if again or hopeless:
                log.warning("dispatch.asked_again", job_id=self.job_id, count=len(again), undelivered=len(hopeless))
            if unaffordable:
                return False
        return True

    async def _asked(self, records: Mapping[int, RecordDocument], asks: Mapping[int, int]) -> list[Asked]:
        """What to publish for these records, in the order of `asks` (seq to how often it is asked for)."""
        return await asked_for(
            self.document,
            records,
            asks,
            self._parts.makers,
            epoch=self._asked_epoch,
            deadline_seconds=self._parts.deadline_seconds,
            draw=self._examples.draw,
        )

    async def _give_up(self, records: Sequence[RecordDocument]) -> None:
        seconds = self._parts.deadline_seconds
        ends = [
            undelivered(self.document, record, epoch=self._asked_epoch, deadline_seconds=seconds) for record in records
        ]
        metrics.UNDELIVERED.inc(len(ends))
        await self._publish(ends, "undelivered")

    async def _publish(self, events: Sequence[Event], kind: str) -> None:
        if not events:
            return
        await self._parts.producer.send_all(events)
        ready = sum(map(is_ready, events))
        metrics.REQUESTS_DISPATCHED.labels(kind).inc(len(events) - ready)
        metrics.REQUESTS_DISPATCHED.labels("ready").inc(ready)
