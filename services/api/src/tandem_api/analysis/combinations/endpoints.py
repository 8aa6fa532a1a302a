"""/combinations"""

from __future__ import annotations

from fastapi import APIRouter

from tandem.web import Admin, problem_responses
from tandem_api.analysis.combinations.schemas import Combination, CombinationCreate
from tandem_api.routing import PREFIX, Api

router = APIRouter(prefix=f"{PREFIX}/combinations", tags=["combinations"])


@router.post("", status_code=201, responses=problem_responses(404, 409, 422))
async def combine_jobs(body: CombinationCreate, caller: Admin, api: Api) -> Combination:
    """Make a job whose labels combine several jobs' labels. No model is called; people's decisions hold.

    It is reviewed, reported, compared and exported like any other.
    """
    return await api.combinations.create(body, caller)
