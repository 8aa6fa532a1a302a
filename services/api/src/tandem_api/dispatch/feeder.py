"""Feeds one job whose lease this dispatcher holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tandem.events import (
    AnnotationRequestedV1,
    AnnotationRespondedV1,
    ErrorKind,
    Event,
    JobState,
    ResponseError,
)
from tandem.messaging import Producer
from tandem.observability import metrics
from tandem.observability.logs import get_logger
from tandem.pricing import ModelSpend, add_up
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.spending import SpendingReader
from tandem.store.jobs.dispatch_writer import JobDispatchWriter, Progress
from tandem.store.jobs.documents import JobDocument, TotalsPart
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem_api.dispatch.fleet import Account
from tandem_api.dispatch.window import MAX_ASKS, Demand, Outstanding, Rate

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
    spending: SpendingReader
    producer: Producer
    clock: Clock
    deadline_seconds: float


class JobFeeder:
    """The walk of one job: a cursor, the requests outstanding behind it, and the totals below both.

    `low` is the lowest seq that has not ended; all below it are in `totals`. Every record in [low, cursor) has either
    ended or is outstanding. What is needed to go on after a crash is saved before anything is published.
    """

    def __init__(self, document: JobDocument, parts: Parts) -> None:
        self._parts = parts
        dispatch = document["dispatch"]
        self.job_id: str = document["_id"]
        self._cursor: int = dispatch["cursor"]
        self._low: int = dispatch["low"]
        self._totals: TotalsPart = dispatch["totals"].copy()
        self._asked_epoch: int = dispatch["asked_epoch"]
        self._rate = Rate(dispatch["rate_per_second"])
        self._voided = float("-inf")
        self._spend = tuple(ModelSpend.of(row) for row in dispatch.get("spend", ()))
        self._outstanding = Outstanding()
        self._unsaved = False
        self.document = document

    @classmethod
    async def adopt(cls, document: JobDocument, parts: Parts) -> JobFeeder:
        """Go on where the document says. What was asked at the present epoch is taken to be under way; what was
        asked at an earlier one is void and will be asked anew."""
        feeder = cls(document, parts)
        asks = {int(seq): number for seq, number in document["dispatch"]["asks"].items()}
        walked = await parts.records.seqs(document["dataset_id"], feeder._low, feeder._cursor)
        ended = set(await parts.annotations.ended(feeder.job_id, feeder._low, feeder._cursor))
        due = parts.clock() + parts.deadline_seconds
        for seq in walked:
            if seq not in ended:
                feeder._outstanding.ask(seq, number=asks.get(seq, 1), due=due)
        return feeder

    def refresh(self, document: JobDocument) -> None:
        """The document as it was read last: state, epoch and weight may have changed."""
        self.document = document

    @property
    def running(self) -> bool:
        return self.document["state"] == JobState.RUNNING

    @property
    def waiting(self) -> bool:
        """Whether the job waits for its provider, and not for something else that is named."""
        return self.document["state"] == JobState.WAITING and self.document.get("waiting_for") is None

    @property
    def account(self) -> Account:
        """Whose calls the job needs."""
        agent = self.document["published"]["agent"]
        return agent["provider"], agent["model"]

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
        self.document = await self._parts.writer.wait(self.job_id, epoch=self.document["epoch"], reason=reason)

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
        if not self._outstanding:
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
            spent = await self._parts.spending.first_answers(self.job_id, self._low, low)
            self._spend = add_up((*self._spend, *spent))
            self._low = low
            self._unsaved = True
        return count

    async def feed(self, share: int) -> None:
        """Ask again what is overdue or void, then walk on while the share allows. Raises LeaseLostError."""
        if self._asked_epoch != self.document["epoch"]:
            self._outstanding.all_due_now()
            self._asked_epoch = self.document["epoch"]
            self._unsaved = True
        await self._ask_again()
        while (room := min(share - len(self._outstanding), BATCH)) > 0 and not self._walked:
            if self._cursor - self._low >= LONGEST_SPAN or not await self._walk(room):
                break

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

    def _progress(self) -> Progress:
        return Progress(
            cursor=self._cursor,
            low=self._low,
            totals=self._totals,
            asks=self._outstanding.repeated(),
            asked_epoch=self._asked_epoch,
            rate_per_second=round(self._rate.per_second, 3),
            spend=self._spend,
        )

    async def _walk(self, limit: int) -> bool:
        """Ask for the next records; False when the selection is exhausted."""
        below = self.document["selection"]["below_seq"]
        records = await self._parts.records.walk(self.document["dataset_id"], self._cursor, below, limit)
        due = self._parts.clock() + self._parts.deadline_seconds
        for record in records:
            self._outstanding.ask(record["seq"], number=1, due=due)
        self._cursor = records[-1]["seq"] + 1 if len(records) == limit else below
        self._unsaved = True
        await self.save()
        await self._publish([self._request(record, 1) for record in records], "first")
        return not self._walked

    async def _ask_again(self) -> None:
        while overdue := self._outstanding.overdue(self._parts.clock(), BATCH):
            due = self._parts.clock() + self._parts.deadline_seconds
            undelivered: set[int] = set()
            for ask in overdue:
                number = ask.number if ask.void else ask.number + 1
                if number > MAX_ASKS:
                    undelivered.add(ask.seq)
                self._outstanding.ask(ask.seq, number=min(number, MAX_ASKS), due=due)
            self._unsaved = True
            await self.save()
            seqs = [ask.seq for ask in overdue]
            records = await self._parts.records.get_many(self.document["dataset_id"], seqs)
            if len(records) < len(seqs):
                log.error("dispatch.records_missing", job_id=self.job_id, count=len(seqs) - len(records))
            again = [record for seq, record in records.items() if seq not in undelivered]
            await self._publish(
                [self._request(record, self._outstanding.number_of(record["seq"])) for record in again], "again"
            )
            await self._publish(
                [self._undelivered(records[seq]) for seq in undelivered if seq in records], "undelivered"
            )
            log.warning("dispatch.asked_again", job_id=self.job_id, count=len(again), undelivered=len(undelivered))

    def _about(self, record: RecordDocument) -> dict[str, Any]:
        return {
            "job_id": self.job_id,
            "project_id": self.document["project_id"],
            "seq": record["seq"],
            "record_id": record["record_id"],
            "epoch": self._asked_epoch,
            "content_hash": record["content_hash"],
        }

    def _request(self, record: RecordDocument, ask: int) -> AnnotationRequestedV1:
        deadline = datetime.now(UTC) + timedelta(seconds=self._parts.deadline_seconds)
        return AnnotationRequestedV1(**self._about(record), ask=ask, fields=record["fields"], deadline=deadline)

    def _undelivered(self, record: RecordDocument) -> AnnotationRespondedV1:
        metrics.UNDELIVERED.inc()
        message = f"asked {MAX_ASKS} times, no answer came back within {self._parts.deadline_seconds:g} s each"
        error = ResponseError(kind=ErrorKind.UNDELIVERED, message=message)
        return AnnotationRespondedV1(**self._about(record), ask=MAX_ASKS, error=error)

    async def _publish(self, events: Sequence[Event], kind: str) -> None:
        if not events:
            return
        await self._parts.producer.send_all(events)
        metrics.REQUESTS_DISPATCHED.labels(kind).inc(len(events))
