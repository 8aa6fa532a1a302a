"""Writes dead letters; for the api alone: its dispatcher copies and publishes them, people decide on them."""

from __future__ import annotations

from typing import Any, cast

from pymongo import ReturnDocument

from tandem.store.database import Database, store_errors, utcnow
from tandem.store.dead_letters.documents import COLLECTION, DeadLetterDocument, DeadLetterState


class DeadLetterWriter:
    """Writer of dead letters. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def keep(self, letter: DeadLetterDocument) -> None:
        """Insert a dead letter unless it is there, whatever became of it."""
        values = {name: value for name, value in letter.items() if name != "_id"}
        async with store_errors():
            await self._collection.update_one({"_id": letter["_id"]}, {"$setOnInsert": values}, upsert=True)

    async def change(self, letter_id: str, *, fixed: bytes, by_id: str) -> DeadLetterDocument | None:
        """Set the content that is used in place of the original; None where the letter is not open."""
        return await self._decide(letter_id, {"fixed": fixed}, by_id)

    async def replay(self, letter_id: str, *, by_id: str) -> DeadLetterDocument | None:
        """Have the dispatcher publish the letter; None where it is not open."""
        return await self._decide(letter_id, {"state": DeadLetterState.REPLAYING.value}, by_id)

    async def discard(self, letter_id: str, *, by_id: str) -> DeadLetterDocument | None:
        """Drop the letter's content; what is known of it is kept. None where it is not open."""
        state = DeadLetterState.DISCARDED.value
        return await self._decide(letter_id, {"state": state, "value": b"", "fixed": None}, by_id)

    async def end(self, letter_id: str, result: str, *, by_id: str | None = None) -> DeadLetterDocument | None:
        """Note that the letter was replayed, with what came of it; None where it was decided otherwise."""
        changes: dict[str, Any] = {"state": DeadLetterState.REPLAYED.value, "result": result}
        if by_id is not None:
            return await self._decide(letter_id, changes, by_id)
        return await self._update({"_id": letter_id, "state": DeadLetterState.REPLAYING.value}, changes)

    async def _decide(self, letter_id: str, changes: dict[str, Any], by_id: str) -> DeadLetterDocument | None:
        audit = {"handled_by_id": by_id, "handled_at": utcnow()}
        return await self._update({"_id": letter_id, "state": DeadLetterState.OPEN.value}, changes | audit)

    async def _update(self, query: dict[str, Any], changes: dict[str, Any]) -> DeadLetterDocument | None:
        async with store_errors():
            found = await self._collection.find_one_and_update(
                query, {"$set": changes}, return_document=ReturnDocument.AFTER
            )
        return cast("DeadLetterDocument | None", found)
