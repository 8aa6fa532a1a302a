"""Jobs whose leases this dispatcher holds: claimed when free, announced when changed, handed over at the end."""

from __future__ import annotations

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from tandem.events import JobPublishedV1, JobState
from tandem.events.catalog import JOBS
from tandem.observability import metrics
from tandem.observability.logs import get_logger
from tandem.store.database import StoreUnavailableError
from tandem.store.jobs.dispatch_writer import LeaseLostError
from tandem.store.jobs.documents import JobDocument, job_published
from tandem_api.dispatch.adapters import DispatchAdapters
from tandem_api.dispatch.feeder import JobFeeder
from tandem_api.dispatch.settings import DispatchSettings

log = get_logger(__name__)

RELEASE_SECONDS = 3.0
"""Seconds for which a hand-over is retried."""
RELEASE_WAIT_SECONDS = 0.05


class HeldJobs:
    """The feeders by job, and the version of each job that was announced last.

    Pending announcements are derived from both, so that no failure in between loses them.
    """

    def __init__(self, parts: DispatchAdapters, settings: DispatchSettings) -> None:
        self._parts = parts
        self._settings = settings
        self._writer = parts.writer
        self._producer = parts.producer
        self._clock = parts.monotonic
        self.feeders: dict[str, JobFeeder] = {}
        self._announced: dict[str, tuple[tuple[int, int], float]] = {}
        self._logs = 0
        """Number of times that the broker lost what was published."""
        self._looked = float("-inf")

    def broker_forgot(self) -> None:
        """Announce all jobs again, and ask again for everything outstanding. May be called at any time."""
        self._logs += 1
        self._announced.clear()
        for feeder in self.feeders.values():
            feeder.ask_all_again()

    @property
    def is_look_due(self) -> bool:
        return self._clock() - self._looked >= self._settings.look_seconds

    def look_soon(self) -> None:
        """Have the next turn look for jobs."""
        self._looked = float("-inf")

    @property
    def unannounced(self) -> bool:
        """Return whether the state of a job here was not published yet."""
        return any(not self._is_announced(feeder.document) for feeder in self.feeders.values())

    async def look(self) -> None:
        """Read the jobs that need a dispatcher; claim free leases; publish states that changed or are due again."""
        documents = {document["_id"]: document for document in await self._writer.unannounced()}
        for job_id in self.feeders.keys() - documents.keys():
            self.let_go(job_id)
        events: list[JobPublishedV1] = []
        for job_id, read in documents.items():
            document: JobDocument | None = read
            feeder = self.feeders.get(job_id)
            if feeder is None or not self._writer.holds(read):
                self.let_go(job_id)
                document = await self._take(job_id, read["epoch"])
            elif feeder is not None:
                feeder.refresh(read)
            if document is not None and self._is_due(document):
                events.append(job_published(document))
        await self._announce(events)
        self._looked = self._clock()

    async def keep(self) -> None:
        """Renew the leases. Raises StoreUnavailableError."""
        if self.feeders:
            await self._writer.renew(list(self.feeders), seconds=self._settings.lease_seconds)

    def let_go(self, job_id: str) -> None:
        """Release a job that another dispatcher feeds, or that no longer needs one."""
        self.feeders.pop(job_id, None)
        self._announced.pop(job_id, None)

    async def hand_over(self) -> None:
        """Release all leases. One that cannot be released runs out."""
        for job_id, feeder in list(self.feeders.items()):
            try:
                async for attempt in _again_when_unavailable():
                    with attempt:
                        await feeder.hand_over()
                        await self._writer.release(job_id, jobs_offset=self._producer.last_offset(JOBS))
            except (LeaseLostError, StoreUnavailableError) as error:
                log.warning("dispatch.lease_not_released", job_id=job_id, reason=type(error).__name__)
        self.feeders.clear()

    async def _announce(self, events: list[JobPublishedV1]) -> None:
        if not events:
            return
        logs = self._logs
        await self._producer.send_all(events)
        if logs == self._logs:  # else nobody knows which log they are in
            self._announced |= {event.job_id: ((event.epoch, event.revision), self._clock()) for event in events}
        for event in events:
            if not event.state.is_live:
                await self._writer.announced(event.job_id, revision=event.revision)
                self.let_go(event.job_id)

    async def _take(self, job_id: str, epoch: int) -> JobDocument | None:
        document = await self._writer.acquire(job_id, seconds=self._settings.lease_seconds)
        if document is None:
            return None
        feeder = await JobFeeder.adopt(document, self._parts)
        if taken_over := document["epoch"] > epoch:
            metrics.DISPATCH_TAKEOVERS.inc()
        elif (offset := document["dispatch"].get("jobs_offset")) is not None:
            self._producer.expect_above(JOBS, offset)
        self.feeders[job_id] = feeder
        log.info("dispatch.lease_taken", job_id=job_id, epoch=document["epoch"], taken_over=taken_over)
        return document

    def _is_due(self, document: JobDocument) -> bool:
        if not self._is_announced(document) or not JobState(document["state"]).is_live:
            return True
        _, at = self._announced[document["_id"]]
        return self._clock() - at >= self._settings.announce_seconds

    def _is_announced(self, document: JobDocument) -> bool:
        version, _ = self._announced.get(document["_id"], ((0, 0), 0.0))
        return version == (document["epoch"], document["revision"])


def _again_when_unavailable() -> AsyncRetrying:
    """Retry for a short while: a lease that is not handed over runs out, and its records are asked for twice."""
    return AsyncRetrying(
        retry=retry_if_exception_type(StoreUnavailableError),
        wait=wait_random_exponential(RELEASE_WAIT_SECONDS, max=1.0),
        stop=stop_after_delay(RELEASE_SECONDS),
        reraise=True,
    )
