"""Live workers, known from what they report about every second."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tandem.events import WorkerReportedV1
from tandem.events.catalog import HEARTBEATS
from tandem.messaging.broadcast import BroadcastReader
from tandem.messaging.connection import Connection
from tandem.messaging.producer import Producer

FRESH_SECONDS = 5.0
OLDEST = timedelta(seconds=30)
"""Reports older than this on arrival are ignored as past; generous, because clocks differ."""


class WorkerReports:
    """The last report of every worker, read from now on. Freshness goes by this process's own clock."""

    def __init__(
        self,
        connection: Connection,
        *,
        producer: Producer | None = None,
        tail: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start empty. `tail`: begin with that many past reports; `start` returns once those were read."""
        self._clock = clock
        self.on_report: list[Callable[[WorkerReportedV1], None]] = []
        """Called with each report as it comes."""
        self._reports: dict[str, tuple[float, WorkerReportedV1]] = {}
        self._reader: BroadcastReader[WorkerReportedV1] = BroadcastReader(
            connection=connection,
            topic=HEARTBEATS,
            apply=self.apply,
            from_beginning=False,
            tail=tail,
            producer=producer,
        )

    async def start(self) -> None:
        """Begin to read. Raises BrokerUnavailableError."""
        await self._reader.start()

    async def run(self) -> None:
        """Run until reading fails for good; a component that lets the process notice."""
        await self._reader.run()

    async def stop(self) -> None:
        await self._reader.stop()

    def live(self) -> list[WorkerReportedV1]:
        """Return the reports that came within the last five seconds, of workers that are not stopping."""
        return [report for report in self.fresh() if not report.stopping]

    def fresh(self) -> list[WorkerReportedV1]:
        """Return the reports that came within the last five seconds, of stopping workers too."""
        oldest = self._clock() - FRESH_SECONDS
        self._reports = {worker: entry for worker, entry in self._reports.items() if entry[0] >= oldest}
        return [report for _, report in self._reports.values()]

    def apply(self, report: WorkerReportedV1) -> None:
        """Apply a report, unless it is too old."""
        if datetime.now(UTC) - report.occurred_at <= OLDEST:
            self._reports[report.worker] = (self._clock(), report)
            for callback in self.on_report:
                callback(report)
