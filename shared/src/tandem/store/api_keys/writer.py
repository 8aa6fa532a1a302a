"""Writes credentials; for the api alone."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from pymongo.errors import DuplicateKeyError

from tandem.store.api_keys.documents import COLLECTION, ApiKeyDocument
from tandem.store.database import Database, Document, store_errors
from tandem.store.patience import insert_once


class ApiKeyWriter:
    """All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert(self, key: ApiKeyDocument) -> None:
        await insert_once(self._collection, cast("Document", key))

    async def replace(self, key: ApiKeyDocument) -> bool:
        """Put this credential in the place of its `_id`; what was made from the one before ends.

        No effect, and False, when the stored one has the same hash: it stays as it is, revoked or not.
        """
        async with store_errors():
            try:
                await self._collection.replace_one(
                    {"_id": key["_id"], "hash": {"$ne": key["hash"]}}, cast("Document", key), upsert=True
                )
            except DuplicateKeyError:
                return False
            await self._collection.delete_many({"parent_id": key["_id"]})
        return True

    async def consume_login(self, token_hash: str, *, now: datetime) -> ApiKeyDocument | None:
        """Take a login link out of the store, so that it works once; None when it is unknown, used or over."""
        async with store_errors():
            found = await self._collection.find_one_and_delete(
                {"hash": token_hash, "kind": "login", "revoked": False, "expires_at": {"$gt": now}}
            )
        return cast("ApiKeyDocument | None", found)

    async def revoke(self, key_id: str) -> bool:
        """Revoke an API key and end all sessions and login links made from it; False when there is no such key."""
        async with store_errors():
            result = await self._collection.update_one({"_id": key_id, "kind": "key"}, {"$set": {"revoked": True}})
            if result.matched_count == 0:
                return False
            await self._collection.delete_many({"parent_id": key_id})
        return True

    async def end_session(self, token_hash: str) -> None:
        async with store_errors():
            await self._collection.delete_one({"hash": token_hash, "kind": "session"})
