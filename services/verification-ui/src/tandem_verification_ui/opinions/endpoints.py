"""Endpoints of a job's records: open one, give an opinion on it, withdraw it, list all opinions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tandem.web import Annotator, Viewer, problem_responses, provided
from tandem_verification_ui.opinions.schemas import OpenedRecord, OpinionRequest, RecordOpinions
from tandem_verification_ui.opinions.service import OpinionService

router = APIRouter(
    prefix="/verification/v1/jobs/{job_id}",
    tags=["opinions"],
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
Service = Annotated[OpinionService, provided(OpinionService)]


@router.get("/record", summary="Open a record by the user's own id")
async def find_record(
    service: Service,
    caller: Viewer,
    job_id: str,
    record_id: Annotated[str, Query(description="The user's own key.")],
) -> OpenedRecord:
    return await service.find(caller, job_id, record_id)


@router.get("/records/{seq}", summary="Open a record")
async def open_record(service: Service, caller: Viewer, job_id: str, seq: int) -> OpenedRecord:
    """Open any record that the job has run, whether or not a person was asked for."""
    return await service.open(caller, job_id, seq)


@router.get("/records/{seq}/opinions", summary="List a record's opinions")
async def list_opinions(service: Service, caller: Viewer, job_id: str, seq: int) -> RecordOpinions:
    """List all opinions with history and what holds by them. While a reader can still be asked for theirs, they get no
    other person's."""
    return await service.opinions(caller, job_id, seq)


@router.post("/records/{seq}/opinions", summary="Give an opinion on a record")
async def give_opinion(
    service: Service, caller: Annotator, job_id: str, seq: int, body: OpinionRequest
) -> RecordOpinions:
    """Give an opinion, or replace the caller's. An admin overrules with `overrule`; the history stays."""
    return await service.give(caller, job_id, seq, body)


@router.post("/records/{seq}/opinions/withdraw", summary="Withdraw one's own opinion")
async def withdraw_opinion(service: Service, caller: Annotator, job_id: str, seq: int) -> RecordOpinions:
    return await service.withdraw(caller, job_id, seq)
