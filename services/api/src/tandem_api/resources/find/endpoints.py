"""/datasets/{id}/find and /jobs/{id}/find"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tandem.web import Viewer, problem_responses, provided
from tandem_api.paging import After
from tandem_api.resources.find.schemas import ORDERS, Confidences, Counting, Find, FoundPage, Measure
from tandem_api.resources.find.service import FindService

router = APIRouter(tags=["find"])
Service = Annotated[FindService, provided(FindService)]
Where = Annotated[
    str | None,
    Query(min_length=1, max_length=4000, description="The expression in its text form; left out: all records."),
]
OrderBy = Annotated[str, Query(min_length=1, max_length=300, description=ORDERS)]
PageSize = Annotated[int, Query(ge=0, le=1000, description="Records a page; 0 for the count alone.")]


@router.post("/datasets/{dataset_id}/find", responses=problem_responses(404, 422))
async def find_in_dataset(dataset_id: str, body: Find, caller: Viewer, service: Service) -> FoundPage:
    """Find records of the data set by id, text and metadata."""
    return await service.in_dataset(dataset_id, body, caller)


@router.get("/datasets/{dataset_id}/find", responses=problem_responses(404, 422))
async def search_dataset(
    *,
    dataset_id: str,
    caller: Viewer,
    service: Service,
    where: Where = None,
    after: After = None,
    limit: PageSize = 100,
    count: Counting = Counting.NONE,
) -> FoundPage:
    """Find records of the data set by an expression in the address."""
    return await service.in_dataset(dataset_id, Find(where=where, after=after, limit=limit, count=count), caller)


@router.post("/jobs/{job_id}/find", responses=problem_responses(404, 422))
async def find_in_job(job_id: str, body: Find, caller: Viewer, service: Service) -> FoundPage:
    """Find records of the job, also by what became of them.

    Records that the caller is still to read without knowing their labels are left out where the expression or the order
    would tell something of these.
    """
    return await service.in_job(job_id, body, caller)


@router.get("/jobs/{job_id}/find", responses=problem_responses(404, 422))
async def search_job(
    *,
    job_id: str,
    caller: Viewer,
    service: Service,
    where: Where = None,
    order: OrderBy = "seq",
    after: After = None,
    limit: PageSize = 100,
    count: Counting = Counting.NONE,
) -> FoundPage:
    """Find records of the job by an expression in the address."""
    body = Find(where=where, order=order, after=after, limit=limit, count=count)
    return await service.in_job(job_id, body, caller)


@router.post("/jobs/{job_id}/find/confidences", responses=problem_responses(404, 422))
async def count_confidences(job_id: str, body: Measure, caller: Viewer, service: Service) -> Confidences:
    """Count the records of the job that an expression matches by their lowest confidence."""
    return await service.confidences(job_id, body, caller)
