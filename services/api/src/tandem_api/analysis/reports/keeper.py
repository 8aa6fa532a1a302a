"""Report keeper: makes the report of every job that ends, whether anybody asks for it or not."""

from __future__ import annotations

from datetime import timedelta

from tandem.observability.logs import get_logger
from tandem.store.database import StoreUnavailableError, utcnow
from tandem.store.jobs.documents import JobDocument
from tandem.store.jobs.reader import JobReader
from tandem.store.reports.reader import ReportReader
from tandem_api.analysis.reports.service import ReportService
from tandem_api.keeper import Keeper

LOOK_SECONDS = 5.0
LOOK_BACK = timedelta(days=1)
"""At the start, jobs that ended while no API process ran are found, if they ended within this time."""
_OVERLAP = timedelta(minutes=1)

log = get_logger(__name__)


class JobReportKeeper(Keeper):
    """Keeps reports in the background. Each API process has one; two that make the same report at once write equal
    ones."""

    def __init__(
        self, jobs: JobReader, known: ReportReader, reports: ReportService, *, look_seconds: float = LOOK_SECONDS
    ) -> None:
        super().__init__("reports", look_seconds)
        self._jobs = jobs
        self._known = known
        self._reports = reports
        self._since = utcnow() - LOOK_BACK

    async def look(self) -> None:
        """Keep the reports of the jobs that ended since the last look. Raises StoreUnavailableError."""
        ended = await self._jobs.finished_since(self._since)
        made_at = await self._known.made_at([job["_id"] for job in ended])
        for job in ended:
            made = made_at.get(job["_id"])
            if made is None or (job["finished_at"] is not None and made < job["finished_at"]):  # it was run again
                await self._keep(job)
            if self._stopping.is_set():
                return
        if ended and ended[-1]["finished_at"] is not None:
            self._since = max(self._since, ended[-1]["finished_at"] - _OVERLAP)

    async def _keep(self, job: JobDocument) -> None:
        try:
            await self._reports.keep(job)
        except StoreUnavailableError:
            raise
        except Exception:
            # One job's report must not end the api; whoever asks for it is told what is wrong.
            log.exception("reports.not_kept", job_id=job["_id"])
        else:
            log.info("reports.kept", job_id=job["_id"])
