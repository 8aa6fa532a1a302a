"""Reads orders of review."""

from __future__ import annotations

from typing import cast

from tandem.store.database import Database, store_errors
from tandem.store.review_orders.documents import COLLECTION, ReviewOrderDocument


class ReviewOrderReader:
    """Reader of review orders. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, order_id: str) -> ReviewOrderDocument | None:
        async with store_errors():
            return cast("ReviewOrderDocument | None", await self._collection.find_one({"_id": order_id}))
