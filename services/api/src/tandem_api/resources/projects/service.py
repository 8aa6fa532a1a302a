"""Operations on projects, and the scope check that all other resources use."""

from __future__ import annotations

from uuid import uuid4

from tandem.people import Caller
from tandem.store.database import NameTakenError, utcnow
from tandem.store.projects.documents import ProjectDocument
from tandem.store.projects.reader import ProjectReader
from tandem.store.projects.writer import ProjectWriter
from tandem.web import Problem, differs_by_case, not_found
from tandem_api.paging import cut, decode_cursor
from tandem_api.resources.projects.contents import ProjectContents
from tandem_api.resources.projects.schemas import Project, ProjectCreate, ProjectPage


class ProjectService:
    def __init__(self, reader: ProjectReader, writer: ProjectWriter, contents: ProjectContents) -> None:
        self._reader = reader
        self._writer = writer
        self._contents = contents

    async def create(self, body: ProjectCreate, caller: Caller) -> Project:
        caller.require_all_projects()
        if (other := await self._reader.in_other_case(body.name)) is not None:
            raise differs_by_case("project", body.name, other)
        document: ProjectDocument = {
            "_id": uuid4().hex,
            "name": body.name,
            "description": body.description,
            "created_at": utcnow(),
            "created_by_id": caller.person_id,
        }
        try:
            await self._writer.insert(document)
        except NameTakenError as error:
            raise Problem(
                409,
                "name-taken",
                f"There is a project named {body.name!r} already.",
                field="name",
                cure="Choose another name, or use that project.",
            ) from error
        return Project.of(document)

    async def list(self, caller: Caller, *, after: str | None, limit: int) -> ProjectPage:
        name = decode_cursor(after, str)[0] if after else ""
        found = await self._reader.list(caller.project_ids, after=name, limit=limit + 1)
        page, following = cut(found, limit, lambda document: (document["name"],))
        return ProjectPage(items=[Project.of(document) for document in page], next=following)

    async def get(self, project_id: str, caller: Caller) -> Project:
        return Project.of(await self.reachable(project_id, caller))

    async def delete(self, project_id: str, caller: Caller) -> None:
        """Delete an empty project. A caller that makes something in it meanwhile either finds it deleted or has it
        restored."""
        caller.require_all_projects()
        project = await self.reachable(project_id, caller)
        await self._check_is_empty(project)
        await self._writer.delete(project_id)
        try:
            await self._check_is_empty(project)
        except BaseException:
            await self._writer.put_back(project)
            raise

    async def _check_is_empty(self, project: ProjectDocument) -> None:
        if (contents := await self._contents.described(project["_id"])) is not None:
            raise Problem(
                409,
                "not-empty",
                f"The project {project['name']!r} is not empty: {contents}.",
                cure="Delete its data sets, if they have no records; what has been worked with stays.",
            )

    async def check_is_still_there(self, project_id: str) -> None:
        """Check that the project still exists, after something was made in it. Raises a 404 problem if it was deleted
        before."""
        if await self._reader.get(project_id) is None:
            raise not_found("project", project_id)

    async def reachable(self, project_id: str, caller: Caller) -> ProjectDocument:
        """Return the project, if it exists and the caller reaches it. Raises a 404 problem otherwise."""
        document = await self._reader.get(project_id) if caller.reaches(project_id) else None
        if document is None:
            raise not_found("project", project_id)
        return document
