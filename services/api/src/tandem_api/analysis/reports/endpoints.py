"""/jobs/{id}/report"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from tandem.web import Viewer, problem_responses, provided
from tandem_api.analysis.reports.schemas import JobReport
from tandem_api.analysis.reports.service import ReportService

router = APIRouter(prefix="/jobs/{job_id}", tags=["reports"])
Service = Annotated[ReportService, provided(ReportService)]


@router.get("/report", responses=problem_responses(404))
async def get_job_report(job_id: str, caller: Viewer, service: Service) -> JobReport:
    """Return how the job ended, how its labels are spread and how good they are; live while it runs.

    A report over very many records is made bit by bit: `share` says how much is in it.
    """
    return await service.report(job_id, caller)
