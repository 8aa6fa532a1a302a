"""Reads summaries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import cast

from tandem.store.database import Database, store_errors
from tandem.store.summaries.documents import COLLECTION, SummaryDocument

_INDEX = "subject_1_block_1"
_BATCH = 20


class SummaryReader:
    """Reader of summaries. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def of(self, subject: str, blocks: Collection[int]) -> AsyncIterator[SummaryDocument]:
        """Stream the summaries of those of the blocks that are kept, in order and in constant memory."""
        query = {"subject": subject, "block": {"$in": sorted(blocks)}}
        async with store_errors():
            async for document in self._collection.find(query).sort("block", 1).hint(_INDEX).batch_size(_BATCH):
                yield cast("SummaryDocument", document)
