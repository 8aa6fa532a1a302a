"""Writes people; for the api alone. Credentials are given to them by `tandem.store.api_keys.writer`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from tandem.store.api_keys.documents import COLLECTION as API_KEYS
from tandem.store.api_keys.documents import ApiKeyDocument
from tandem.store.api_keys.lasting import LastAdminKeyError, is_a_way_in, rely_on_another
from tandem.store.database import Database, Document, store_errors
from tandem.store.patience import insert_once
from tandem.store.people.documents import COLLECTION, PersonDocument


class PersonWriter:
    """Writer of people. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._people = database[COLLECTION]
        self._keys = database[API_KEYS]

    async def insert(self, person: PersonDocument) -> None:
        await insert_once(self._people, cast("Document", person))

    async def ensure(self, person: PersonDocument) -> None:
        """Insert a person unless somebody has this id; whoever has it stays as they are."""
        content = {name: value for name, value in person.items() if name != "_id"}
        async with store_errors():
            try:
                await self._people.update_one({"_id": person["_id"]}, {"$setOnInsert": content}, upsert=True)
            except DuplicateKeyError:
                return  # somebody else was as quick

    async def rename(self, person_id: str, name: str) -> PersonDocument | None:
        """Change the display name, everywhere it is shown; None when nobody has this id."""
        return await self._change(person_id, {"$set": {"name": name}})

    async def enable(self, person_id: str) -> PersonDocument | None:
        """Let a disabled person get credentials again; those they had are over. None when nobody has this id."""
        return await self._change(person_id, {"$set": {"disabled_at": None}})

    async def disable(self, person_id: str, *, now: datetime) -> PersonDocument | None:
        """End all credentials of a person, and what was made with their keys; None when nobody has this id.

        Raises LastAdminKeyError, and changes nothing, when no lasting admin key of somebody else would stay. Raises
        StoreConflictError when a key is made or revoked at the same moment: try again.
        """
        # A key without a person, of an older version, is a person by its own id.
        theirs = {"$or": [{"person_id": person_id}, {"_id": person_id, "person_id": {"$exists": False}}]}
        others = {"person_id": {"$ne": person_id}, "_id": {"$ne": person_id}}
        async with self._database.transaction() as session:
            person = await self._people.find_one_and_update(
                {"_id": person_id},
                [{"$set": {"disabled_at": {"$ifNull": ["$disabled_at", now]}}}],
                session=session,
                return_document=ReturnDocument.AFTER,
            )
            if person is None:
                return None
            keys = cast(
                "list[ApiKeyDocument]",
                await self._keys.find({"kind": "key", **theirs}, session=session).to_list(None),
            )
            if any(is_a_way_in(key, now) for key in keys) and not await rely_on_another(
                self._keys, others, session=session
            ):
                raise LastAdminKeyError(person_id)
            ids = [key["_id"] for key in keys]
            await self._keys.update_many({"_id": {"$in": ids}}, {"$set": {"revoked": True}}, session=session)
            await self._keys.delete_many({"parent_id": {"$in": ids}}, session=session)
            await self._keys.delete_many({"person_id": person_id, "kind": {"$ne": "key"}}, session=session)
        return cast("PersonDocument", person)

    async def _change(self, person_id: str, change: dict[str, Any]) -> PersonDocument | None:
        async with store_errors():
            found = await self._people.find_one_and_update(
                {"_id": person_id}, change, return_document=ReturnDocument.AFTER
            )
        return cast("PersonDocument | None", found)
