"""/jobs/{id}/passes"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.resources.jobs.schemas import Job
from tandem_api.resources.passes.schemas import JobPassList, PassCheck, RunAgain
from tandem_api.resources.passes.service import PassService

router = APIRouter(tags=["jobs"])
Service = Annotated[PassService, provided(PassService)]


@router.get("/jobs/{job_id}/passes", responses=problem_responses(404))
async def list_passes(job_id: str, caller: Viewer, service: Service) -> JobPassList:
    """List the job's passes, the first run first, each with what was asked and how its records ended."""
    return await service.list(job_id, caller)


@router.post("/jobs/{job_id}/passes", status_code=201, responses=problem_responses(404, 409, 422))
async def run_job_again(job_id: str, body: RunAgain, caller: Admin, service: Service) -> Job:
    """Run records of a completed or cancelled job again, in a new pass. People's decisions hold over its labels."""
    return await service.run_again(job_id, body, caller)


@router.post("/jobs/{job_id}/passes/check", responses=problem_responses(404, 422))
async def check_pass(job_id: str, body: RunAgain, caller: Admin, service: Service) -> PassCheck:
    """Count the records that would run again, and estimate their price. Nothing is changed."""
    return await service.check(job_id, body, caller)
