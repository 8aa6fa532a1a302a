"""Reads data sets."""

from __future__ import annotations

from typing import Any, cast

from tandem.store.database import Database, store_errors
from tandem.store.datasets.documents import COLLECTION, DatasetDocument
from tandem.store.names import in_other_case


class DatasetReader:
    """Reader of data sets. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, dataset_id: str) -> DatasetDocument | None:
        async with store_errors():
            return cast("DatasetDocument | None", await self._collection.find_one({"_id": dataset_id}))

    async def in_other_case(self, project_id: str, name: str) -> str | None:
        """Return the name of a data set that differs from this one by case alone, or None."""
        return await in_other_case(self._collection, {"project_id": project_id}, name)

    async def list(self, project_id: str, *, after: str = "", limit: int = 100) -> list[DatasetDocument]:
        """List a project's data sets by name; the next page starts after the last one's name."""
        query: dict[str, Any] = {"project_id": project_id, "name": {"$gt": after}}
        async with store_errors():
            found = await self._collection.find(query).sort("name", 1).limit(limit).to_list(limit)
        return cast("list[DatasetDocument]", found)
