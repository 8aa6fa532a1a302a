"""/comparisons"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tandem.web import Viewer, problem_responses, provided
from tandem_api.analysis.comparisons.schemas import Comparison, DifferencePage, Order
from tandem_api.analysis.comparisons.service import ComparisonService
from tandem_api.paging import After, Limit

router = APIRouter(prefix="/comparisons", tags=["comparisons"])
Service = Annotated[ComparisonService, provided(ComparisonService)]

Jobs = Annotated[
    list[str], Query(description="Id of a job; give it once for each. Two to eight jobs over one data set.")
]


@router.get("", responses=problem_responses(404, 422))
async def compare_jobs(job: Jobs, caller: Viewer, service: Service) -> Comparison:
    """Compare the agents of these jobs: how far they agree, who is right more often, and what they cost.

    A comparison over very many records is made bit by bit: `share` says how much is in it.
    """
    return await service.compare(job, caller)


@router.get("/differences", responses=problem_responses(404, 422))
async def list_differences(
    *,
    job: Jobs,
    caller: Viewer,
    service: Service,
    task: Annotated[str | None, Query(description="May be left out when the jobs have one task in common.")] = None,
    order: Annotated[Order, Query(description="Order of the list.")] = Order.USEFULNESS,
    after: After = None,
    limit: Limit = 100,
) -> DifferencePage:
    """List the records where the agents differ, with each agent's labels."""
    return await service.differences(job, caller, task=task, order=order, after=after, limit=limit)
