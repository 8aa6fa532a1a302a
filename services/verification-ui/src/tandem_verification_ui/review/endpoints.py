"""The review API. Each endpoint declares who may call it and calls the service."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tandem.web import Annotator, Viewer, problem_responses, provided
from tandem_verification_ui.review.decisions import Decisions
from tandem_verification_ui.review.schemas import (
    DecisionOutcomes,
    DecisionRequest,
    DecisionResult,
    DecisionsRequest,
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
Service = Annotated[ReviewService, provided(ReviewService)]
Deciding = Annotated[Decisions, provided(Decisions)]


@router.get("/jobs", summary="How much of each job waits for people")
async def list_review_queues(service: Service, caller: Viewer) -> ReviewQueueList:
    return await service.queues(caller)


@router.post(
    "/jobs/{job_id}/reservations", summary="Take the next items of a job", responses=problem_responses(404, 422)
)
async def reserve_review_items(service: Service, caller: Annotator, job_id: str, body: ReserveRequest) -> Reserved:
    """Reserve items. What the caller holds comes first, so a reload shows the same item.

    No two people get the same one.
    """
    return await service.reserve(caller, job_id, limit=body.limit, exclude=body.exclude)


@router.post(
    "/items/{item_id}/decision", summary="Decide on the item shown", responses=problem_responses(404, 409, 422)
)
async def decide_review_item(
    decisions: Deciding, caller: Annotator, item_id: str, body: DecisionRequest
) -> DecisionResult:
    return await decisions.decide(caller, item_id, body)


@router.post("/jobs/{job_id}/decisions", summary="Decide on several items of a job", responses=problem_responses(404))
async def decide_review_items(
    decisions: Deciding, caller: Annotator, job_id: str, body: DecisionsRequest
) -> DecisionOutcomes:
    """Decide on items that the caller holds. Each is decided, or refused with its reason, as if it had come alone."""
    return await decisions.decide_many(caller, job_id, body.decisions)


@router.post(
    "/items/{item_id}/skip", summary="Put the item at the end of the queue", responses=problem_responses(404, 409, 422)
)
async def skip_review_item(service: Service, caller: Annotator, item_id: str, body: HeldRequest) -> Skipped:
    return await service.skip(caller, item_id, body.reservation)


@router.post("/items/{item_id}/renew", summary="Keep the item longer", responses=problem_responses(404, 409, 422))
async def renew_review_item(service: Service, caller: Annotator, item_id: str, body: HeldRequest) -> Renewed:
    return await service.renew(caller, item_id, body.reservation)


@router.post("/items/{item_id}/release", summary="Give the item back", responses=problem_responses(404, 422))
async def release_review_item(service: Service, caller: Annotator, item_id: str, body: HeldRequest) -> Released:
    return await service.release(caller, item_id, body.reservation)


@router.post(
    "/items/{item_id}/undo", summary="Take back one's own decision", responses=problem_responses(404, 409, 422)
)
async def undo_review_decision(decisions: Deciding, caller: Annotator, item_id: str) -> ReviewItemView:
    """Undo the caller's decision. The item is open again and reserved to the caller."""
    return await decisions.undo(caller, item_id)


@router.get("/history", summary="The caller's last decisions", responses=problem_responses(404, 422))
async def list_review_decisions(
    decisions: Deciding,
    caller: Viewer,
    job_id: Annotated[str, Query()],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> History:
    return await decisions.history(caller, job_id, limit=limit)
