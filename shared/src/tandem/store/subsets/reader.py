"""Reads subsets."""

from __future__ import annotations

from typing import cast

from tandem.store.database import Database, store_errors
from tandem.store.subsets.documents import COLLECTION, SubsetDocument

_INDEX = "dataset_id_1_name_1"


class SubsetReader:
    """Reader of subsets. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, subset_id: str) -> SubsetDocument | None:
        async with store_errors():
            return cast("SubsetDocument | None", await self._collection.find_one({"_id": subset_id}))

    async def list(self, dataset_id: str, *, after: str = "", limit: int = 100) -> list[SubsetDocument]:
        """Return up to `limit` subsets of the data set by name, above `after`, without the seqs of sets."""
        query = {"dataset_id": dataset_id, "name": {"$gt": after}}
        async with store_errors():
            found = await (
                self._collection.find(query, {"selection.seqs": 0})
                .sort("name", 1)
                .limit(limit)
                .hint(_INDEX)
                .to_list(limit)
            )
        return cast("list[SubsetDocument]", found)
