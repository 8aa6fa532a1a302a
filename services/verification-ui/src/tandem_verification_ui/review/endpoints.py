"""The review API. Each endpoint declares who may call it and calls the service."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from tandem.web import Annotator, Viewer, problem_responses
from tandem_verification_ui.review.decisions import Decisions
from tandem_verification_ui.review.schemas import (
    DecisionRequest,
    DecisionResult,
    HeldRequest,
    History,
    Released,
    Renewed,
    Reserved,
    ReserveRequest,
    ReviewItemView,
    ReviewQueueList,
    Skipped,
)
from tandem_verification_ui.review.service import ReviewService

router = APIRouter(prefix="/verification/v1", tags=["review"], responses=problem_responses(401, 403, 422, 503))


def _service(request: Request) -> ReviewService:
    service: ReviewService = request.app.state.review
    return service


def _decisions(request: Request) -> Decisions:
    decisions: Decisions = request.app.state.decisions
    return decisions


@router.get("/jobs", summary="How much of each job waits for people")
async def list_review_queues(request: Request, caller: Viewer) -> ReviewQueueList:
    return await _service(request).queues(caller)


@router.post(
    "/jobs/{job_id}/reservations", summary="Take the next items of a job", responses=problem_responses(404, 422)
)
async def reserve_review_items(request: Request, caller: Annotator, job_id: str, body: ReserveRequest) -> Reserved:
    """Reserve items. What the caller holds comes first, so a reload shows the same item.

    No two people get the same one.
    """
    return await _service(request).reserve(caller, job_id, limit=body.limit, exclude=body.exclude)


@router.post(
    "/items/{item_id}/decision", summary="Decide on the item shown", responses=problem_responses(404, 409, 422)
)
async def decide_review_item(
    request: Request, caller: Annotator, item_id: str, body: DecisionRequest
) -> DecisionResult:
    return await _decisions(request).decide(caller, item_id, body)


@router.post(
    "/items/{item_id}/skip", summary="Put the item at the end of the queue", responses=problem_responses(404, 409, 422)
)
async def skip_review_item(request: Request, caller: Annotator, item_id: str, body: HeldRequest) -> Skipped:
    return await _service(request).skip(caller, item_id, body.reservation)


@router.post("/items/{item_id}/renew", summary="Keep the item longer", responses=problem_responses(404, 409, 422))
async def renew_review_item(request: Request, caller: Annotator, item_id: str, body: HeldRequest) -> Renewed:
    return await _service(request).renew(caller, item_id, body.reservation)


@router.post("/items/{item_id}/release", summary="Give the item back", responses=problem_responses(404, 422))
async def release_review_item(request: Request, caller: Annotator, item_id: str, body: HeldRequest) -> Released:
    return await _service(request).release(caller, item_id, body.reservation)


@router.post(
    "/items/{item_id}/undo", summary="Take back one's own decision", responses=problem_responses(404, 409, 422)
)
async def undo_review_decision(request: Request, caller: Annotator, item_id: str) -> ReviewItemView:
    """Undo the caller's decision. The item is open again and reserved to the caller."""
    return await _decisions(request).undo(caller, item_id)


@router.get("/history", summary="The caller's last decisions", responses=problem_responses(404, 422))
async def list_review_decisions(
    request: Request,
    caller: Viewer,
    job_id: Annotated[str, Query()],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> History:
    return await _decisions(request).history(caller, job_id, limit=limit)
