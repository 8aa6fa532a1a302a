"""When the queue is compared with the annotations."""

from __future__ import annotations

import asyncio
import contextlib

from tandem.events import JobPublishedV1
from tandem.observability.logs import get_logger
from tandem.store.database import StoreUnavailableError
from tandem_verification_ui.queue.sweep import QueueSweep

COUNT_SECONDS = 10.0
RETRY_SECONDS = 2.0

_log = get_logger(__name__)


class SweepSchedule:
    """Everything at start, when the broker lost something, and every hour; live jobs every few minutes, and each job
    once more after its end. Asking twice before a sweep began is asking once."""

    def __init__(
        self, sweep: QueueSweep, *, sweep_seconds: float, full_sweep_seconds: float, settle_seconds: float
    ) -> None:
        """`settle_seconds`: from the end of a job to its sweep, so that its last events can arrive by themselves."""
        self._sweep = sweep
        self._sweep_seconds = sweep_seconds
        self._full_sweep_seconds = full_sweep_seconds
        self._settle_seconds = settle_seconds
        self._wake = asyncio.Event()
        self._all = True
        self._ended: set[str] = set()
        self._live: set[str] = set()
        self._next_live = 0.0
        self._next_full = 0.0

    def sweep_everything(self) -> None:
        """Soon."""
        self._all = True
        self._wake.set()

    async def on_lost(self) -> None:
        """For the consumer: the broker forgot what it had."""
        self.sweep_everything()

    def on_job_change(self, job: JobPublishedV1) -> None:
        """For the job table."""
        if not job.state.is_live:
            asyncio.get_running_loop().call_later(self._settle_seconds, self._sweep_ended, job.job_id)

    def _sweep_ended(self, job_id: str) -> None:
        self._ended.add(job_id)
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. While MongoDB is away, waits; what was asked for stays asked for."""
        while True:
            self._wake.clear()
            try:
                await self._what_is_due()
                await self._sweep.count_open()
            except StoreUnavailableError as error:
                _log.warning("review.sweep.delayed", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), min(COUNT_SECONDS, self._sweep_seconds))

    async def _what_is_due(self) -> None:
        clock = asyncio.get_running_loop().time
        if self._all or clock() >= self._next_full:
            self._all = False  # before the sweep: a loss during it asks for another one
            try:
                await self._sweep.sweep_all()
            except StoreUnavailableError:
                self._all = True
                raise
            self._next_full = clock() + self._full_sweep_seconds
        for job_id in sorted(self._ended):
            await self._sweep.sweep_job(job_id)
            self._ended.discard(job_id)
        if clock() >= self._next_live:
            live = await self._sweep.live_jobs()
            for job_id in sorted(live | self._live):
                await self._sweep.sweep_job(job_id)
            self._live = live
            self._next_live = clock() + self._sweep_seconds
