"""Writes bulk acts. Only verification-ui imports this module."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from tandem.store.bulk_acts.documents import COLLECTION, NO_COUNTS, ActCounts, ActState, BulkActDocument, counts_name
from tandem.store.database import Database, Document, store_errors, utcnow

_WORKING = [ActState.RUNNING.value, ActState.UNDOING.value]
_FREE = {"$expr": {"$lte": ["$lease.until", "$$NOW"]}}
"""Nobody's (a missing value sorts below every time), or the lease ran out."""


class BulkActWriter:
    """Writer of bulk acts. All methods raise StoreUnavailableError when MongoDB is away; each may be made twice."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert(self, act: BulkActDocument) -> BulkActDocument:
        """Save a new act. Returns the stored one, which is another where the id was taken already."""
        async with store_errors():
            with suppress(DuplicateKeyError):
                await self._collection.insert_one(cast("Document", act))
            return cast("BulkActDocument", await self._collection.find_one({"_id": act["_id"]}))

    async def claim(self, holder: str, *, seconds: float) -> BulkActDocument | None:
        """Take the oldest act that has work left and nobody works on. None where there is none."""
        update = [{"$set": {"lease": _lease(holder, seconds)}}]
        async with store_errors():
            found = await self._collection.find_one_and_update(
                {"state": {"$in": _WORKING}, **_FREE},
                update,
                sort=[("state", 1), ("created_at", 1)],
                return_document=ReturnDocument.AFTER,
            )
        return cast("BulkActDocument | None", found)

    async def advance(
        self, act: BulkActDocument, holder: str, *, cursor: int, counts: ActCounts, ended: bool, seconds: float
    ) -> BulkActDocument | None:
        """Save how far the act is and renew the lease. None where somebody else took it, or its undo was asked for."""
        changes: dict[str, Any] = {"cursor": cursor, counts_name(act["state"]): {"$literal": counts}}
        if ended:
            over = ActState.DONE if act["state"] == ActState.RUNNING else ActState.UNDONE
            changes |= {"state": over.value, "finished_at": utcnow(), "lease": None}
        else:
            changes["lease"] = _lease(holder, seconds)
        unchanged = {"_id": act["_id"], "state": act["state"], "cursor": act["cursor"], "lease.holder": holder}
        async with store_errors():
            found = await self._collection.find_one_and_update(
                unchanged, [{"$set": changes}], return_document=ReturnDocument.AFTER
            )
        return cast("BulkActDocument | None", found)

    async def release(self, act_id: str, holder: str) -> None:
        """Give up the lease of an act, so that somebody else can work on it at once."""
        async with store_errors():
            await self._collection.update_one({"_id": act_id, "lease.holder": holder}, {"$set": {"lease": None}})

    async def undo(self, act_id: str) -> BulkActDocument | None:
        """Have the act undone, also where it is not done yet. Returns it as stored; None where it is gone."""
        begins = {
            "state": ActState.UNDOING.value,
            "cursor": "$selection.from_seq",
            "undo_counts": {"$literal": NO_COUNTS},
            "finished_at": None,
        }  # the lease stays: whoever works on the act must stop before its undo begins
        allowed = [ActState.RUNNING.value, ActState.DONE.value]
        async with store_errors():
            await self._collection.update_one({"_id": act_id, "state": {"$in": allowed}}, [{"$set": begins}])
            return cast("BulkActDocument | None", await self._collection.find_one({"_id": act_id}))


def _lease(holder: str, seconds: float) -> Document:
    until = {"$add": ["$$NOW", round(seconds * 1000)]}
    return {"holder": {"$literal": holder}, "until": until}
