"""/combinations"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from tandem.web import Admin, problem_responses, provided
from tandem_api.analysis.combinations.schemas import Combination, CombinationCreate
from tandem_api.analysis.combinations.service import CombinationService

router = APIRouter(prefix="/combinations", tags=["combinations"])
Service = Annotated[CombinationService, provided(CombinationService)]


@router.post("", status_code=201, responses=problem_responses(404, 409, 422))
async def combine_jobs(body: CombinationCreate, caller: Admin, service: Service) -> Combination:
    """Make a job whose labels combine several jobs' labels. No model is called; people's decisions hold.

    It is reviewed, reported, compared and exported like any other.
    """
    return await service.create(body, caller)
