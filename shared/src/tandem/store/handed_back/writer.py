"""Writes what was paid for requests that were handed back; for the postprocessor alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from pymongo.errors import BulkWriteError

from tandem.store.database import Database, Document, store_errors
from tandem.store.errors import only_duplicates
from tandem.store.handed_back.documents import COLLECTION, HandedBackDocument


class HandedBackWriter:
    """Writer of payments for handed-back requests.

    All methods raise StoreUnavailableError when MongoDB is away; the same call may then be made again.
    """

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert(self, documents: Sequence[HandedBackDocument]) -> int:
        """Note each payment once, however often it is told. Returns how many were new."""
        if not documents:
            return 0
        async with store_errors():
            try:
                await self._collection.insert_many(cast("Sequence[Document]", documents), ordered=False)
            except BulkWriteError as error:
                return len(documents) - len(only_duplicates(error))
        return len(documents)
