"""Reads bulk acts."""

from __future__ import annotations

from typing import cast

from tandem.store.bulk_acts.documents import COLLECTION, BulkActDocument
from tandem.store.database import Database, store_errors

_INDEX = "job_id_1_created_by_id_1_created_at_-1"


class BulkActReader:
    """Reader of bulk acts. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, act_id: str) -> BulkActDocument | None:
        async with store_errors():
            return cast("BulkActDocument | None", await self._collection.find_one({"_id": act_id}))

    async def of_person(self, job_id: str, person_id: str, *, limit: int) -> list[BulkActDocument]:
        """Return the person's acts in a job, newest first, without the seqs of sets."""
        query = {"job_id": job_id, "created_by_id": person_id}
        async with store_errors():
            found = await (
                self._collection.find(query, {"selection.seqs": 0})
                .sort([("created_at", -1)])
                .limit(limit)
                .hint(_INDEX)
                .to_list(limit)
            )
        return cast("list[BulkActDocument]", found)
