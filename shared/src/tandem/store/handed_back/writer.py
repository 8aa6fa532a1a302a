"""Writes what was paid for requests that were handed back; for the postprocessor alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from pymongo.errors import BulkWriteError

from tandem.store.database import Database, Document, store_errors
from tandem.store.handed_back.documents import COLLECTION, HandedBackDocument

_DUPLICATE_KEY = 11000


class HandedBackWriter:
    """All methods raise StoreUnavailableError when MongoDB is away; the same call may then be made again."""

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
                failures = error.details["writeErrors"]
                if error.details.get("writeConcernErrors") or any(
                    failure["code"] != _DUPLICATE_KEY for failure in failures
                ):
                    raise
                return len(documents) - len(failures)
        return len(documents)
