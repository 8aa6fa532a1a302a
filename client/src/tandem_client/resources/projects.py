"""Projects: what everything else belongs to."""

from __future__ import annotations

from tandem_client.models import Project
from tandem_client.paging import pages
from tandem_client.transport import Transport


class Projects:
    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def create(self, name: str, *, description: str = "") -> Project:
        return Project.model_validate(self._http.post("/projects", {"name": name, "description": description}))

    def list(self) -> list[Project]:
        return [Project.model_validate(item) for item in pages(self._http, "/projects")]

    def get(self, project_id: str) -> Project:
        return Project.model_validate(self._http.get(f"/projects/{project_id}"))

    def delete(self, project_id: str) -> None:
        """Delete a project that has nothing in it. Raises TandemError of type not-empty otherwise."""
        self._http.delete(f"/projects/{project_id}")

    def find(self, name: str) -> Project | None:
        """Find the project of this name or id, or None."""
        return next((project for project in self.list() if name in (project.name, project.id)), None)
