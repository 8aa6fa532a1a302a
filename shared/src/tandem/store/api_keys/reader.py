"""Reads credentials."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from tandem.store.api_keys.documents import COLLECTION, ApiKeyDocument
from tandem.store.batching import Batcher
from tandem.store.database import Database, store_errors


class ApiKeyReader:
    """Reader of API keys. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]
        self._by_hash: Batcher[str, ApiKeyDocument | None] = Batcher(self._find_by_hash)

    async def by_hash(self, token_hash: str) -> ApiKeyDocument | None:
        """Find the credential of this hash, whatever its state: the caller checks kind, expiry and revocation."""
        return await self._by_hash(token_hash)

    async def _find_by_hash(self, hashes: Sequence[str]) -> list[ApiKeyDocument | None]:
        async with store_errors():
            found = await self._collection.find({"hash": {"$in": sorted(set(hashes))}}).to_list(None)
        by_hash = {document["hash"]: cast("ApiKeyDocument", document) for document in found}
        return [by_hash.get(token_hash) for token_hash in hashes]

    async def keys(self, *, before: tuple[datetime, str] | None = None, limit: int = 100) -> list[ApiKeyDocument]:
        """List API keys that are not revoked, newest first; neither sessions nor login links."""
        query: dict[str, object] = {"kind": "key", "revoked": False}
        if before is not None:
            query["created_at"] = {"$lte": before[0]}
            query["$or"] = [{"created_at": {"$lt": before[0]}}, {"_id": {"$lt": before[1]}}]
        async with store_errors():
            found = await (
                self._collection.find(query).sort([("created_at", -1), ("_id", -1)]).limit(limit).to_list(limit)
            )
        return cast("list[ApiKeyDocument]", found)

    async def get(self, key_id: str) -> ApiKeyDocument | None:
        async with store_errors():
            return cast("ApiKeyDocument | None", await self._collection.find_one({"_id": key_id}))
