"""Give annotations of older versions the lowest confidence of their labels, by which they are found and ordered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tandem.store.database import Database, store_errors
from tandem.store.migrations.runner import Migration, MigrationLease

STRETCH = 10_000
"""Seqs a step."""
_COUNTING_INDEX = "job_id_1_seq_1_attempt_1_outcome_1_needs_review_1"


async def give_lowest_confidence(database: Database, lease: MigrationLease) -> Mapping[str, int]:
    """Write `lowest_confidence` into annotations whose labels have a confidence and that lack it."""
    collection, changed = database["annotations"], Counter[str]()
    async with store_errors():
        jobs = await collection.distinct("job_id")
    for job_id in sorted(jobs):
        start = 0
        while True:
            await lease.keep()
            query: dict[str, Any] = {"job_id": job_id, "seq": {"$gte": start}}
            async with store_errors():
                ahead = await collection.find(query, {"_id": 0, "seq": 1}).sort("seq", 1).limit(1).to_list(1)
            if not ahead:
                break
            first = ahead[0]["seq"]
            lacking = {
                "job_id": job_id,
                "seq": {"$gte": first, "$lt": first + STRETCH},
                "lowest_confidence": {"$exists": False},
                "labels.confidence": {"$gte": 0},
            }
            async with store_errors():
                result = await collection.update_many(
                    lacking, [{"$set": {"lowest_confidence": {"$min": "$labels.confidence"}}}], hint=_COUNTING_INDEX
                )
            changed["annotations"] += result.modified_count
            start = first + STRETCH
    return changed


LOWEST_CONFIDENCE = Migration("0005-lowest-confidence", give_lowest_confidence)
