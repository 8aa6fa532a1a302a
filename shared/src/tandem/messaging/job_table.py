"""State of the jobs, as this process knows it from the compacted topic `annotation.jobs`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tandem.events import JobPublishedV1
from tandem.events.catalog import JOBS
from tandem.messaging.broadcast import BroadcastReader
from tandem.messaging.connection import Connection
from tandem.messaging.producer import Producer


class JobTable:
    """The newest known state of every job, by (epoch, revision).

    Kept up to date for as long as it is started. Live jobs are republished every few seconds, so a broker that forgot
    everything is caught up with soon; until then the table keeps what it knows.
    """

    def __init__(self, connection: Connection, *, producer: Producer | None = None) -> None:
        """Start empty. `producer`: writes undecodable messages to the dead letter; without one they are skipped."""
        self._jobs: dict[str, JobPublishedV1] = {}
        self._arrivals: dict[str, asyncio.Future[None]] = {}
        self._callbacks: list[Callable[[JobPublishedV1], None]] = []
        self._reader: BroadcastReader[JobPublishedV1] = BroadcastReader(
            connection=connection, topic=JOBS, apply=self.apply, from_beginning=True, producer=producer
        )

    async def start(self) -> None:
        """Return once everything that was in the topic at the start is known. Raises BrokerUnavailableError."""
        await self._reader.start()

    async def run(self) -> None:
        """Run until reading fails for good; a component that lets the process notice."""
        await self._reader.run()

    async def stop(self) -> None:
        await self._reader.stop()

    def get(self, job_id: str) -> JobPublishedV1 | None:
        return self._jobs.get(job_id)

    def live(self) -> list[JobPublishedV1]:
        """Return the jobs that are running, paused or waiting."""
        return [job for job in self._jobs.values() if job.state.is_live]

    async def wait_for(self, job_id: str, timeout: float) -> JobPublishedV1 | None:  # noqa: ASYNC109 - None is an answer here
        """Return the job, waiting up to `timeout` seconds for its first publication; None if it did not come."""
        if (job := self._jobs.get(job_id)) is not None:
            return job
        arrival = self._arrivals.setdefault(job_id, asyncio.get_running_loop().create_future())
        await asyncio.wait((arrival,), timeout=timeout)  # does not cancel the future, which others may wait on
        return self._jobs.get(job_id)

    def on_change(self, callback: Callable[[JobPublishedV1], None]) -> None:
        """Have `callback` called with each newer state of a job. It must not block."""
        self._callbacks.append(callback)

    def apply(self, job: JobPublishedV1) -> None:
        """Apply a publication, unless one as new is known."""
        known = self._jobs.get(job.job_id)
        if known is not None and (known.epoch, known.revision) >= (job.epoch, job.revision):
            return
        self._jobs[job.job_id] = job
        if (arrival := self._arrivals.pop(job.job_id, None)) is not None:
            arrival.set_result(None)
        for callback in self._callbacks:
            callback(job)
