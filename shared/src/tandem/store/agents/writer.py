"""Writes agents; for the api alone."""

from __future__ import annotations

from typing import cast

from pymongo.errors import DuplicateKeyError

from tandem.store.agents.documents import COLLECTION, AgentDocument
from tandem.store.database import Database, Document, NameTakenError, store_errors


class AgentWriter:
    """All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert(self, agent: AgentDocument) -> None:
        """Raises NameTakenError when this version of the name exists: somebody was faster."""
        async with store_errors():
            try:
                await self._collection.insert_one(cast("Document", agent))
            except DuplicateKeyError as error:
                raise NameTakenError(agent["name"]) from error
