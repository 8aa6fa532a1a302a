"""/review-orders, an older name of disagreement campaigns; the page and older clients use it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.resources.review_orders.schemas import ReviewOrder, ReviewOrderCreate, ReviewOrderList
from tandem_api.resources.review_orders.service import ReviewOrderService

router = APIRouter(prefix="/review-orders", tags=["review orders"])
Service = Annotated[ReviewOrderService, provided(ReviewOrderService)]


@router.post("", status_code=202, responses=problem_responses(404, 409, 422))
async def order_review(body: ReviewOrderCreate, caller: Admin, service: Service) -> ReviewOrder:
    """Send the records on which jobs differ to people: all of them, none twice, and none that a person decided on.

    This runs in the background, however many records there are; the order says how far it is. The same order placed
    again is the same one, and adds the records that became different since.
    """
    return await service.place(body, caller)


@router.get("", responses=problem_responses(404, 422))
async def find_review_orders(
    *,
    job: Annotated[list[str], Query(description="Id of a job; give it once for each, in the order of the jobs.")],
    caller: Viewer,
    service: Service,
    task: str | None = None,
    min_confidence: float | None = None,
) -> ReviewOrderList:
    """Find the order of these jobs, if it was placed, and how many of its records people have already."""
    return await service.find(job, caller, task=task, min_confidence=min_confidence)


@router.get("/{order_id}", responses=problem_responses(404))
async def get_review_order(order_id: str, caller: Viewer, service: Service) -> ReviewOrder:
    return await service.get(order_id, caller)
