"""Writes subsets; for the api's HTTP side alone."""

from __future__ import annotations

from typing import cast

from pymongo.errors import DuplicateKeyError

from tandem.store.database import Database, Document, store_errors
from tandem.store.subsets.documents import COLLECTION, SubsetDocument


class SubsetWriter:
    """Writer of subsets. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert(self, subset: SubsetDocument) -> bool:
        """Save a new subset. Returns False where its data set has another one of the name."""
        async with store_errors():
            try:
                await self._collection.insert_one(cast("Document", subset))
            except DuplicateKeyError:
                found = await self._collection.find_one({"_id": subset["_id"]}, {"_id": 1})
                return found is not None  # it was this one, written before its answer was lost
        return True

    async def delete(self, subset_id: str) -> bool:
        """Delete the subset. Returns whether it was there."""
        async with store_errors():
            result = await self._collection.delete_one({"_id": subset_id})
        return result.deleted_count == 1
