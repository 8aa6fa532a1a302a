"""Reads the review queue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tandem.events import thresholds_campaign_id
from tandem.jobs import Selection
from tandem.store.annotations.documents import ReviewTally
from tandem.store.batching import Batcher
from tandem.store.certificates.sealing import SealedReader
from tandem.store.database import Database, store_errors
from tandem.store.review_items.documents import ItemState, QueueCounts, ReviewItem
from tandem.store.selections import seq_queries

_BLIND = "dataset_id_1_revealed_1_seq_1"
_BY_SEQ = "job_id_1_seq_1_attempt_1"
_OF_CAMPAIGNS = "job_id_1_state_1_campaign_id_1_skips_1_priority_-1_seq_1"
_NEXT = "job_id_1_state_1_skips_1_priority_-1_seq_1"


class ReviewItemReader:
    """Reader of review items. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database["review_items"]
        self._sealed = SealedReader(database)
        self._by_id: Batcher[str, ReviewItem | None] = Batcher(self._find_by_id)

    async def get(self, item_id: str) -> ReviewItem | None:
        return await self._by_id(item_id)

    async def _find_by_id(self, item_ids: Sequence[str]) -> list[ReviewItem | None]:
        found = await self.get_many(item_ids)
        return [found.get(item_id) for item_id in item_ids]

    async def is_reserved(self, item_id: str) -> bool:
        """Say whether somebody holds a reservation of the item that has not run out, by the database's clock."""
        query = {"_id": item_id, "$expr": {"$gt": ["$reserved_until", "$$NOW"]}}
        async with store_errors():
            return await self._collection.find_one(query, {"_id": 1}) is not None

    async def reserved_by_others(self, item_ids: Sequence[str], person_id: str) -> set[str]:
        """Return those of the items that somebody else holds a reservation of, by the database's clock."""
        query = {
            "_id": {"$in": list(item_ids)},
            "reserved_by_id": {"$nin": [None, person_id]},
            "$expr": {"$gt": ["$reserved_until", "$$NOW"]},
        }
        async with store_errors():
            return {document["_id"] async for document in self._collection.find(query, {"_id": 1})}

    async def blind_for(self, person_id: str, dataset_id: str, within: Selection | None = None) -> set[int]:
        """Return the data set's records of which this person may not get a model's value, in any job over it.

        The rule is `tandem.review.may_see_values`, and nobody sees what a certificate has sealed. Read it after the
        annotations: an item that became blind in between is then hidden.
        """
        found: set[int] = set()
        for seqs in seq_queries(within):
            query = {
                "dataset_id": dataset_id,
                "blind": True,
                "revealed": {"$in": [None, False]},
                "seq": seqs,
                "seen_by": {"$ne": person_id},
            }
            async with store_errors():
                documents = await self._collection.find(query, {"_id": 0, "seq": 1}).hint(_BLIND).to_list(None)
            found.update(document["seq"] for document in documents)
        if (sealed := await self._sealed.of(dataset_id)) is not None:
            found.update(sealed if within is None else sealed & within)
        return found

    async def sealed(self, dataset_id: str, seqs: Iterable[int]) -> set[int]:
        """Return which of these records are sealed by an open certificate."""
        sealed = await self._sealed.of(dataset_id)
        return set() if sealed is None else {seq for seq in seqs if seq in sealed}

    async def skipped(self, job_id: str, campaign_id: str, times: int) -> list[int]:
        """Return the seqs of a campaign's open items that were skipped at least so often."""
        query = {
            "job_id": job_id,
            "state": ItemState.OPEN,
            "campaign_id": campaign_id,
            "skips": {"$gte": times},
        }
        async with store_errors():
            found = await self._collection.find(query, {"_id": 0, "seq": 1}).hint(_OF_CAMPAIGNS).to_list(None)
        return sorted(document["seq"] for document in found)

    async def get_many(self, item_ids: Sequence[str]) -> dict[str, ReviewItem]:
        async with store_errors():
            cursor = self._collection.find({"_id": {"$in": list(item_ids)}})
            return {document["_id"]: ReviewItem.from_document(document) async for document in cursor}

    async def counts(self, job_id: str) -> QueueCounts:
        return (await self.counts_by_job([job_id])).get(job_id, QueueCounts())

    async def counts_by_job(self, job_ids: Sequence[str]) -> dict[str, QueueCounts]:
        """Count the items of each job that has any: one aggregation, read from the index alone."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {"job_id": {"$in": list(job_ids)}}},
            {"$group": {"_id": {"job_id": "$job_id", "state": "$state"}, "items": {"$sum": 1}}},
        ]
        if not job_ids:
            return {}
        found: dict[str, dict[str, int]] = {}
        async with store_errors():
            async for row in self._collection.aggregate(pipeline, hint=_NEXT):
                found.setdefault(row["_id"]["job_id"], {})[row["_id"]["state"]] = row["items"]
        return {
            job_id: QueueCounts(open=by_state.get(ItemState.OPEN, 0), decided=by_state.get(ItemState.DECIDED, 0))
            for job_id, by_state in found.items()
        }

    async def counts_of_campaign(self, job_ids: Sequence[str], campaign_id: str) -> QueueCounts:
        """Count the items of a campaign in the queues of its jobs, from the index alone."""
        # Items of an older version name no campaign: thresholds asked for them.
        ids = [campaign_id, None] if campaign_id in map(thresholds_campaign_id, job_ids) else [campaign_id]
        pipeline: list[dict[str, Any]] = [
            {"$match": {"job_id": {"$in": list(job_ids)}, "campaign_id": {"$in": ids}}},
            {"$group": {"_id": "$state", "items": {"$sum": 1}}},
        ]
        async with store_errors():
            groups = await self._collection.aggregate(pipeline, hint=_OF_CAMPAIGNS).to_list(None)
        by_state = {group["_id"]: group["items"] for group in groups}
        return QueueCounts(open=by_state.get(ItemState.OPEN, 0), decided=by_state.get(ItemState.DECIDED, 0))

    async def count_open(self) -> int:
        """Open items over all jobs."""
        async with store_errors():
            return await self._collection.count_documents({"state": ItemState.OPEN})

    async def tally(self, job_id: str, block_size: int | None = None) -> dict[int, ReviewTally]:
        """Tally what the queue holds in each block `seq // block_size` (one block 0 when None), decided items
        included."""
        block: Any = {"$literal": 0} if block_size is None else {"$floor": {"$divide": ["$seq", block_size]}}
        pipeline: list[dict[str, Any]] = [
            {"$match": {"job_id": job_id}},
            {"$group": {"_id": block, "records": {"$sum": 1}, "attempts": {"$sum": "$attempt"}}},
        ]
        async with store_errors():
            groups = await self._collection.aggregate(pipeline, hint=_BY_SEQ).to_list(None)
        return {int(group["_id"]): ReviewTally(group["records"], group["attempts"]) for group in groups}

    async def known(self, job_id: str, from_seq: int, below_seq: int) -> dict[int, tuple[int, ItemState]]:
        """Attempt and state of each item in [from_seq, below_seq)."""
        async with store_errors():
            cursor = self._collection.find(
                {"job_id": job_id, "seq": {"$gte": from_seq, "$lt": below_seq}},
                {"_id": 0, "seq": 1, "attempt": 1, "state": 1},
            )
            return {row["seq"]: (row["attempt"], ItemState(row["state"])) async for row in cursor}
