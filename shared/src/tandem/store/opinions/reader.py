"""Reads people's opinions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from tandem.store.batching import Batcher
from tandem.store.database import Database, store_errors
from tandem.store.opinions.documents import COLLECTION, OpinionDocument

_BY_REVISION = "job_id_1_seq_1_revision_1"


class OpinionReader:
    """Reader of opinions. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]
        self._histories: Batcher[tuple[str, int], list[OpinionDocument]] = Batcher(self._find_histories)

    async def get(self, job_id: str, seq: int) -> OpinionDocument | None:
        """Return the opinion or withdrawal of highest revision on one record, or None."""
        history = await self.history(job_id, seq)
        return history[-1] if history else None

    async def history(self, job_id: str, seq: int) -> list[OpinionDocument]:
        """Return all decisions and undos on one record, oldest first."""
        return await self._histories((job_id, seq))

    async def _find_histories(self, records: Sequence[tuple[str, int]]) -> list[list[OpinionDocument]]:
        seqs: dict[str, list[int]] = {}
        for job_id, seq in records:
            seqs.setdefault(job_id, []).append(seq)
        found = {job_id: await self.by_record(job_id, of_job) for job_id, of_job in seqs.items()}
        return [list(found[job_id].get(seq, ())) for job_id, seq in records]

    async def jobs(self) -> list[str]:
        """Ids of the jobs that have any decision."""
        async with store_errors():
            return [str(job_id) for job_id in await self._collection.distinct("job_id")]

    async def count(self, job_id: str) -> int:
        """Decisions and undos ever made on the job's records: the sum of their highest revisions."""
        async with store_errors():
            return await self._collection.count_documents({"job_id": job_id}, hint=_BY_REVISION)

    async def count_blocks(self, job_id: str, block_size: int) -> dict[int, int]:
        """Count the same for each block `seq // block_size`; blocks with none are left out. Read from the index
        alone."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {"job_id": job_id}},
            {"$group": {"_id": {"$floor": {"$divide": ["$seq", block_size]}}, "decisions": {"$sum": 1}}},
        ]
        async with store_errors():
            groups = await self._collection.aggregate(pipeline, hint=_BY_REVISION).to_list(None)
        return {int(group["_id"]): group["decisions"] for group in groups}

    async def by_record(self, job_id: str, seqs: Sequence[int]) -> dict[int, list[OpinionDocument]]:
        """Return all revisions on each of these records that has any, oldest first."""
        if not seqs:
            return {}
        found: dict[int, list[OpinionDocument]] = {}
        query = {"job_id": job_id, "seq": {"$in": list(seqs)}}
        async with store_errors():
            async for document in self._collection.find(query).sort([("seq", 1), ("revision", 1)]).hint(_BY_REVISION):
                found.setdefault(document["seq"], []).append(OpinionDocument.from_document(document))
        return found

    async def stream_records(
        self, job_id: str, from_seq: int = 0, below_seq: int | None = None
    ) -> AsyncIterator[list[OpinionDocument]]:
        """Stream the records in [from_seq, below_seq) with any opinion, by seq: all revisions of each, oldest first."""
        bounds: dict[str, int] = {"$gte": from_seq} | ({} if below_seq is None else {"$lt": below_seq})
        query = {"job_id": job_id, "seq": bounds}
        record: list[OpinionDocument] = []
        async with store_errors():
            async for document in self._collection.find(query).sort([("seq", 1), ("revision", 1)]).hint(_BY_REVISION):
                current = OpinionDocument.from_document(document)
                if record and record[-1].seq != current.seq:
                    yield record
                    record = []
                record.append(current)
        if record:
            yield record

    async def last_of(self, person_id: str, *, job_ids: Sequence[str], limit: int) -> list[OpinionDocument]:
        """Return a person's last decisions and undos in these jobs, newest first."""
        query = {"decided_by_id": person_id, "job_id": {"$in": list(job_ids)}}
        async with store_errors():
            cursor = self._collection.find(query).sort([("decided_at", -1), ("_id", -1)]).limit(limit)
            return [OpinionDocument.from_document(document) async for document in cursor]
