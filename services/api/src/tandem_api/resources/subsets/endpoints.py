"""/datasets/{id}/subsets and /subsets"""

from __future__ import annotations

from fastapi import APIRouter

from tandem.web import Admin, Viewer, problem_responses
from tandem_api.paging import After, Limit
from tandem_api.resources.subsets.schemas import Subset, SubsetCount, SubsetCreate, SubsetDefinition, SubsetPage
from tandem_api.routing import PREFIX, Api

router = APIRouter(prefix=PREFIX, tags=["subsets"])


@router.post("/datasets/{dataset_id}/subsets", status_code=201, responses=problem_responses(404, 409, 422))
async def create_subset(dataset_id: str, body: SubsetCreate, caller: Admin, api: Api) -> Subset:
    """Save the records that the definition selects now, under a name. Later changes of labels do not change it."""
    return await api.subsets.create(dataset_id, body, caller)


@router.post("/datasets/{dataset_id}/subsets/count", responses=problem_responses(404, 422))
async def count_subset(dataset_id: str, body: SubsetDefinition, caller: Viewer, api: Api) -> SubsetCount:
    """Count the records that the definition selects now. Nothing is saved."""
    return await api.subsets.count(dataset_id, body.definition, caller)


@router.get("/datasets/{dataset_id}/subsets", responses=problem_responses(404))
async def list_subsets(
    dataset_id: str, caller: Viewer, api: Api, after: After = None, limit: Limit = 100
) -> SubsetPage:
    """List a data set's subsets by name."""
    return await api.subsets.list(dataset_id, caller, after=after, limit=limit)


@router.get("/subsets/{subset_id}", responses=problem_responses(404))
async def get_subset(subset_id: str, caller: Viewer, api: Api) -> Subset:
    return await api.subsets.get(subset_id, caller)


@router.delete("/subsets/{subset_id}", status_code=204, responses=problem_responses(404))
async def delete_subset(subset_id: str, caller: Admin, api: Api) -> None:
    """Delete the subset. Jobs that ran over it keep their records."""
    await api.subsets.delete(subset_id, caller)
