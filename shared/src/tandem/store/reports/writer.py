"""Writes reports; for the api's HTTP side alone."""

from __future__ import annotations

from typing import cast

from tandem.store.database import Database, Document, store_errors
from tandem.store.reports.documents import COLLECTION, ReportDocument


class ReportWriter:
    """Writer of reports. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def save(self, report: ReportDocument) -> None:
        """Save the report in place of an earlier one."""
        async with store_errors():
            await self._collection.replace_one({"_id": report["_id"]}, cast("Document", report), upsert=True)
