"""Writes summaries; for the api's HTTP side alone."""

from __future__ import annotations

from typing import cast

from tandem.store.database import Database, Document, store_errors
from tandem.store.summaries.documents import COLLECTION, SummaryDocument


class SummaryWriter:
    """Writer of summaries. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def save(self, summary: SummaryDocument) -> None:
        """Save the summary in place of an earlier one."""
        async with store_errors():
            await self._collection.replace_one({"_id": summary["_id"]}, cast("Document", summary), upsert=True)
