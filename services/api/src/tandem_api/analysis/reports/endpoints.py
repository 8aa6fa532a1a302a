"""/jobs/{id}/report"""

from __future__ import annotations

from fastapi import APIRouter

from tandem.web import Viewer, problem_responses
from tandem_api.analysis.reports.schemas import JobReport
from tandem_api.routing import PREFIX, Api

router = APIRouter(prefix=f"{PREFIX}/jobs/{{job_id}}", tags=["reports"])


@router.get("/report", responses=problem_responses(404))
async def get_job_report(job_id: str, caller: Viewer, api: Api) -> JobReport:
    """Return how the job ended, how its labels are spread and how good they are; live while it runs.

    A report over very many records is made bit by bit: `share` says how much is in it.
    """
    return await api.reports.report(job_id, caller)
