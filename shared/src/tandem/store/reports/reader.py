"""Reads reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
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

    async def made_at(self, job_ids: Sequence[str]) -> dict[str, datetime]:
        """Return when the reports of these jobs were made; jobs that have none are left out."""
        async with store_errors():
            found = await self._collection.find({"_id": {"$in": list(job_ids)}}, {"made_at": 1}).to_list(None)
        return {document["_id"]: document["made_at"] for document in found}
