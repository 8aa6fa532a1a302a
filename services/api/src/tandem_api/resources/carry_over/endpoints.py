"""/label-schemas/{id}/carry-over"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from tandem.web import Admin, problem_responses, provided
from tandem_api.resources.carry_over.schemas import CarryOverCreate, CarryOverResult
from tandem_api.resources.carry_over.service import CarryOverService

router = APIRouter(tags=["label schemas"])
Service = Annotated[CarryOverService, provided(CarryOverService)]


@router.post(
    "/label-schemas/{label_schema_id}/carry-over",
    status_code=201,
    responses=problem_responses(404, 409, 422)
    | {200: {"model": CarryOverResult, "description": "What would carry over; nothing was made."}},
)
async def carry_over(
    label_schema_id: str, body: CarryOverCreate, caller: Admin, service: Service, response: Response
) -> CarryOverResult:
    """Carry the labels of a job over to this version, where they map, as a job of its own; and report what does not.

    People's values go before the model's. Everything is counted before the answer comes.
    """
    result = await service.carry_over(label_schema_id, body, caller)
    response.status_code = 200 if result.job is None else 201
    return result
