"""Reads reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from tandem.store.database import Database, store_errors
from tandem.store.reports.documents import COLLECTION, ReportDocument


class ReportReader:
    """Reader of reports. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, job_id: str) -> ReportDocument | None:
        async with store_errors():
            return cast("ReportDocument | None", await self._collection.find_one({"_id": job_id}))

    async def known(self, job_ids: Sequence[str]) -> set[str]:
        """Return those of the jobs that have a report."""
        async with store_errors():
            found = await self._collection.find({"_id": {"$in": list(job_ids)}}, {"_id": 1}).to_list(None)
        return {document["_id"] for document in found}
