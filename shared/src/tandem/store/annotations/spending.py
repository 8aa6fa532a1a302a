"""Reads what answers cost. Sums are derived from the annotations, and from what was paid for requests that were handed
back, at every reading, never counted up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tandem.jobs import Selection
from tandem.pricing import ModelSpend, add_up
from tandem.pricing.spend import SUMMED
from tandem.store.annotations.documents import COLLECTION, annotation_id
from tandem.store.database import Database, store_errors
from tandem.store.handed_back.documents import COLLECTION as HANDED_BACK
from tandem.store.selections import seq_queries

_COUNTING_INDEX = "job_id_1_seq_1_attempt_1_outcome_1_needs_review_1"
_MORE_INDEX = "job_id_1_more_spending.answer_1"
_HANDED_BACK_INDEX = "job_id_1"
_PAID_AGAIN = {"more_spending": {"$exists": True}}


class SpendingReader:
    """Reader of spending. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]
        self._handed_back = database[HANDED_BACK]

    async def first_answers(self, job_id: str, within: Selection | None = None) -> tuple[ModelSpend, ...]:
        """Sum what the first answers to the selected records cost, to all when None, by model; it never changes once
        all have ended.

        Reads each annotation once, in the database.
        """
        rows: list[ModelSpend] = []
        for seqs in seq_queries(within):
            pipeline: list[dict[str, Any]] = [
                {"$match": {"job_id": job_id, "seq": seqs}},
                {"$project": {"_id": 0, "row": "$spending.models"}},
                {"$unwind": "$row"},
                {"$group": _GROUP},
            ]
            async with store_errors():
                groups = await self._collection.aggregate(pipeline, hint=_COUNTING_INDEX).to_list(None)
            rows += map(_row, groups)
        return add_up(rows)

    async def more(self, job_ids: Sequence[str]) -> dict[str, tuple[ModelSpend, ...]]:
        """Sum what was paid beyond the first answers, requests that were handed back included, by job; jobs without any
        are left out."""
        if not job_ids:
            return {}
        pipeline: list[dict[str, Any]] = [
            {"$match": {"job_id": {"$in": list(job_ids)}} | _PAID_AGAIN},
            {"$project": {"_id": 0, "job": "$job_id", "more": "$more_spending"}},
            {"$unwind": "$more"},
            {"$project": {"job": 1, "row": "$more.models"}},
            {"$unwind": "$row"},
            {"$group": _BY_JOB},
        ]
        unanswered: list[dict[str, Any]] = [
            {"$match": {"job_id": {"$in": list(job_ids)}}},
            {"$project": {"_id": 0, "job": "$job_id", "row": "$models"}},
            {"$unwind": "$row"},
            {"$group": _BY_JOB},
        ]
        async with store_errors():
            groups = await self._collection.aggregate(pipeline, hint=_MORE_INDEX).to_list(None)
            groups += await self._handed_back.aggregate(unanswered, hint=_HANDED_BACK_INDEX).to_list(None)
        by_job: dict[str, list[ModelSpend]] = {}
        for group in groups:
            by_job.setdefault(group["_id"]["job"], []).append(_row(group))
        return {job_id: add_up(rows) for job_id, rows in by_job.items()}

    async def of_records(self, job_id: str, seqs: Iterable[int]) -> dict[int, tuple[ModelSpend, ...]]:
        """Seq to what its first answer cost, of those that have ended."""
        ids = [annotation_id(job_id, seq) for seq in seqs]
        if not ids:
            return {}
        shown = {"_id": 0, "seq": 1, "spending.models": 1}
        async with store_errors():
            found = await self._collection.find({"_id": {"$in": ids}}, shown).to_list(None)
        return {
            document["seq"]: tuple(ModelSpend.of(row) for row in document.get("spending", {}).get("models", ()))
            for document in found
        }


_GROUP: dict[str, Any] = {
    "_id": {"provider": "$row.provider", "model": "$row.model"},
    **{name: {"$sum": f"$row.{name}"} for name in SUMMED},
}
_BY_JOB: dict[str, Any] = _GROUP | {"_id": {**_GROUP["_id"], "job": "$job"}}


def _row(group: dict[str, Any]) -> ModelSpend:
    return ModelSpend.of({"provider": group["_id"]["provider"], "model": group["_id"]["model"], **group})
