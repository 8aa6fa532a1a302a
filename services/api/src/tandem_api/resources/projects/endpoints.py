"""/projects"""

from __future__ import annotations

from fastapi import APIRouter

from tandem.web import Admin, Viewer, problem_responses
from tandem_api.paging import After, Limit
from tandem_api.resources.projects.schemas import Project, ProjectCreate, ProjectPage
from tandem_api.routing import PREFIX, Api

router = APIRouter(prefix=f"{PREFIX}/projects", tags=["projects"])


@router.post("", status_code=201, responses=problem_responses(409))
async def create_project(body: ProjectCreate, caller: Admin, api: Api) -> Project:
    """Make a project. Needs the role admin and access to all projects."""
    return await api.projects.create(body, caller)


@router.get("")
async def list_projects(caller: Viewer, api: Api, after: After = None, limit: Limit = 100) -> ProjectPage:
    """List the projects that the caller reaches, by name."""
    return await api.projects.list(caller, after=after, limit=limit)


@router.get("/{project_id}", responses=problem_responses(404))
async def get_project(project_id: str, caller: Viewer, api: Api) -> Project:
    return await api.projects.get(project_id, caller)


@router.delete("/{project_id}", status_code=204, responses=problem_responses(404, 409))
async def delete_project(project_id: str, caller: Admin, api: Api) -> None:
    """Delete a project that has nothing in it. Needs the role admin and access to all projects."""
    await api.projects.delete(project_id, caller)
