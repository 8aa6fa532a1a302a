"""When the queue is compared with the annotations."""

from __future__ import annotations

import asyncio
import contextlib
import random

from tandem.events import JobPublishedV1
from tandem.observability.logs import get_logger
from tandem.store.database import StoreUnavailableError
from tandem_verification_ui.queue.sweep import QueueSweep

COUNT_SECONDS = 10.0
RETRY_SECONDS = (1.0, 3.0)
"""From a sweep that failed to the next one, at least and at most."""

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
        self._asked = 1
        """How often everything was asked for."""
        self._done = 0
        """How often it had been when the last sweep over everything that ended well began."""
        self._ended: dict[str, int] = {}
        """Jobs that ended and are to be swept, with how often each was asked for."""
        self._live: set[str] = set()
        self._next_live = 0.0
        self._next_full = 0.0

    def sweep_everything(self) -> None:
        """Have everything swept soon."""
        self._asked += 1
        self._wake.set()

    async def on_lost(self) -> None:
        """For the consumer: the broker forgot what it had."""
        self.sweep_everything()

    def on_job_change(self, job: JobPublishedV1) -> None:
        """For the job table."""
        if not job.state.is_live:
            asyncio.get_running_loop().call_later(self._settle_seconds, self.sweep_ended, job.job_id)

    def sweep_ended(self, job_id: str) -> None:
        """Have a job that ended swept soon."""
        self._ended[job_id] = self._ended.get(job_id, 0) + 1
        self._wake.set()

    async def run(self) -> None:
        """Sweep what is due, until cancelled. What failed stays asked for and is tried again soon."""
        while True:
            self._wake.clear()
            try:
                await self.sweep_what_is_due()
                await self._sweep.count_open()
            except StoreUnavailableError as error:
                _log.warning("review.sweep.delayed", error=str(error))
                await asyncio.sleep(random.uniform(*RETRY_SECONDS))  # noqa: S311 - jitter, not a secret
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), min(COUNT_SECONDS, self._sweep_seconds))

    async def sweep_what_is_due(self) -> None:
        """Sweep what was asked for and what it is time for. Raises StoreUnavailableError; what was done is not asked
        for any more then, and the rest still is."""
        clock = asyncio.get_running_loop().time
        if self._done < (asked := self._asked) or clock() >= self._next_full:
            await self._sweep.sweep_all()
            self._done, self._next_full = asked, clock() + self._full_sweep_seconds
        for job_id, times in sorted(self._ended.items()):
            await self._sweep.sweep_job(job_id)
            if self._ended[job_id] == times:  # else it was asked for again meanwhile
                del self._ended[job_id]
        if clock() >= self._next_live:
            live = await self._sweep.live_jobs()
            for job_id in sorted(live | self._live):
                await self._sweep.sweep_job(job_id)
            self._live, self._next_live = live, clock() + self._sweep_seconds
