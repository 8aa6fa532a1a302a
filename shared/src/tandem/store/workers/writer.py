"""Writes the workers' last reports; for the dispatcher alone."""

from __future__ import annotations

from collections.abc import Iterable

from pymongo import UpdateOne

from tandem.events import WorkerReportedV1
from tandem.store.database import Database, Document, store_errors
from tandem.store.workers.documents import COLLECTION


class WorkerWriter:
    """Writer of worker reports. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def record(self, reports: Iterable[WorkerReportedV1]) -> None:
        """Record reports that a dispatcher received. Several dispatchers may record the same worker's; the last one
        stands."""
        writes: list[UpdateOne] = []
        for report in reports:
            kept: Document = {"report": {"$literal": report.model_dump(mode="json")}, "heard_at": "$$NOW"}
            writes.append(UpdateOne({"_id": report.worker}, [{"$set": kept}], upsert=True))
        if writes:
            async with store_errors():
                await self._collection.bulk_write(writes, ordered=False)
