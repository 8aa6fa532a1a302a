"""Reads the workers' last reports."""

from __future__ import annotations

from tandem.events import WorkerReportedV1
from tandem.store.database import Database, store_errors
from tandem.store.workers.documents import COLLECTION, FRESH_SECONDS


class WorkerReader:
    """Reader of worker reports. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def live(self) -> list[WorkerReportedV1]:
        """Return the last reports of the workers from which a dispatcher received one within FRESH_SECONDS, by name."""
        lately = {"$expr": {"$gte": ["$heard_at", {"$subtract": ["$$NOW", FRESH_SECONDS * 1000]}]}}
        async with store_errors():
            found = await self._collection.find(lately).sort("heard_at", -1).to_list(None)
        return sorted((WorkerReportedV1.model_validate(each["report"]) for each in found), key=lambda each: each.worker)
