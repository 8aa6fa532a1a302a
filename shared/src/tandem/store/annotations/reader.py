"""Reads annotations. Every query here is answered by a declared index; the counts never touch a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, cast

from tandem.events import Outcome
from tandem.jobs import Selection
from tandem.store.annotations.documents import (
    COLLECTION,
    AnnotationDocument,
    OutcomeCounts,
    ReviewTally,
    annotation_id,
)
from tandem.store.database import Database, store_errors
from tandem.store.selections import seq_queries

_COUNTING_INDEX = "job_id_1_seq_1_attempt_1_outcome_1_needs_review_1"
_OUTCOME_INDEX = "job_id_1_outcome_1_seq_1"
_REVIEW_INDEX = "job_id_1_needs_review_1_seq_1_attempt_1"
_VERIFIED_INDEX = "job_id_1_seq_1_verification_revision_1"
_ASKED_INDEX = "job_id_1_seq_1_review_asked.attempt_1"
_WAITING_INDEX = "job_id_1_needs_review_1_verification.revision_1_seq_1"
_BATCH = 1000


class AnnotationReader:
    """Reader of annotations. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, job_id: str, seq: int) -> AnnotationDocument | None:
        async with store_errors():
            return cast("AnnotationDocument | None", await self._collection.find_one(annotation_id(job_id, seq)))

    async def get_many(self, ids: Iterable[str]) -> dict[str, AnnotationDocument]:
        """Return annotations by `_id` (see `annotation_id`); those that do not exist are left out."""
        wanted = list(ids)
        if not wanted:
            return {}
        async with store_errors():
            found = await self._collection.find({"_id": {"$in": wanted}}).to_list(None)
        return {document["_id"]: cast("AnnotationDocument", document) for document in found}

    async def count_by_outcome(
        self, job_id: str, within: Selection | None = None, *, attempt: int = 1
    ) -> OutcomeCounts:
        """Count the current attempts of the selected records, of all when None, by outcome.

        `attempt`: count only the records whose current attempt is this one or a higher one.
        """
        counts: Counter[str] = Counter()
        for seqs in seq_queries(within):
            matched: dict[str, Any] = {"job_id": job_id, "seq": seqs}
            if attempt > 1:
                matched["attempt"] = {"$gte": attempt}
            pipeline: list[dict[str, Any]] = [
                {"$match": matched},
                {"$group": {"_id": {"outcome": "$outcome", "review": "$needs_review"}, "n": {"$sum": 1}}},
            ]
            async with store_errors():
                groups = await self._collection.aggregate(pipeline, hint=_COUNTING_INDEX).to_list(None)
            for group in groups:
                counts[group["_id"]["outcome"]] += group["n"]
                counts["needs_review"] += group["n"] if group["_id"]["review"] else 0
        return OutcomeCounts(**{name: counts[name] for name in ("labeled", "invalid", "failed", "needs_review")})

    async def ended(self, job_id: str, within: Selection, *, attempt: int = 1) -> list[int]:
        """Return the selected seqs that have an annotation of this attempt or a higher one, ascending."""
        found: list[int] = []
        for seqs in seq_queries(within):
            query = {"job_id": job_id, "seq": seqs, "attempt": {"$gte": attempt}}
            async with store_errors():
                documents = (
                    await self._collection.find(query, {"_id": 0, "seq": 1})
                    .sort("seq", 1)
                    .hint(_COUNTING_INDEX)
                    .to_list(None)
                )
            found += [document["seq"] for document in documents]
        return found

    async def ended_among(self, job_id: str, seqs: Iterable[int], *, attempt: int = 1) -> dict[int, str]:
        """Return those of the seqs that have an annotation of this attempt or a higher one, with their outcomes."""
        query = {"job_id": job_id, "seq": {"$in": list(seqs)}, "attempt": {"$gte": attempt}}
        async with store_errors():
            shown = {"_id": 0, "seq": 1, "outcome": 1}
            found = await self._collection.find(query, shown).hint(_COUNTING_INDEX).to_list(None)
        return {document["seq"]: document["outcome"] for document in found}

    async def page(
        self,
        job_id: str,
        *,
        after_seq: int = -1,
        limit: int = 100,
        outcome: Outcome | None = None,
        needs_review: bool | None = None,
    ) -> list[AnnotationDocument]:
        """Return up to `limit` annotations with seq > after_seq, ascending; the next page starts after the last seq.

        `needs_review`: only those that wait for a person (True), or only the others (False).
        """
        query: dict[str, Any] = {"job_id": job_id, "seq": {"$gt": after_seq}}
        hint = _COUNTING_INDEX
        if outcome is not None:
            query["outcome"], hint = outcome.value, _OUTCOME_INDEX
        if needs_review:
            query |= {"needs_review": True, "verification.revision": None}
            hint = _WAITING_INDEX
        elif needs_review is False:
            query["$or"] = [{"needs_review": False}, {"verification": {"$exists": True}}]
        async with store_errors():
            found = await self._collection.find(query).sort("seq", 1).limit(limit).hint(hint).to_list(limit)
        return cast("list[AnnotationDocument]", found)

    async def stream(self, job_id: str, within: Selection | None = None) -> AsyncIterator[AnnotationDocument]:
        """Stream the annotations of the selected records, of all when None, by seq, in constant memory."""
        for seqs in seq_queries(within):
            async for document in self._stream({"job_id": job_id, "seq": seqs}, _COUNTING_INDEX):
                yield document

    async def block(self, job_id: str, within: Selection, fields: Sequence[str]) -> list[AnnotationDocument]:
        """Return these fields of the annotations of the selected records, in no order."""
        shown = {"_id": 0, **dict.fromkeys(fields, 1)}
        found: list[Any] = []
        for seqs in seq_queries(within):
            async with store_errors():
                query = {"job_id": job_id, "seq": seqs}
                found += await self._collection.find(query, shown).hint(_COUNTING_INDEX).to_list(None)
        return cast("list[AnnotationDocument]", found)

    async def shown(self, job_id: str, within: Selection, *, hidden: Sequence[str]) -> list[AnnotationDocument]:
        """Return the annotations of the selected records without these fields, in no order."""
        shown = {"_id": 0, **dict.fromkeys(hidden, 0)}
        found: list[Any] = []
        for seqs in seq_queries(within):
            async with store_errors():
                query = {"job_id": job_id, "seq": seqs}
                found += await self._collection.find(query, shown).hint(_COUNTING_INDEX).to_list(None)
        return cast("list[AnnotationDocument]", found)

    async def count_needing_review(self, job_id: str, from_seq: int = 0, below_seq: int | None = None) -> int:
        query = {"job_id": job_id, "needs_review": True, "seq": _between(from_seq, below_seq)}
        async with store_errors():
            return await self._collection.count_documents(query, hint=_REVIEW_INDEX)

    async def count_reviewed(self, job_id: str) -> int:
        """Count the records of the job that were sent to people and are decided."""
        query = {"job_id": job_id, "needs_review": True, "verification.revision": {"$gte": 1}}
        async with store_errors():
            return await self._collection.count_documents(query, hint=_WAITING_INDEX)

    async def count_asked(self, job_id: str, below_seq: int) -> int:
        """Count the annotations for which a person's review was requested afterwards, with seq < below_seq."""
        query = {"job_id": job_id, "seq": {"$lt": below_seq}, "review_asked.attempt": {"$gte": 1}}
        async with store_errors():
            return await self._collection.count_documents(query, hint=_ASKED_INDEX)

    async def jobs(self) -> list[str]:
        """Ids of the jobs that have any annotation; one look into the index for each."""
        async with store_errors():
            return [str(job_id) for job_id in await self._collection.distinct("job_id")]

    async def tally_needing_review(self, job_id: str, block_size: int | None = None) -> dict[int, ReviewTally]:
        """Tally what needs a person in each block `seq // block_size` (one block 0 when None); empty blocks are left
        out."""
        block: Any = {"$literal": 0} if block_size is None else {"$floor": {"$divide": ["$seq", block_size]}}
        pipeline: list[dict[str, Any]] = [
            {"$match": {"job_id": job_id, "needs_review": True}},
            {"$group": {"_id": block, "records": {"$sum": 1}, "attempts": {"$sum": "$attempt"}}},
        ]
        async with store_errors():
            groups = await self._collection.aggregate(pipeline, hint=_REVIEW_INDEX).to_list(None)
        return {int(group["_id"]): ReviewTally(group["records"], group["attempts"]) for group in groups}

    async def count_needing_review_by_job(self, job_ids: Sequence[str]) -> dict[str, int]:
        """Count what needs a person, by job: one aggregation for all these jobs; those with none are left out."""
        if not job_ids:
            return {}
        pipeline: list[dict[str, Any]] = [
            {"$match": {"job_id": {"$in": list(job_ids)}, "needs_review": True}},
            {"$group": {"_id": "$job_id", "n": {"$sum": 1}}},
        ]
        async with store_errors():
            groups = await self._collection.aggregate(pipeline, hint=_REVIEW_INDEX).to_list(None)
        return {group["_id"]: group["n"] for group in groups}

    async def needing_review(
        self, job_id: str, from_seq: int = 0, below_seq: int | None = None
    ) -> AsyncIterator[AnnotationDocument]:
        """Stream the annotations that a person should see, by seq."""
        query = {"job_id": job_id, "needs_review": True, "seq": _between(from_seq, below_seq)}
        async for document in self._stream(query, _REVIEW_INDEX):
            yield document

    async def decided_revisions(self, job_id: str, from_seq: int = 0, below_seq: int | None = None) -> dict[int, int]:
        """Seq to the highest revision of a person's decision that was applied, undone ones included."""
        query = {"job_id": job_id, "seq": _between(from_seq, below_seq), "verification_revision": {"$gte": 1}}
        async with store_errors():
            found = (
                await self._collection.find(query, {"_id": 0, "seq": 1, "verification_revision": 1})
                .hint(_VERIFIED_INDEX)
                .to_list(None)
            )
        return {document["seq"]: document["verification_revision"] for document in found}

    async def decided_blocks(self, job_id: str, block_size: int) -> dict[int, int]:
        """Sum of the highest applied revisions for each block `seq // block_size`; blocks with none are left out.

        A record's revisions count up from 1, so this equals the number of decisions when each of them was applied.
        """
        pipeline: list[dict[str, Any]] = [
            {"$match": {"job_id": job_id, "verification_revision": {"$gte": 1}}},
            {
                "$group": {
                    "_id": {"$floor": {"$divide": ["$seq", block_size]}},
                    "revisions": {"$sum": "$verification_revision"},
                }
            },
        ]
        async with store_errors():
            groups = await self._collection.aggregate(pipeline, hint=_VERIFIED_INDEX).to_list(None)
        return {int(group["_id"]): group["revisions"] for group in groups}

    async def _stream(self, query: dict[str, Any], hint: str) -> AsyncIterator[AnnotationDocument]:
        async with store_errors():
            async for document in self._collection.find(query).sort("seq", 1).hint(hint).batch_size(_BATCH):
                yield cast("AnnotationDocument", document)


def _between(from_seq: int, below_seq: int | None) -> dict[str, int]:
    return {"$gte": from_seq} if below_seq is None else {"$gte": from_seq, "$lt": below_seq}
