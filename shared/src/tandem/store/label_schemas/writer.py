"""Writes label schemas; for the api alone."""

from __future__ import annotations

from typing import cast

from pymongo.errors import DuplicateKeyError

from tandem.store.database import Database, Document, NameTakenError, store_errors
from tandem.store.label_schemas.documents import COLLECTION, LabelSchemaDocument
from tandem.store.patience import insert_once


class LabelSchemaWriter:
    """Writer of label schemas. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert(self, schema: LabelSchemaDocument) -> None:
        """Insert a version. Raises NameTakenError when this version of the name exists: another writer was faster."""
        try:
            await insert_once(self._collection, cast("Document", schema))
        except DuplicateKeyError as error:
            raise NameTakenError(schema["name"]) from error

    async def take_back(self, label_schema_id: str) -> None:
        """Delete a version that was inserted just now and that nobody knows."""
        async with store_errors():
            await self._collection.delete_one({"_id": label_schema_id})
