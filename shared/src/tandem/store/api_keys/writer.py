"""Writes credentials; for the api alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from pymongo.errors import DuplicateKeyError

from tandem.people.credentials import person_id_of
from tandem.people.person import Person, PersonSource
from tandem.store.api_keys.documents import COLLECTION, ApiKeyDocument
from tandem.store.api_keys.lasting import LastAdminKeyError, is_a_way_in, rely_on_another
from tandem.store.database import Database, Document, store_errors
from tandem.store.patience import insert_once
from tandem.store.people.documents import COLLECTION as PEOPLE


class PersonGoneError(Exception):
    """The person is unknown, disabled, or one who gets no credentials. Its text is the id."""


class ApiKeyWriter:
    """Writer of API keys. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._collection = database[COLLECTION]
        self._people = database[PEOPLE]

    async def insert(self, key: ApiKeyDocument) -> None:
        await insert_once(self._collection, cast("Document", key))

    async def give(self, credential: ApiKeyDocument, *, new_person: Person | None = None) -> None:
        """Insert a credential of a person; with `new_person` the person too, both or neither. Again, it has no effect.

        Raises PersonGoneError, and StoreConflictError when somebody changes the person at the same moment: try again.
        """
        async with self._database.transaction() as session:
            if await self._collection.find_one({"_id": credential["_id"]}, {"_id": 1}, session=session) is not None:
                return  # a try before this one took effect though it seemed to fail
            if new_person is not None:
                await self._people.insert_one({**new_person, "credentials_made": 1}, session=session)
            elif not await self._touch(person_id_of(credential), credential["project_ids"], session):
                raise PersonGoneError(person_id_of(credential))
            await self._collection.insert_one(cast("Document", credential), session=session)

    async def _touch(self, person_id: str, scope: list[str] | None, session: Any) -> bool:
        """Widen the person's scope by the credential's. Always writes, to collide with disabling the person."""
        both = {"$setUnion": ["$project_ids", {"$literal": scope or []}]}
        widened = None if scope is None else {"$cond": [{"$eq": ["$project_ids", None]}, None, both]}
        made = {"$add": [{"$ifNull": ["$credentials_made", 0]}, 1]}
        found = await self._people.update_one(
            {"_id": person_id, "disabled_at": None, "source": {"$ne": PersonSource.NAME_ONLY.value}},
            [{"$set": {"project_ids": widened, "credentials_made": made}}],
            session=session,
        )
        return found.matched_count == 1

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
            others = {"_id": {"$ne": key_id}}
            if is_a_way_in(cast("ApiKeyDocument", key), now) and not await rely_on_another(
                self._collection, others, session=session
            ):
                raise LastAdminKeyError(key_id)
            await self._collection.update_one({"_id": key_id}, {"$set": {"revoked": True}}, session=session)
            await self._collection.delete_many({"parent_id": key_id}, session=session)
        return True

    async def end_session(self, token_hash: str) -> None:
        async with store_errors():
            await self._collection.delete_one({"hash": token_hash, "kind": "session"})
