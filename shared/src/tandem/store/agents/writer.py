"""Writes agents; for the api alone."""

from __future__ import annotations

from typing import cast

from pymongo.errors import DuplicateKeyError

from tandem.store.agents.documents import COLLECTION, AgentDocument
from tandem.store.database import Database, Document, NameTakenError
from tandem.store.patience import insert_once


class AgentWriter:
    """Writer of agents. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert(self, agent: AgentDocument) -> None:
        """Insert a version. Raises NameTakenError when this version of the name exists: another writer was faster."""
        try:
            await insert_once(self._collection, cast("Document", agent))
        except DuplicateKeyError as error:
            raise NameTakenError(agent["name"]) from error
