"""Reads certificates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from tandem.store.certificates.documents import COLLECTION, CertificateDocument
from tandem.store.database import Database, store_errors

_LARGE = ("population", "outside", "closing", "document", "opening", "schedules", "key")
MOST_CERTIFICATES = 100
"""Certificates of one job that can be made."""


class CertificateReader:
    """Reader of certificates. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]
        self._deletions = database["deletions"]

    async def get(self, certificate_id: str) -> CertificateDocument | None:
        async with store_errors():
            return cast("CertificateDocument | None", await self._collection.find_one({"_id": certificate_id}))

    async def of_job(self, job_id: str) -> list[CertificateDocument]:
        """Return the certificates of a job, oldest first, without what is large or secret in them."""
        async with store_errors():
            cursor = self._collection.find({"job_id": job_id}, dict.fromkeys(_LARGE, 0))
            found = await cursor.sort([("created_at", 1), ("_id", 1)]).to_list(None)
        return cast("list[CertificateDocument]", found)

    async def live_of(self, job_ids: Sequence[str]) -> str | None:
        """Return the id of a certificate of one of these jobs that has not ended; None where there is none."""
        async with store_errors():
            query = {"job_id": {"$in": list(job_ids)}, "live": True}
            found = await self._collection.find_one(query, {"_id": 1})
        return None if found is None else str(found["_id"])

    async def deleted_since(self, certificate: CertificateDocument, since: datetime) -> list[int]:
        """Return the seqs of records of its job that were deleted since then."""
        query = {
            "project_id": certificate["project_id"],
            "asked_at": {"$gte": since},
            "kind": "record",
            "jobs": certificate["job_id"],
        }
        async with store_errors():
            found = await self._deletions.find(query, {"target_id": 1}).to_list(None)
        return [int(document["target_id"].rpartition(":")[2]) for document in found]
