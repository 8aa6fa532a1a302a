"""Writes orders of review; for the api alone: its HTTP side places them, its dispatcher walks them."""

from __future__ import annotations

from typing import Any, cast

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from tandem.store.database import Database, Document, store_errors
from tandem.store.review_orders.documents import (
    COLLECTION,
    NO_COUNTS,
    OrderCounts,
    OrderState,
    ReviewOrderDocument,
)

_FREE = {"$expr": {"$lte": ["$lease.until", "$$NOW"]}}
"""Not taken (a missing value sorts below every time), or the lease ran out."""


class ReviewOrderWriter:
    """Writer of review orders. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def place(self, order: ReviewOrderDocument) -> ReviewOrderDocument:
        """Have it walked. One that is walked already goes on, one that is done is walked again from the start."""
        async with store_errors():
            try:
                await self._collection.insert_one(cast("Document", order))
            except DuplicateKeyError:
                anew = {
                    "state": OrderState.OPEN.value,
                    "cursor": order["from_seq"],
                    "below_seq": order["below_seq"],
                    "counts": NO_COUNTS,
                    "queues": {},
                    "stalled": 0,
                    "finished_at": None,
                }
                await self._collection.update_one(
                    {"_id": order["_id"], "state": OrderState.DONE}, {"$set": anew, "$inc": {"run": 1}}
                )
            stored = await self._collection.find_one({"_id": order["_id"]})
        return cast("ReviewOrderDocument", stored)

    async def claim(self, holder: str, *, seconds: float) -> ReviewOrderDocument | None:
        """Lease the open order that waited longest; None when none is free.

        One that this holder has leased already counts as free: a holder walks one block at a time, so it holds one only
        when a call failed on the way, and goes on with it at once.
        """
        async with store_errors():
            found = await self._collection.find_one_and_update(
                {"state": OrderState.OPEN, "$or": [_FREE, {"lease.holder": holder}]},
                [
                    {
                        "$set": {
                            "lease": {"holder": holder, "until": {"$add": ["$$NOW", int(seconds * 1000)]}},
                            "walked_at": "$$NOW",
                        }
                    }
                ],
                sort=[("walked_at", 1), ("_id", 1)],
                return_document=ReturnDocument.AFTER,
            )
        return cast("ReviewOrderDocument | None", found)

    async def advance(
        self, order: ReviewOrderDocument, *, cursor: int, counts: OrderCounts, queues: dict[str, int]
    ) -> bool:
        """Count a block and give the lease back; at the end the order is done. False: another one walked on meanwhile,
        and nothing changes."""
        done = cursor >= order["below_seq"]
        changes: dict[str, Any] = {"cursor": cursor, "lease": None, "stalled": 0}
        if done:
            changes |= {"state": OrderState.DONE.value, "finished_at": "$$NOW"}
        added: dict[str, Any] = {f"counts.{name}": {"$add": [f"$counts.{name}", n]} for name, n in counts.items()}
        for job_id, number in queues.items():
            added[f"queues.{job_id}"] = {"$add": [{"$ifNull": [f"$queues.{job_id}", 0]}, number]}
        async with store_errors():
            result = await self._collection.update_one(self._ours(order), [{"$set": changes | added}])
        return result.matched_count > 0

    async def put_off(self, order: ReviewOrderDocument, *, seconds: float) -> None:
        """Postpone a block that was not carried out: the first to come after `seconds` tries again."""
        lease = {"holder": None, "until": {"$add": ["$$NOW", int(seconds * 1000)]}}
        async with store_errors():
            await self._collection.update_one(
                self._ours(order), [{"$set": {"lease": lease, "stalled": {"$add": ["$stalled", 1]}}}]
            )

    @staticmethod
    def _ours(order: ReviewOrderDocument) -> Document:
        lease = order["lease"]
        return {
            "_id": order["_id"],
            "run": order["run"],
            "cursor": order["cursor"],
            "lease.holder": lease["holder"] if lease else None,
        }
