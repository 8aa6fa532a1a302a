"""/projects"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from tandem.web import Admin, Viewer, problem_responses, provided
from tandem_api.paging import After, Limit
from tandem_api.resources.projects.schemas import Project, ProjectCreate, ProjectPage
from tandem_api.resources.projects.service import ProjectService

router = APIRouter(prefix="/projects", tags=["projects"])
Service = Annotated[ProjectService, provided(ProjectService)]


@router.post("", status_code=201, responses=problem_responses(409))
async def create_project(body: ProjectCreate, caller: Admin, service: Service) -> Project:
    """Make a project. Needs the role admin and access to all projects."""
    return await service.create(body, caller)


@router.get("")
async def list_projects(caller: Viewer, service: Service, after: After = None, limit: Limit = 100) -> ProjectPage:
    """List the projects that the caller reaches, by name."""
    return await service.list(caller, after=after, limit=limit)


@router.get("/{project_id}", responses=problem_responses(404))
async def get_project(project_id: str, caller: Viewer, service: Service) -> Project:
    return await service.get(project_id, caller)


@router.delete("/{project_id}", status_code=204, responses=problem_responses(404, 409))
async def delete_project(project_id: str, caller: Admin, service: Service) -> None:
    """Delete a project that has nothing in it. Needs the role admin and access to all projects."""
    await service.delete(project_id, caller)
