"""Reads label schemas."""

from __future__ import annotations

from typing import cast

from tandem.store.database import Database, store_errors
from tandem.store.label_schemas.documents import COLLECTION, LabelSchemaDocument
from tandem.store.names import in_other_case


class LabelSchemaReader:
    """Reader of label schemas. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, label_schema_id: str) -> LabelSchemaDocument | None:
        async with store_errors():
            return cast("LabelSchemaDocument | None", await self._collection.find_one({"_id": label_schema_id}))

    async def latest(self, project_id: str, name: str) -> LabelSchemaDocument | None:
        """Return the highest version of this name; None where there is none."""
        async with store_errors():
            found = await self._collection.find_one({"project_id": project_id, "name": name}, sort=[("version", -1)])
        return cast("LabelSchemaDocument | None", found)

    async def in_other_case(self, project_id: str, name: str) -> str | None:
        """Return the name of a label schema that differs from this one by case alone, or None."""
        return await in_other_case(self._collection, {"project_id": project_id}, name)

    async def list(self, project_id: str, *, skip: int = 0, limit: int = 100) -> list[LabelSchemaDocument]:
        """List all versions, by name and version."""
        async with store_errors():
            found = await (
                self._collection.find({"project_id": project_id})
                .sort([("name", 1), ("version", 1)])
                .skip(skip)
                .limit(limit)
                .to_list(limit)
            )
        return cast("list[LabelSchemaDocument]", found)
