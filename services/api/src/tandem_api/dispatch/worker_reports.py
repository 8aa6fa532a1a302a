"""Storage of the workers' reports for the API, which does not listen to the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from tandem.events import WorkerReportedV1
from tandem.observability.logs import get_logger
from tandem.store.database import StoreUnavailableError
from tandem.store.workers.writer import WorkerWriter

log = get_logger(__name__)


class WorkerReportKeeper:
    """Writes the live workers' reports about every second. After a failed write, the next one makes up for it."""

    def __init__(
        self,
        writer: WorkerWriter,
        live: Callable[[], Sequence[WorkerReportedV1]],
        *,
        every_seconds: float,
    ) -> None:
        self._writer = writer
        self._live = live
        self._every_seconds = every_seconds

    async def run(self) -> None:
        """Write reports until cancelled."""
        while True:
            try:
                await self._writer.record(self._live())
            except StoreUnavailableError as error:
                log.warning("dispatch.reports_not_kept", reason=str(error))
            await asyncio.sleep(self._every_seconds)
