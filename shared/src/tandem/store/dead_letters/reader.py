"""Reads dead letters."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from tandem.store.database import Database, store_errors
from tandem.store.dead_letters.documents import COLLECTION, DeadLetterDocument, DeadLetterState

_CONTENT = {"value": 0, "fixed": 0}


class DeadLetterReader:
    """Reader of dead letters. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, letter_id: str) -> DeadLetterDocument | None:
        async with store_errors():
            return cast("DeadLetterDocument | None", await self._collection.find_one({"_id": letter_id}))

    async def page(
        self,
        state: DeadLetterState,
        *,
        topic: str | None = None,
        reason: str | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int,
    ) -> list[DeadLetterDocument]:
        """Return dead letters without their content, newest first; `before` is (written_at, _id) of the last one of the
        page before."""
        query: dict[str, Any] = {"state": state.value}
        if topic is not None:
            query["topic"] = topic
        if reason is not None:
            query["reason"] = reason
        if before is not None:
            at, letter_id = before
            query["written_at"] = {"$lte": at}
            query["$or"] = [{"written_at": {"$lt": at}}, {"_id": {"$lt": letter_id}}]
        newest_first = [("written_at", -1), ("_id", -1)]
        async with store_errors():
            found = await self._collection.find(query, _CONTENT).sort(newest_first).limit(limit).to_list(limit)
        return cast("list[DeadLetterDocument]", found)

    async def to_replay(self, *, limit: int) -> list[DeadLetterDocument]:
        """Return dead letters that a person asked to replay, whole."""
        query = {"state": DeadLetterState.REPLAYING.value}
        async with store_errors():
            found = await self._collection.find(query).sort("written_at", 1).limit(limit).to_list(limit)
        return cast("list[DeadLetterDocument]", found)

    async def count(self) -> int:
        """Return roughly how many dead letters are kept."""
        async with store_errors():
            return int(await self._collection.estimated_document_count())
