"""Operations on label schemas."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from tandem.events import LabelSchemaSpec
from tandem.people import Caller
from tandem.store.database import NameTakenError, utcnow
from tandem.store.label_schemas.documents import LabelSchemaDocument, label_schema_spec
from tandem.store.label_schemas.reader import LabelSchemaReader
from tandem.store.label_schemas.writer import LabelSchemaWriter
from tandem.web import Problem, differs_by_case, invalid_request, not_found
from tandem_api.paging import cut, decode_cursor
from tandem_api.resources.label_schemas.files import SchemaFileError, parse, render
from tandem_api.resources.label_schemas.schemas import LabelSchema, LabelSchemaCreate, LabelSchemaPage, SchemaFormat
from tandem_api.resources.projects.service import ProjectService

TRIES = 5
"""Attempts to choose a version number when another caller took it first."""


class LabelSchemaService:
    def __init__(self, reader: LabelSchemaReader, writer: LabelSchemaWriter, projects: ProjectService) -> None:
        self._reader = reader
        self._writer = writer
        self._projects = projects

    async def create(self, project_id: str, body: LabelSchemaCreate, caller: Caller) -> tuple[LabelSchema, bool]:
        """Create the version; return it and True, or the latest one and False when it is equal."""
        await self._projects.reachable(project_id, caller)
        tasks: list[dict[str, Any]] = [task.model_dump(mode="json") for task in body.tasks]
        for remaining in reversed(range(TRIES)):
            latest = await self._reader.latest(project_id, body.name)
            # Compared as they are understood: an older document lacks the fields that came since.
            if latest is not None and label_schema_spec(latest).tasks == body.tasks:
                return LabelSchema.of(latest), False
            if latest is None and (other := await self._reader.in_other_case(project_id, body.name)) is not None:
                raise differs_by_case("label schema", body.name, other)
            document: LabelSchemaDocument = {
                "_id": uuid4().hex,
                "project_id": project_id,
                "name": body.name,
                "version": latest["version"] + 1 if latest else 1,
                "tasks": tasks,
                "created_at": utcnow(),
                "created_by_id": caller.person_id,
            }
            try:
                await self._writer.insert(document)
            except NameTakenError:
                if not remaining:
                    raise
                continue
            try:
                await self._projects.check_is_still_there(project_id)
            except Problem:
                await self._writer.take_back(document["_id"])
                raise
            return LabelSchema.of(document), True
        raise AssertionError("unreachable")

    async def task_names(self, project_id: str, caller: Caller) -> list[str]:
        """Return the names of the tasks of the project's label schemas, up to a hundred versions."""
        await self._projects.reachable(project_id, caller)
        found = await self._reader.list(project_id)
        return list(dict.fromkeys(task["name"] for document in found for task in document["tasks"]))

    async def list(self, project_id: str, caller: Caller, *, after: str | None, limit: int) -> LabelSchemaPage:
        await self._projects.reachable(project_id, caller)
        skip = max(0, decode_cursor(after, int)[0]) if after else 0
        found = await self._reader.list(project_id, skip=skip, limit=limit + 1)
        page, following = cut(found, limit, lambda _: (skip + limit,))
        return LabelSchemaPage(items=[LabelSchema.of(document) for document in page], next=following)

    async def create_from_file(
        self, project_id: str, content: bytes, file_format: SchemaFormat, name: str | None, caller: Caller
    ) -> tuple[LabelSchema, bool]:
        """Create the version from a file, as `create` does; `name` overrides the one in the file."""
        await self._projects.reachable(project_id, caller)
        try:
            found = await asyncio.to_thread(parse, content, file_format, name)
        except SchemaFileError as error:
            raise Problem(
                422, "bad-schema-file", f"The label schema cannot be read: {error}.", cure=error.cure
            ) from error
        try:
            body = LabelSchemaCreate.model_validate(found)
        except ValidationError as error:
            raise invalid_request(error.errors(), found) from error
        return await self.create(project_id, body, caller)

    async def export(self, label_schema_id: str, file_format: SchemaFormat, caller: Caller) -> tuple[str, str]:
        """Return the version as a file, and a name for it."""
        spec = label_schema_spec(await self.reachable(label_schema_id, caller))
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", spec.name).strip("-.") or spec.label_schema_id
        return render(spec.name, spec.tasks, file_format), f"{plain[:80]}.v{spec.version}.{file_format.value}"

    async def get(self, label_schema_id: str, caller: Caller) -> LabelSchema:
        return LabelSchema.of(await self.reachable(label_schema_id, caller))

    async def spec(self, project_id: str | None, label_schema_id: str, caller: Caller) -> LabelSchemaSpec:
        """Return the version's spec. Raises a 404 problem also when it belongs to another project."""
        document = await self.reachable(label_schema_id, caller)
        if project_id is not None and document["project_id"] != project_id:
            raise not_found("label schema", label_schema_id)
        return label_schema_spec(document)

    async def reachable(self, label_schema_id: str, caller: Caller) -> LabelSchemaDocument:
        """Return the version, if it exists in a project that the caller reaches. Raises a 404 problem otherwise."""
        document = await self._reader.get(label_schema_id)
        if document is None or not caller.reaches(document["project_id"]):
            raise not_found("label schema", label_schema_id)
        return document
