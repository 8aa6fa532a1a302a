"""Schedule of the sweeps, which compare the queue with the annotations."""

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
"""Shortest and longest wait between a sweep that failed and the next one."""

_log = get_logger(__name__)


class SweepSchedule:
    """Schedule of sweeps: everything at start, after a loss at the broker, and every hour; live jobs every few minutes.

    Each job is swept once more after its end. Asking twice before a sweep began is asking once.
    """

    def __init__(
        self, sweep: QueueSweep, *, sweep_seconds: float, full_sweep_seconds: float, settle_seconds: float
    ) -> None:
        """Set the intervals.

        `settle_seconds`: from the end of a job to its sweep, so that its last events can arrive.
        """
        self._sweep = sweep
        self._sweep_seconds = sweep_seconds
        self._full_sweep_seconds = full_sweep_seconds
        self._settle_seconds = settle_seconds
        self._wake = asyncio.Event()
        self._asked = 1
        """Number of times that a sweep over everything was asked for."""
        self._done = 0
        """Value of `_asked` when the last successful sweep over everything began."""
        self._ended: dict[str, int] = {}
        """Jobs that ended and are to be swept, each with how often it was asked for."""
        self._live: set[str] = set()
        self._next_live = 0.0
        self._next_full = 0.0

    def sweep_everything(self) -> None:
        """Request a sweep over everything."""
        self._asked += 1
        self._wake.set()

    async def on_lost(self) -> None:
        """Request a sweep over everything: the broker forgot what it had. For the consumer."""
        self.sweep_everything()

    def on_job_change(self, job: JobPublishedV1) -> None:
        """Note the state of a job. For the job table."""
        if not job.state.is_live:
            asyncio.get_running_loop().call_later(self._settle_seconds, self.sweep_ended, job.job_id)

    def sweep_ended(self, job_id: str) -> None:
        """Request a sweep of a job that ended."""
        self._ended[job_id] = self._ended.get(job_id, 0) + 1
        self._wake.set()

    async def run(self) -> None:
        """Sweep what is due, until cancelled. What failed remains requested and is tried again soon."""
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
        """Sweep what was requested and what is due by time.

        Raises StoreUnavailableError; the sweeps that succeeded are no longer requested then, and the others still are.
        """
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
