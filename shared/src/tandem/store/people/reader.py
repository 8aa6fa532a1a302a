"""Reads people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from tandem.people.person import PersonSource
from tandem.store.batching import Batcher
from tandem.store.database import Database, store_errors
from tandem.store.people.documents import COLLECTION, PersonDocument


class PersonReader:
    """Reader of people. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]
        self._by_id: Batcher[str, PersonDocument | None] = Batcher(self._find_by_id)

    async def get(self, person_id: str) -> PersonDocument | None:
        return await self._by_id(person_id)

    async def _find_by_id(self, person_ids: Sequence[str]) -> list[PersonDocument | None]:
        async with store_errors():
            found = await self._collection.find({"_id": {"$in": sorted(set(person_ids))}}).to_list(None)
        by_id = {document["_id"]: cast("PersonDocument", document) for document in found}
        return [by_id.get(person_id) for person_id in person_ids]

    async def names(self, person_ids: Iterable[str | None]) -> dict[str, str]:
        """Return the display names by id, in one query; ids that nobody has are left out."""
        wanted = sorted({person_id for person_id in person_ids if person_id is not None})
        if not wanted:
            return {}
        async with store_errors():
            found = await self._collection.find({"_id": {"$in": wanted}}, {"name": 1}).to_list(None)
        return {person["_id"]: person["name"] for person in found}

    async def name(self, person_id: str | None, otherwise: str) -> str:
        """Return the display name of a person; `otherwise` where nobody has this id."""
        names = await self.names([person_id])
        return names.get(person_id or "", otherwise)

    async def list(
        self, *, after: tuple[str, str] | None = None, limit: int = 100, names_only: bool = False
    ) -> list[PersonDocument]:
        """Return people by name and id, from behind `after`; with `names_only`, only those known by name alone."""
        source = PersonSource.NAME_ONLY if names_only else PersonSource.LOCAL
        query: dict[str, Any] = {"source": source.value}
        if after is not None:
            name, person_id = after
            query["name"] = {"$gte": name}
            query["$or"] = [{"name": {"$gt": name}}, {"_id": {"$gt": person_id}}]
        async with store_errors():
            found = await self._collection.find(query).sort([("name", 1), ("_id", 1)]).limit(limit).to_list(limit)
        return cast("list[PersonDocument]", found)

    async def called(self, name: str) -> Sequence[PersonDocument]:
        """Return the people of this name who may log in, by id."""
        query = {"source": PersonSource.LOCAL.value, "name": name, "disabled_at": None}
        async with store_errors():
            found = await self._collection.find(query).sort([("name", 1), ("_id", 1)]).to_list(None)
        return cast("list[PersonDocument]", found)
