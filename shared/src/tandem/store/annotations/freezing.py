"""Reads the labels that a certificate freezes, by stretches of seq."""

from __future__ import annotations

from typing import Any

from tandem.store.annotations.documents import COLLECTION
from tandem.store.database import Database, store_errors

_COUNTING_INDEX = "job_id_1_seq_1_attempt_1_outcome_1_needs_review_1"
_SHOWN: dict[str, Any] = {
    "_id": 0,
    "seq": 1,
    "record_id": 1,
    "attempt": 1,
    "outcome": 1,
    "content_hash": 1,
    "labels.task": 1,
    "labels.value": 1,
    "labels.confidence": 1,
    "needs_review": 1,
    "verification_revision": 1,
    "verification.values": 1,
    "provider": 1,
    "model": 1,
    "agent_id": 1,
    "agent_version": 1,
}
_OLDER = {**{f"history.{name}": 1 for name in _SHOWN if name != "_id"}, "seq": 1}


class FreezingReader:
    """Reader of labels to freeze. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def block(self, job_id: str, from_seq: int, limit: int) -> list[dict[str, Any]]:
        """Return the annotations from `from_seq` on, by seq, at most `limit` of them."""
        query = {"job_id": job_id, "seq": {"$gte": from_seq}}
        async with store_errors():
            cursor = self._collection.find(query, _SHOWN).sort("seq", 1).limit(limit).hint(_COUNTING_INDEX)
            return await cursor.batch_size(limit).to_list(None)

    async def between(self, job_id: str, from_seq: int, below_seq: int, *, attempt: int) -> dict[int, dict[str, Any]]:
        """Return the annotations of a stretch by seq, as they were up to this attempt; what came later is left out."""
        query: dict[str, Any] = {"job_id": job_id, "seq": {"$gte": from_seq, "$lt": below_seq}}
        async with store_errors():
            found = await self._collection.find(query, _SHOWN).hint(_COUNTING_INDEX).to_list(None)
            later = [document["seq"] for document in found if document["attempt"] > attempt]
            older = await self._older(query | {"seq": {"$in": later}}) if later else {}
        by_seq = {document["seq"]: document for document in found if document["attempt"] <= attempt}
        for document in found:
            before = [each for each in older.get(document["seq"], ()) if each["attempt"] <= attempt]
            if document["seq"] not in by_seq and before:
                by_seq[document["seq"]] = {**document, **max(before, key=lambda each: each["attempt"])}
        return by_seq

    async def _older(self, query: dict[str, Any]) -> dict[int, list[dict[str, Any]]]:
        found = await self._collection.find(query, {"_id": 0, **_OLDER}).hint(_COUNTING_INDEX).to_list(None)
        return {document["seq"]: document.get("history", []) for document in found}
