"""Writes projects; for the api alone."""

from __future__ import annotations

from typing import cast

from pymongo.errors import DuplicateKeyError

from tandem.store.database import Database, Document, NameTakenError, store_errors
from tandem.store.projects.documents import COLLECTION, ProjectDocument


class ProjectWriter:
    """All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert(self, project: ProjectDocument) -> None:
        """Raises NameTakenError."""
        async with store_errors():
            try:
                await self._collection.insert_one(cast("Document", project))
            except DuplicateKeyError as error:
                raise NameTakenError(project["name"]) from error
