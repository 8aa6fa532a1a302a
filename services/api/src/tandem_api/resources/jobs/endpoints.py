"""/projects/{id}/jobs and /jobs"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.paging import After, Limit
from tandem_api.resources.jobs.schemas import Job, JobCheck, JobCost, JobCreate, JobPage
from tandem_api.resources.jobs.service import JobService
from tandem_api.resources.jobs.settings import JobUpdate

router = APIRouter(tags=["jobs"])
Service = Annotated[JobService, provided(JobService)]
Probe = Annotated[
    bool, Query(description="True: call the model for the first record, through the workers; it is paid.")
]


@router.post("/projects/{project_id}/jobs", status_code=201, responses=problem_responses(404, 422))
async def create_job(project_id: str, body: JobCreate, caller: Admin, service: Service, probe: Probe = False) -> Job:
    """Run an agent over the records that a data set has now. All problems are reported together, before it starts."""
    return await service.create(project_id, body, caller, probe=probe)


@router.post("/projects/{project_id}/jobs/check", responses=problem_responses(404, 422))
async def check_job(project_id: str, body: JobCreate, caller: Admin, service: Service, probe: Probe = True) -> JobCheck:
    """Report everything that is wrong with a job, before it is made, and estimate its tokens, price and time."""
    return await service.check(project_id, body, caller, probe=probe)


@router.get("/projects/{project_id}/jobs", responses=problem_responses(404))
async def list_jobs(
    project_id: str, caller: Viewer, service: Service, after: After = None, limit: Limit = 100
) -> JobPage:
    """List a project's jobs, newest first."""
    return await service.list(project_id, caller, after=after, limit=limit)


@router.get("/jobs/{job_id}", responses=problem_responses(404))
async def get_job(job_id: str, caller: Viewer, service: Service) -> Job:
    return await service.get(job_id, caller)


@router.patch("/jobs/{job_id}", responses=problem_responses(404, 409, 422))
async def change_job(job_id: str, body: JobUpdate, caller: Admin, service: Service) -> Job:
    """Change the budget, weight, pace or failure stop of a job that has not ended. Calls that the workers already hold
    are paid in any case."""
    return await service.change(job_id, body, caller)


@router.get("/jobs/{job_id}/cost", responses=problem_responses(404))
async def get_job_cost(job_id: str, caller: Viewer, service: Service) -> JobCost:
    """Return tokens, calls and price so far, by model."""
    return await service.cost(job_id, caller)


@router.post("/jobs/{job_id}/pause", responses=problem_responses(404, 409))
async def pause_job(job_id: str, caller: Admin, service: Service) -> Job:
    """Pause the job: no more records are requested; requests that the workers already hold are still answered."""
    return await service.pause(job_id, caller)


@router.post("/jobs/{job_id}/resume", responses=problem_responses(404, 409))
async def resume_job(job_id: str, caller: Admin, service: Service) -> Job:
    """Resume a paused job."""
    return await service.resume(job_id, caller)


@router.post("/jobs/{job_id}/go", responses=problem_responses(404, 409))
async def let_job_go_on(job_id: str, caller: Admin, service: Service) -> Job:
    """Let a job go on that waits after its canary, or because too many records ended without a label."""
    return await service.go(job_id, caller)


@router.post("/jobs/{job_id}/cancel", responses=problem_responses(404, 409))
async def cancel_job(job_id: str, caller: Admin, service: Service) -> Job:
    """Cancel the job for good. Labels made so far stay."""
    return await service.cancel(job_id, caller)
