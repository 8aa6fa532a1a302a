"""Handover of partitions from other workers: their calls under way end first, and their answers are known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping

from tandem.events import WorkerReportedV1
from tandem.messaging import WorkerReports
from tandem.observability.logs import get_logger

LOOK_SECONDS = 0.5
"""Interval of the check for workers that fell silent."""
DEAF_SECONDS = 5.0
"""Seconds without any report, one's own included: the broker was away, or this process stood still."""
SETTLE_SECONDS = 3.0
"""Seconds of reading after that before silence counts: workers that were cut off too report again by then."""

_log = get_logger(__name__)


class Handover:
    """`await handover(partitions)` before the first request of partitions that came from others.

    Others go on calling while partitions are shared out, and learn a little later than this worker what they lost. So
    this waits until each of them has reported, of the same generation of the group or a later one, that it
    holds no request of these partitions; then the answers are read. Who fell silent is not waited for, and nobody for
    longer than `seconds`: what is still under way then may be paid twice. When this worker read no report for a while,
    not even itself, the silence of others says nothing yet.
    """

    def __init__(
        self,
        *,
        worker: str,
        reports: WorkerReports,
        generation: Callable[[], int],
        tail: Callable[[Mapping[int, int]], Awaitable[None]],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worker = worker
        self._reports = reports
        self._generation = generation
        self._tail = tail
        self._seconds = seconds
        self._clock = clock
        self._news = asyncio.Event()
        self._heard_at = clock()
        self._settled_at = float("-inf")
        reports.on_report.append(self._on_report)

    async def __call__(self, behind: Mapping[int, int]) -> None:
        """Wait for the handover. `behind`: for each partition of requests, how many are not committed."""
        until = self._clock() + self._seconds
        while not self._is_settled() or self._holders(behind):
            left = until - self._clock()
            if left <= 0.0:
                holders = self._holders(behind)
                _log.warning("worker.handover.not_waited_for", partitions=len(behind), workers=len(holders))
                break
            self._news.clear()
            try:
                async with asyncio.timeout(min(LOOK_SECONDS, left)):
                    await self._news.wait()
            except TimeoutError:
                continue
        await self._tail(behind)

    def _on_report(self, _report: WorkerReportedV1) -> None:
        now = self._clock()
        if now - self._heard_at > DEAF_SECONDS:
            self._settled_at = now + SETTLE_SECONDS
        self._heard_at = now
        self._news.set()

    def _is_settled(self) -> bool:
        """Return whether reports are being read, and were for long enough to have received one of every worker."""
        now = self._clock()
        return now - self._heard_at <= DEAF_SECONDS and now >= self._settled_at

    def _holders(self, partitions: Collection[int]) -> list[str]:
        return holders(self._reports.fresh(), partitions, worker=self._worker, generation=self._generation())


def holders(
    reports: Collection[WorkerReportedV1], partitions: Collection[int], *, worker: str, generation: int
) -> list[str]:
    """Return the workers that, by their last reports, have or may have requests of these partitions in flight."""
    wanted = set(partitions)
    return [
        report.worker
        for report in reports
        if report.worker != worker and (0 <= report.generation < generation or not wanted.isdisjoint(report.holding))
    ]
