"""Reads summaries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

from tandem.store.database import Database, store_errors
from tandem.store.summaries.documents import COLLECTION, SummaryDocument

_INDEX = "subject_1_block_1"


class SummaryReader:
    """All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def of(self, subject: str) -> AsyncIterator[SummaryDocument]:
        """By block, in constant memory."""
        async with store_errors():
            async for document in self._collection.find({"subject": subject}).sort("block", 1).hint(_INDEX):
                yield cast("SummaryDocument", document)
