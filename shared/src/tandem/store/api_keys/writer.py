"""Writes credentials; for the api alone."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from pymongo.errors import DuplicateKeyError

from tandem.store.api_keys.documents import COLLECTION, ApiKeyDocument
from tandem.store.database import Database, Document, store_errors
from tandem.store.patience import insert_once

_LASTS = {"kind": "key", "role": "admin", "project_ids": None, "revoked": False, "expires_at": None}
"""The keys on which an installation can rely. A key that expires is none: when it does, nobody is there to refuse."""


class LastAdminKeyError(Exception):
    """Without this key, nobody could make keys any more."""


def _is_a_way_in(key: ApiKeyDocument, now: datetime) -> bool:
    ended = key["revoked"] or (key["expires_at"] is not None and key["expires_at"] <= now)
    return key["role"] == "admin" and key["project_ids"] is None and not ended


class ApiKeyWriter:
    """All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
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

    async def revoke(self, key_id: str, *, now: datetime) -> bool:
        """Revoke an API key and end all sessions and login links made from it; False when there is no such key.

        Raises LastAdminKeyError, and changes nothing, for an admin key of all projects that is good at `now` while no
        other one lasts. Raises StoreConflictError when another key was revoked at the same moment: try again.
        """
        async with self._database.transaction() as session:
            key = await self._collection.find_one({"_id": key_id, "kind": "key"}, session=session)
            if key is None:
                return False
            if _is_a_way_in(cast("ApiKeyDocument", key), now):
                # The write on the key that stays is what two revocations at once, each of the other's, collide on.
                stays = await self._collection.find_one_and_update(
                    {**_LASTS, "_id": {"$ne": key_id}}, {"$inc": {"relied_on": 1}}, session=session
                )
                if stays is None:
                    raise LastAdminKeyError(key_id)
            await self._collection.update_one({"_id": key_id}, {"$set": {"revoked": True}}, session=session)
            await self._collection.delete_many({"parent_id": key_id}, session=session)
        return True

    async def end_session(self, token_hash: str) -> None:
        async with store_errors():
            await self._collection.delete_one({"hash": token_hash, "kind": "session"})
