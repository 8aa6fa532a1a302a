"""Reads projects."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from tandem.store.database import Database, store_errors
from tandem.store.names import in_other_case
from tandem.store.projects.documents import COLLECTION, ProjectDocument


class ProjectReader:
    """Reader of projects. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, project_id: str) -> ProjectDocument | None:
        async with store_errors():
            return cast("ProjectDocument | None", await self._collection.find_one({"_id": project_id}))

    async def in_other_case(self, name: str) -> str | None:
        """Return the name of a project that differs from this one by case alone, or None."""
        return await in_other_case(self._collection, {}, name)

    async def list(
        self, project_ids: Collection[str] | None = None, *, after: str = "", limit: int = 100
    ) -> list[ProjectDocument]:
        """Projects by name, those of the given ids or all; the next page starts after the last one's name."""
        query: dict[str, Any] = {"name": {"$gt": after}}
        if project_ids is not None:
            query["_id"] = {"$in": sorted(project_ids)}
        async with store_errors():
            found = await self._collection.find(query).sort("name", 1).limit(limit).to_list(limit)
        return cast("list[ProjectDocument]", found)
