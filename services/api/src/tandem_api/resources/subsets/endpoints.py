"""/datasets/{id}/subsets and /subsets"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.paging import After, Limit
from tandem_api.resources.subsets.schemas import Subset, SubsetCount, SubsetCreate, SubsetDefinition, SubsetPage
from tandem_api.resources.subsets.service import SubsetService

router = APIRouter(tags=["subsets"])
Service = Annotated[SubsetService, provided(SubsetService)]


@router.post("/datasets/{dataset_id}/subsets", status_code=201, responses=problem_responses(404, 409, 422))
async def create_subset(dataset_id: str, body: SubsetCreate, caller: Admin, service: Service) -> Subset:
    """Save the records that the definition selects now, under a name. Later changes of labels do not change it."""
    return await service.create(dataset_id, body, caller)


@router.post("/datasets/{dataset_id}/subsets/count", responses=problem_responses(404, 422))
async def count_subset(dataset_id: str, body: SubsetDefinition, caller: Viewer, service: Service) -> SubsetCount:
    """Count the records that the definition selects now. Nothing is saved."""
    return await service.count(dataset_id, body.definition, caller)


@router.get("/datasets/{dataset_id}/subsets", responses=problem_responses(404))
async def list_subsets(
    dataset_id: str, caller: Viewer, service: Service, after: After = None, limit: Limit = 100
) -> SubsetPage:
    """List a data set's subsets by name."""
    return await service.list(dataset_id, caller, after=after, limit=limit)


@router.get("/subsets/{subset_id}", responses=problem_responses(404))
async def get_subset(subset_id: str, caller: Viewer, service: Service) -> Subset:
    return await service.get(subset_id, caller)


@router.delete("/subsets/{subset_id}", status_code=204, responses=problem_responses(404))
async def delete_subset(subset_id: str, caller: Admin, service: Service) -> None:
    """Delete the subset. Jobs that ran over it keep their records."""
    await service.delete(subset_id, caller)
