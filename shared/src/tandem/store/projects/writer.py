"""Writes projects; for the api alone."""

from __future__ import annotations

from typing import cast

from pymongo.errors import DuplicateKeyError

from tandem.store.database import Database, Document, NameTakenError, store_errors
from tandem.store.patience import insert_once
from tandem.store.projects.documents import COLLECTION, ProjectDocument


class ProjectWriter:
    """Writer of projects. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert(self, project: ProjectDocument) -> None:
        """Insert a project. Raises NameTakenError."""
        try:
            await insert_once(self._collection, cast("Document", project))
        except DuplicateKeyError as error:
            raise NameTakenError(project["name"]) from error

    async def delete(self, project_id: str) -> None:
        """Delete the project alone; the caller ensures that nothing is in it."""
        async with store_errors():
            await self._collection.delete_one({"_id": project_id})

    async def put_back(self, project: ProjectDocument) -> None:
        """Insert again a project that was deleted just now; under a longer name where another has taken its own
        meanwhile."""
        try:
            await self.insert(project)
        except NameTakenError:
            await self.insert({**project, "name": f"{project['name']} ({project['_id'][:8]})"})
