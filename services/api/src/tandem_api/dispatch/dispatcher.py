"""The dispatcher's loop: takes leases, shares the window between jobs, publishes requests."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence

from tandem.events import WorkerReportedV1
from tandem.messaging import Producer
from tandem.observability import metrics
from tandem.observability.health import Health
from tandem.observability.logs import get_logger
from tandem.observability.series import start_at_zero
from tandem.pricing import PriceTable
from tandem.rendering.pool import RendererPool
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.spending import SpendingReader
from tandem.store.database import StoreUnavailableError
from tandem.store.jobs.dispatch_writer import JobDispatchWriter, LeaseLostError
from tandem.store.jobs.reader import JobReader
from tandem.store.records.reader import RecordReader
from tandem_api.dispatch.accounts import Waiting
from tandem_api.dispatch.adapters import DispatchAdapters
from tandem_api.dispatch.budget import Budgets
from tandem_api.dispatch.feeder import JobFeeder
from tandem_api.dispatch.fleet import FleetView
from tandem_api.dispatch.holding import HeldJobs
from tandem_api.dispatch.label_makers import LabelMakers
from tandem_api.dispatch.reuse import AnswerReuse
from tandem_api.dispatch.settings import DispatchSettings
from tandem_api.examples.pool import ExamplePools

log = get_logger(__name__)

HAND_OVER_SECONDS = 8.0
"""The longest that a dispatcher which is told to stop waits for its tick to end and its leases to be handed over. With
what closes after it, it ends before the 30 s are over after which Kubernetes kills it."""
Workers = Callable[[], Sequence[WorkerReportedV1]]


class LiveClock:
    """Measures seconds that pass only while a worker is alive: no record falls overdue because no worker runs."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seconds = 0.0
        self._last = monotonic()

    def advance(self, *, alive: bool) -> None:
        now = self._monotonic()
        if alive:
            self._seconds += now - self._last
        self._last = now

    def __call__(self) -> float:
        return self._seconds


class Dispatcher:
    """Feeds the jobs whose lease it holds. Several may run; each job is fed by the one that holds its lease."""

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
        makers: LabelMakers,
        examples: ExamplePools,
        jobs: JobReader,
        renderers: RendererPool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up the dispatcher. `monotonic`: the clock of everything but leases, which run on the database's."""
        start_at_zero(metrics.REQUESTS_DISPATCHED, ("first", "again", "no_call", "undelivered"))
        self._settings = settings
        self._monotonic = monotonic
        self._workers = workers
        self._health = health
        self._clock = LiveClock(monotonic)
        self._fleet = FleetView(listen_seconds=settings.listen_seconds, clock=monotonic)
        parts = DispatchAdapters(
            writer=writer,
            records=records,
            annotations=annotations,
            producer=producer,
            clock=self._clock,
            deadline_seconds=settings.deadline_seconds,
            budgets=Budgets(spending, prices, self._clock, settings.paid_calls, self._fleet.reasons),
            makers=makers,
            examples=examples,
            reuse=AnswerReuse(jobs=jobs, records=records, annotations=annotations),
            renderers=renderers,
            monotonic=monotonic,
        )
        self._held = HeldJobs(parts, settings)
        self._waiting = Waiting(self._fleet, settings, monotonic)
        self._stopping = asyncio.Event()
        self._released = asyncio.Event()
        health.expect("mongodb")

    def broker_forgot(self, topic: str) -> None:
        """Note that an acknowledged offset went backwards: the topic is a new one, what was published is gone."""
        log.warning("dispatch.broker_forgot", topic=topic)
        self._held.broker_forgot()

    async def stop(self) -> None:
        """End `run` after the tick under way; returns once the leases are handed over.

        Where that takes longer than `HAND_OVER_SECONDS`, since the broker is away, the leases are left to lapse: then
        another dispatcher takes the jobs over, as from one that was killed.
        """
        self._stopping.set()
        try:
            async with asyncio.timeout(HAND_OVER_SECONDS):
                await self._released.wait()
        except TimeoutError:
            log.warning("dispatch.not_handed_over", jobs=len(self._held.feeders), seconds=HAND_OVER_SECONDS)

    async def run(self) -> None:
        """Feed jobs until stopped; wait while MongoDB or Kafka is away."""
        try:
            await self._feed_until_stopped()
            await self._held.hand_over()
        finally:
            self._released.set()

    async def _feed_until_stopped(self) -> None:
        while not self._stopping.is_set():
            pause = self._settings.tick_seconds if self._held.feeders else self._settings.look_seconds
            try:
                await self.tick()
                self._health.set("mongodb", None)
            except StoreUnavailableError as error:
                self._health.set("mongodb", str(error))
                log.warning("dispatch.store_unavailable", reason=str(error))
                pause = random.uniform(0.5, 2.0)  # noqa: S311 - jitter, not a secret
            await self._wait(pause)

    async def keep_leases(self) -> None:
        """Renew the held leases, apart from the loop, which may wait for the broker longer than a lease lasts."""
        while not self._stopping.is_set():
            try:
                await self._held.keep()
            except StoreUnavailableError as error:
                log.warning("dispatch.lease_not_renewed", reason=str(error))
            await self._wait(self._settings.lease_seconds / 4)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass

    async def tick(self) -> None:
        """Run one turn. Raises StoreUnavailableError, after which the next turn does what this one did not."""
        workers = self._workers()
        self._clock.advance(alive=bool(workers))
        if self._held.is_look_due:
            await self._held.look()
        for feeder in self._held.feeders.values():
            await feeder.settle()
        self._fleet.on_report(workers)
        for job_id in await self._waiting.judge(self._held.feeders.values()):
            self._held.let_go(job_id)
        await self._let_raised_budgets_go_on()
        if self._held.unannounced:
            await self._held.look()  # published before any request of the new epoch is
        running = {job_id: feeder for job_id, feeder in self._held.feeders.items() if feeder.running}
        shares = self._waiting.windows(running)
        for job_id, feeder in running.items():
            try:
                await feeder.feed(shares[job_id])
                await feeder.save()
                await self._finish_if_done(feeder)
            except LeaseLostError:
                self._held.let_go(job_id)
        waiting = [feeder for feeder in self._held.feeders.values() if feeder.waits]
        for feeder in waiting:
            await self._finish_if_done(feeder)  # by answers that were on their way
        metrics.LIVE_WORKERS.set(len(workers))
        metrics.DISPATCH_LEASES.set(len(self._held.feeders))
        metrics.DISPATCH_OUTSTANDING.set(sum(feeder.outstanding for feeder in self._held.feeders.values()))
        metrics.DISPATCH_BACKLOG.set(
            sum(f.unended for f in running.values() if f.asks_model) + sum(f.waiting for f in waiting)
        )

    async def _finish_if_done(self, feeder: JobFeeder) -> None:
        try:
            if await feeder.finish_if_done():
                self._held.look_soon()
        except LeaseLostError:
            self._held.let_go(feeder.job_id)

    async def _let_raised_budgets_go_on(self) -> None:
        for job_id, feeder in list(self._held.feeders.items()):
            try:
                await feeder.go_on_if_budget_allows()
            except LeaseLostError:
                self._held.let_go(job_id)
