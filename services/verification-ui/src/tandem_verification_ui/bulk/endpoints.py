"""Endpoints of bulk acts: count, begin, list, show, undo."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from tandem.web import Annotator, Viewer, problem_responses, provided
from tandem_verification_ui.bulk.schemas import BulkAct, BulkActList, BulkAsk, BulkCheck, BulkRequest
from tandem_verification_ui.bulk.service import BulkService

router = APIRouter(
    prefix="/verification/v1/jobs/{job_id}/acts",
    tags=["bulk acts"],
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
Service = Annotated[BulkService, provided(BulkService)]


@router.post("/check", summary="Count what a bulk act would do")
async def check_bulk_act(service: Service, caller: Annotator, job_id: str, body: BulkAsk) -> BulkCheck:
    """Count the records that match, and what the act would do to them. Nothing is changed."""
    return await service.check(caller, job_id, body)


@router.post("", summary="Begin a bulk act", status_code=202)
async def begin_bulk_act(service: Service, caller: Annotator, job_id: str, body: BulkRequest) -> BulkAct:
    """Give an opinion on each record that matches now. This runs in the background and goes on after a restart."""
    return await service.begin(caller, job_id, body)


@router.get("", summary="List one's own bulk acts")
async def list_bulk_acts(service: Service, caller: Viewer, job_id: str) -> BulkActList:
    return await service.list(caller, job_id)


@router.get("/{act_id}", summary="Show a bulk act and its progress")
async def get_bulk_act(service: Service, caller: Viewer, job_id: str, act_id: str) -> BulkAct:
    return await service.get(caller, job_id, act_id)


@router.post("/{act_id}/undo", summary="Undo a bulk act", status_code=202)
async def undo_bulk_act(service: Service, caller: Annotator, job_id: str, act_id: str) -> BulkAct:
    """Take back every opinion of the act; what its person had said before holds again. Later opinions stay."""
    return await service.undo(caller, job_id, act_id)
