"""Reads annotations for reports and comparisons: what is counted of them, by stretches of seq, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from tandem.jobs import Selection
from tandem.quality.summary import RAW_LENGTH, Ended
from tandem.store.annotations.documents import COLLECTION
from tandem.store.database import Database, store_errors
from tandem.store.selections import seq_queries

THRESHOLDS = "thresholds"
"""Name of the campaign by a job's own thresholds."""
_COUNTING_INDEX = "job_id_1_seq_1_attempt_1_outcome_1_needs_review_1"
_VERIFIED_INDEX = "job_id_1_seq_1_verification_revision_1"
_ASKED_INDEX = "job_id_1_seq_1_review_asked.attempt_1"
_CHANGED_INDEX = "job_id_1_seq_1_review_changes_1"
_BATCH = 500
"""Documents that are decoded at once: for so long nothing else runs."""


class Fingerprint(NamedTuple):
    """Fingerprint of a stretch of a job: ended records, the sum of their attempts, the sum of the decisions' revisions,
    the number of records for which a review was requested afterwards, and how often one was requested or withdrawn.

    Nothing that is reported changes without one of them changing.
    """

    records: int = 0
    attempts: int = 0
    revisions: int = 0
    asked: int = 0
    changes: int = 0


class EndedReader:
    """Reader of ended records. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def fingerprints(self, job_id: str, block_size: int) -> dict[int, Fingerprint]:
        """Return the fingerprint of each block `seq // block_size` that has any annotation; without touching a
        document."""
        block = {"$floor": {"$divide": ["$seq", block_size]}}
        counted: list[dict[str, Any]] = [
            {"$match": {"job_id": job_id, "seq": {"$gte": 0}}},
            {"$group": {"_id": block, "records": {"$sum": 1}, "attempts": {"$sum": "$attempt"}}},
        ]
        decided: list[dict[str, Any]] = [
            {"$match": {"job_id": job_id, "verification_revision": {"$gte": 1}}},
            {"$group": {"_id": block, "revisions": {"$sum": "$verification_revision"}}},
        ]
        asked_for: list[dict[str, Any]] = [
            {"$match": {"job_id": job_id, "review_asked.attempt": {"$gte": 1}}},
            {"$group": {"_id": block, "asked": {"$sum": 1}}},
        ]
        changed: list[dict[str, Any]] = [
            {"$match": {"job_id": job_id, "review_changes": {"$gte": 1}}},
            {"$group": {"_id": block, "changes": {"$sum": "$review_changes"}}},
        ]
        async with store_errors():
            groups = await self._collection.aggregate(counted, hint=_COUNTING_INDEX).to_list(None)
            decisions = await self._collection.aggregate(decided, hint=_VERIFIED_INDEX).to_list(None)
            orders = await self._collection.aggregate(asked_for, hint=_ASKED_INDEX).to_list(None)
            moves = await self._collection.aggregate(changed, hint=_CHANGED_INDEX).to_list(None)
        revisions = {group["_id"]: group["revisions"] for group in decisions}
        asked = {group["_id"]: group["asked"] for group in orders}
        changes = {group["_id"]: group["changes"] for group in moves}
        return {
            int(block): Fingerprint(
                group["records"],
                group["attempts"],
                revisions.get(block, 0),
                asked.get(block, 0),
                changes.get(block, 0),
            )
            for group in groups
            for block in (group["_id"],)
        }

    async def ended(self, job_ids: Sequence[str], within: Selection) -> dict[str, dict[int, Ended]]:
        """Return, by job and seq, which of the selected records ended, and how; one query a block for all jobs."""
        found: dict[str, dict[int, Ended]] = {job_id: {} for job_id in job_ids}
        for seqs in seq_queries(within):
            pipeline: list[dict[str, Any]] = [
                {"$match": {"job_id": {"$in": list(job_ids)}, "seq": seqs}},
                {"$project": _SHOWN},
            ]
            async with store_errors():
                documents = await self._collection.aggregate(pipeline, hint=_COUNTING_INDEX, batchSize=_BATCH).to_list(
                    None
                )
            for document in documents:
                found[document["job_id"]][document["seq"]] = cast("Ended", document)
        return found

    async def audited(self, job_ids: Sequence[str], campaign_ids: Sequence[str]) -> list[Ended]:
        """Return the decided records that these campaigns asked for, in the order in which their labels were made."""
        asked = {"review_asked.attempt": {"$gte": 1}, "review_asked.order": {"$in": list(campaign_ids)}}
        pipeline: list[dict[str, Any]] = [
            {"$match": {"job_id": {"$in": list(job_ids)}, **asked, "verification.revision": {"$gte": 1}}},
            {"$project": _SHOWN},
            {"$sort": {"created_at": 1, "seq": 1}},
        ]
        async with store_errors():
            found = await self._collection.aggregate(pipeline, hint=_ASKED_INDEX, batchSize=_BATCH).to_list(None)
        return cast("list[Ended]", found)


_SHOWN: dict[str, Any] = {
    "_id": 0,
    "job_id": 1,
    "seq": 1,
    "record_id": 1,
    "attempt": 1,
    "outcome": 1,
    "reason": 1,
    "needs_review": 1,
    "review_reason": 1,
    "review_causes": {"$ifNull": ["$review_causes", []]},
    "seconds": 1,
    "created_at": 1,
    "labels.task": 1,
    "labels.value": 1,
    "labels.confidence": 1,
    "labels.margin": 1,
    "labels.entropy": 1,
    "labels.rule": 1,
    "raw": {
        "$cond": [{"$eq": ["$outcome", "invalid"]}, {"$substrCP": [{"$ifNull": ["$raw", ""]}, 0, 2 * RAW_LENGTH]}, None]
    },
    "verified": {"$ifNull": ["$verification.values", None]},
    "shown": {"$ifNull": ["$verification.shown_values", {}]},
    "verified_at": {"$ifNull": ["$verification.decided_at", None]},
    "decided_by": {"$ifNull": ["$verification.decided_by_id", None]},
    "decided_attempt": {"$ifNull": ["$verification.shown_attempt", None]},
    "campaign": {"$cond": ["$needs_review", {"$ifNull": ["$review_asked.order", THRESHOLDS]}, None]},
}
