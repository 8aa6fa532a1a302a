"""/deletions"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from tandem.web import Admin, problem_responses, provided
from tandem_api.resources.deletions.schemas import Deletion, DeletionList, DeletionOrder
from tandem_api.resources.deletions.service import DeletionService

router = APIRouter(prefix="/deletions", tags=["deletions"])
Service = Annotated[DeletionService, provided(DeletionService)]


@router.post("", responses=problem_responses(404, 409))
async def delete_thing(body: DeletionOrder, caller: Admin, service: Service) -> Deletion:
    """Delete a record, a data set with its contents, a job, an agent, a label schema, a project or a person's data.

    Without `confirm` nothing is deleted: the answer says what would go, and what is kept elsewhere until when. With it
    everything goes, from every collection, and the deletion is kept for audit. Jobs that still run are cancelled
    first.
    """
    return await service.order(body, caller)


@router.get("")
async def list_deletions(caller: Admin, service: Service) -> DeletionList:
    """List what was deleted, by whom and when, newest first."""
    return await service.done(caller)
