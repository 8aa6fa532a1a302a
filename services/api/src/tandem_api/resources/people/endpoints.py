"""/people"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tandem.web import Admin, problem_responses, provided
from tandem_api.paging import After, Limit
from tandem_api.resources.people.schemas import Person, PersonCreate, PersonPage, PersonUpdate
from tandem_api.resources.people.service import PeopleService

router = APIRouter(prefix="/people", tags=["people"])
Service = Annotated[PeopleService, provided(PeopleService)]


@router.get("")
async def list_people(
    caller: Admin,
    service: Service,
    after: After = None,
    limit: Limit = 100,
    names_only: Annotated[
        bool, Query(description="List those instead who are known by name alone, from documents of older versions.")
    ] = False,
) -> PersonPage:
    """List people by name, disabled ones included. Needs access to all projects, like all of /people."""
    return await service.list(caller, after=after, limit=limit, names_only=names_only)


@router.post("", status_code=201)
async def create_person(body: PersonCreate, caller: Admin, service: Service) -> Person:
    """Make a person, who may then be given API keys and login links."""
    return await service.create(body, caller)


@router.get("/{person_id}", responses=problem_responses(404))
async def get_person(person_id: str, caller: Admin, service: Service) -> Person:
    """Show a person."""
    return await service.get(person_id, caller)


@router.patch("/{person_id}", responses=problem_responses(404))
async def rename_person(person_id: str, body: PersonUpdate, caller: Admin, service: Service) -> Person:
    """Change a person's display name."""
    return await service.rename(person_id, body, caller)


@router.post("/{person_id}/disable", responses=problem_responses(404, 409))
async def disable_person(person_id: str, caller: Admin, service: Service) -> Person:
    """End a person's API keys, login links and sessions at once, and those that were made with these keys. What the
    person did stays. The last admin key that reaches all projects and never expires stays."""
    return await service.disable(person_id, caller)


@router.post("/{person_id}/enable", responses=problem_responses(404))
async def enable_person(person_id: str, caller: Admin, service: Service) -> Person:
    """Let a disabled person be given API keys and login links again. Those from before stay over."""
    return await service.enable(person_id, caller)
