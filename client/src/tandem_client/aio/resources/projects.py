"""Projects: what everything else belongs to."""


# Written by `make async-client` from resources/projects.py: change that one.

from __future__ import annotations

from tandem_client.aio.models import Project
from tandem_client.aio.paging import pages
from tandem_client.aio.transport import Transport


class Projects:
    def __init__(self, transport: Transport) -> None:
        self._http = transport

    async def create(self, name: str, *, description: str = "") -> Project:
        return Project.model_validate(await self._http.post("/projects", {"name": name, "description": description}))

    async def list(self) -> list[Project]:
        return [Project.model_validate(item) async for item in pages(self._http, "/projects")]

    async def get(self, project_id: str) -> Project:
        return Project.model_validate(await self._http.get(f"/projects/{project_id}"))

    async def delete(self, project_id: str) -> None:
        """Delete a project that has nothing in it. Raises TandemError of type not-empty otherwise."""
        await self._http.delete(f"/projects/{project_id}")

    async def find(self, name: str) -> Project | None:
        """Find the project of this name or id, or None."""
        return next((project for project in await self.list() if name in (project.name, project.id)), None)
