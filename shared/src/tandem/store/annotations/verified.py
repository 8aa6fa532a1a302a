"""Reads what people decided, over several jobs, the newest decisions first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tandem.store.annotations.documents import COLLECTION
from tandem.store.database import Database, store_errors

_INDEX = "job_id_1_verification.decided_at_-1_seq_-1"


@dataclass(frozen=True, slots=True)
class VerifiedAnnotation:
    dataset_id: str
    seq: int
    values: dict[str, Any]
    """Task to value, plain."""


class VerifiedReader:
    """Reader of verified annotations. Raises StoreUnavailableError when MongoDB is unavailable."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def newest(
        self, job_ids: Sequence[str], *, dataset_id: str | None = None, limit: int
    ) -> list[VerifiedAnnotation]:
        """Return the newest decisions of these jobs (of `dataset_id` alone where given); undone ones are left out."""
        if not job_ids:
            return []
        query: dict[str, Any] = {"job_id": {"$in": list(job_ids)}, "verification.decided_at": {"$exists": True}}
        if dataset_id is not None:
            query["dataset_id"] = dataset_id
        shown = {"_id": 0, "dataset_id": 1, "seq": 1, "verification.values": 1}
        async with store_errors():
            found = await (
                self._collection.find(query, shown)
                .sort("verification.decided_at", -1)
                .limit(limit)
                .hint(_INDEX)
                .to_list(limit)
            )
        return [VerifiedAnnotation(each["dataset_id"], each["seq"], each["verification"]["values"]) for each in found]
