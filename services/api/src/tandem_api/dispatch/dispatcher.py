"""The dispatcher's loop: which jobs are ours, how the window is shared, what is published when."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence

from tandem.events import JobPublishedV1, WorkerReportedV1
from tandem.events.catalog import JOBS
from tandem.messaging import Producer
from tandem.observability import metrics
from tandem.observability.health import Health
from tandem.observability.logs import get_logger
from tandem.pricing import PriceTable
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.spending import SpendingReader
from tandem.store.database import StoreUnavailableError
from tandem.store.jobs.dispatch_writer import JobDispatchWriter, LeaseLostError
from tandem.store.jobs.documents import JobDocument, job_published
from tandem.store.records.reader import RecordReader
from tandem_api.dispatch.accounts import Waiting
from tandem_api.dispatch.budget import Budgets
from tandem_api.dispatch.feeder import JobFeeder, Parts
from tandem_api.dispatch.fleet import Fleet
from tandem_api.dispatch.making import Makers
from tandem_api.dispatch.settings import DispatchSettings
from tandem_api.examples.pool import ExamplePools

log = get_logger(__name__)

Workers = Callable[[], Sequence[WorkerReportedV1]]


class LiveClock:
    """Seconds that pass only while a worker is alive: no record falls overdue because nobody is there."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._last = time.monotonic()

    def advance(self, *, alive: bool) -> None:
        now = time.monotonic()
        if alive:
            self._seconds += now - self._last
        self._last = now

    def __call__(self) -> float:
        return self._seconds


class Dispatcher:
    """Several may run; each job is fed by the one that holds its lease."""

    def __init__(
        self,
        *,
        settings: DispatchSettings,
        writer: JobDispatchWriter,
        records: RecordReader,
        annotations: AnnotationReader,
        producer: Producer,
        workers: Workers,
        health: Health,
        spending: SpendingReader,
        prices: PriceTable,
        makers: Makers,
        examples: ExamplePools,
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._producer = producer
        self._workers = workers
        self._health = health
        self._clock = LiveClock()
        self._fleet = Fleet(listen_seconds=settings.listen_seconds)
        self._parts = Parts(
            writer=writer,
            records=records,
            annotations=annotations,
            producer=producer,
            clock=self._clock,
            deadline_seconds=settings.deadline_seconds,
            budgets=Budgets(spending, prices, self._clock, settings.paid_calls, self._fleet.reasons),
            makers=makers,
            examples=examples,
        )
        self._feeders: dict[str, JobFeeder] = {}
        self._announced: dict[str, tuple[tuple[int, int], float]] = {}
        self._waiting = Waiting(self._fleet, settings)
        self._looked = float("-inf")
        self._settled = time.monotonic()
        self._stopping = asyncio.Event()
        self._released = asyncio.Event()
        health.expect("mongodb")

    def broker_forgot(self, topic: str) -> None:
        """An acknowledged offset went backwards: the topic is a new one, what was published is gone."""
        log.warning("dispatch.broker_forgot", topic=topic)
        self._announced.clear()
        for feeder in self._feeders.values():
            feeder.ask_all_again()

    async def stop(self) -> None:
        """End `run` after the tick under way; returns once the leases are handed over."""
        self._stopping.set()
        await self._released.wait()

    async def run(self) -> None:
        """Feed jobs until stopped; wait for Kafka. Raises StoreUnavailableError when MongoDB stays away too long."""
        try:
            await self._feed_until_stopped()
            await self._release_all()
        finally:
            self._released.set()

    async def _feed_until_stopped(self) -> None:
        away_since: float | None = None
        while not self._stopping.is_set():
            pause = self._settings.tick_seconds if self._feeders else self._settings.look_seconds
            try:
                await self._tick()
                away_since = None
                self._health.set("mongodb", None)
            except StoreUnavailableError as error:
                self._health.set("mongodb", str(error))
                now = time.monotonic()
                away_since = away_since or now
                if now - away_since > self._settings.give_up_seconds:
                    raise
                log.warning("dispatch.store_unavailable", reason=str(error))
                pause = random.uniform(0.5, 2.0)  # noqa: S311 - jitter, not a secret
            await self._wait(pause)

    async def keep_leases(self) -> None:
        """Renew what is held, apart from the loop, which may wait for the broker longer than a lease lasts."""
        while not self._stopping.is_set():
            if self._feeders:
                try:
                    await self._writer.renew(list(self._feeders), seconds=self._settings.lease_seconds)
                except StoreUnavailableError as error:
                    log.warning("dispatch.lease_not_renewed", reason=str(error))
            await self._wait(self._settings.lease_seconds / 4)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass

    async def _tick(self) -> None:
        workers = self._workers()
        self._clock.advance(alive=bool(workers))
        if time.monotonic() - self._looked >= self._settings.look_seconds:
            self._looked = time.monotonic()
            await self._look()
        await self._settle()
        self._fleet.hear(workers)
        moved, lost = await self._waiting.judge(self._feeders.values())
        for job_id in lost:
            self._let_go(job_id)
        if await self._let_raised_budgets_go_on() or moved:
            await self._look()  # published before any request of the new epoch is
        running = {job_id: feeder for job_id, feeder in self._feeders.items() if feeder.running}
        shares = self._waiting.windows(running)
        for job_id, feeder in running.items():
            try:
                await feeder.feed(shares[job_id])
                await feeder.save()
                await self._finish_if_done(feeder)
            except LeaseLostError:
                self._let_go(job_id)
        waiting = [feeder for feeder in self._feeders.values() if feeder.waiting or feeder.out_of_budget]
        for feeder in waiting:
            await self._finish_if_done(feeder)  # by answers that were on their way
        metrics.LIVE_WORKERS.set(len(workers))
        metrics.DISPATCH_LEASES.set(len(self._feeders))
        metrics.DISPATCH_OUTSTANDING.set(sum(feeder.outstanding for feeder in self._feeders.values()))
        metrics.DISPATCH_BACKLOG.set(
            sum(f.unended for f in running.values() if f.asks_model) + sum(f.waiting for f in waiting)
        )

    async def _finish_if_done(self, feeder: JobFeeder) -> None:
        try:
            if await feeder.finish_if_done():
                self._looked = float("-inf")
        except LeaseLostError:
            self._let_go(feeder.job_id)

    async def _let_raised_budgets_go_on(self) -> bool:
        moved = False
        for job_id, feeder in list(self._feeders.items()):
            try:
                moved = await feeder.go_on_if_budget_allows() or moved
            except LeaseLostError:
                self._let_go(job_id)
        return moved

    async def _settle(self) -> None:
        now = time.monotonic()
        seconds, self._settled = max(now - self._settled, 1e-3), now
        for feeder in self._feeders.values():
            await feeder.settle(seconds)

    async def _look(self) -> None:
        """Read the jobs that need a dispatcher; take leases that are free; publish what changed or is due again."""
        documents = {document["_id"]: document for document in await self._writer.unannounced()}
        for job_id in self._feeders.keys() - documents.keys():
            self._let_go(job_id)
        events: list[JobPublishedV1] = []
        for job_id, read in documents.items():
            document: JobDocument | None = read
            feeder = self._feeders.get(job_id)
            if feeder is None or not self._writer.holds(read):
                self._let_go(job_id)
                document = await self._take(job_id, read["epoch"])
            elif feeder is not None:
                feeder.refresh(read)
            if document is not None and self._is_due(document):
                events.append(job_published(document))
        if not events:
            return
        await self._producer.send_all(events)
        for event in events:
            if event.state.is_live:
                self._announced[event.job_id] = ((event.epoch, event.revision), time.monotonic())
            else:
                await self._writer.announced(event.job_id, revision=event.revision)
                self._let_go(event.job_id)

    async def _take(self, job_id: str, epoch: int) -> JobDocument | None:
        document = await self._writer.acquire(job_id, seconds=self._settings.lease_seconds)
        if document is None:
            return None
        if taken_over := document["epoch"] > epoch:
            metrics.DISPATCH_TAKEOVERS.inc()
        elif (offset := document["dispatch"].get("jobs_offset")) is not None:
            self._producer.expect_above(JOBS, offset)
        self._feeders[job_id] = await JobFeeder.adopt(document, self._parts)
        log.info("dispatch.lease_taken", job_id=job_id, epoch=document["epoch"], taken_over=taken_over)
        return document

    def _is_due(self, document: JobDocument) -> bool:
        version, at = self._announced.get(document["_id"], ((0, 0), 0.0))
        changed = version != (document["epoch"], document["revision"])
        return changed or time.monotonic() - at >= self._settings.announce_seconds

    def _let_go(self, job_id: str) -> None:
        self._feeders.pop(job_id, None)
        self._announced.pop(job_id, None)

    async def _release_all(self) -> None:
        for job_id, feeder in list(self._feeders.items()):
            try:
                await feeder.save()
                await self._writer.release(job_id, jobs_offset=self._producer.last_offset(JOBS))
            except (LeaseLostError, StoreUnavailableError) as error:
                log.warning("dispatch.lease_not_released", job_id=job_id, reason=type(error).__name__)
        self._feeders.clear()
