"""Reads records. Bounds are the caller's: pass a data set's `visible_below` (or a job's selection) as `below_seq`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, cast

from tandem.store.database import Database, store_errors
from tandem.store.records.documents import COLLECTION, RecordDocument, record_document_id

_SEQ_INDEX = "dataset_id_1_seq_1"
_FIRST_CHUNK = 250
_CHUNK_CHARACTERS = 16_000_000


class RecordReader:
    """Reader of records. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, dataset_id: str, seq: int) -> RecordDocument | None:
        async with store_errors():
            found = await self._collection.find_one({"_id": record_document_id(dataset_id, seq)})
        return cast("RecordDocument | None", found)

    async def find(self, dataset_id: str, record_id: str) -> int | None:
        """Find the seq of the record with this id of the user's; None where there is none."""
        async with store_errors():
            found = await self._collection.find_one({"dataset_id": dataset_id, "record_id": record_id}, {"seq": 1})
        return None if found is None else int(found["seq"])

    async def get_many(self, dataset_id: str, seqs: Iterable[int]) -> dict[int, RecordDocument]:
        """Return records by seq; those that do not exist are left out."""
        ids = [record_document_id(dataset_id, seq) for seq in seqs]
        if not ids:
            return {}
        async with store_errors():
            found = await self._collection.find({"_id": {"$in": ids}}).to_list(None)
        return {document["seq"]: cast("RecordDocument", document) for document in found}

    async def walk(self, dataset_id: str, from_seq: int, below_seq: int, limit: int) -> list[RecordDocument]:
        """Up to `limit` records with from_seq <= seq < below_seq, ascending; go on at the last one's seq + 1."""
        if limit <= 0 or from_seq >= below_seq:
            return []
        async with store_errors():
            found = await (
                self._collection.find({"dataset_id": dataset_id, "seq": {"$gte": from_seq, "$lt": below_seq}})
                .sort("seq", 1)
                .limit(limit)
                .hint(_SEQ_INDEX)
                .to_list(limit)
            )
        return cast("list[RecordDocument]", found)

    async def stream(
        self, dataset_id: str, from_seq: int, below_seq: int, *, chunk: int = 1000
    ) -> AsyncIterator[list[RecordDocument]]:
        """Stream all records with from_seq <= seq < below_seq, ascending, in chunks of bounded memory: of up to `chunk`
        records, fewer where the longest seen lately are long."""
        limit = min(chunk, _FIRST_CHUNK)
        while page := await self.walk(dataset_id, from_seq, below_seq, limit):
            yield page
            from_seq = page[-1]["seq"] + 1
            longest = max(sum(map(len, record["fields"].values())) for record in page)
            limit = max(1, min(chunk, 2 * limit, _CHUNK_CHARACTERS // max(1, longest)))

    async def seqs(self, dataset_id: str, from_seq: int, below_seq: int) -> list[int]:
        """Return the existing seqs with from_seq <= seq < below_seq, ascending, without reading the records."""
        async with store_errors():
            found = await (
                self._collection.find(
                    {"dataset_id": dataset_id, "seq": {"$gte": from_seq, "$lt": below_seq}}, {"_id": 0, "seq": 1}
                )
                .sort("seq", 1)
                .hint(_SEQ_INDEX)
                .to_list(None)
            )
        return [document["seq"] for document in found]

    async def gold(self, dataset_id: str, from_seq: int, below_seq: int) -> dict[int, dict[str, Any]]:
        """Seq to the values known to be right (task to value), of the records that have any."""
        query = {"dataset_id": dataset_id, "seq": {"$gte": from_seq, "$lt": below_seq}}
        async with store_errors():
            found = await (
                self._collection.find(query, {"_id": 0, "seq": 1, "gold": 1})
                .sort("seq", 1)
                .hint(_SEQ_INDEX)
                .to_list(None)
            )
        return {document["seq"]: document["gold"] for document in found if document.get("gold")}

    async def count(self, dataset_id: str, from_seq: int, below_seq: int) -> int:
        """Count the records with from_seq <= seq < below_seq."""
        async with store_errors():
            return await self._collection.count_documents(
                {"dataset_id": dataset_id, "seq": {"$gte": from_seq, "$lt": below_seq}}, hint=_SEQ_INDEX
            )

    async def seq_after(self, dataset_id: str, below_seq: int, *, count: int) -> int:
        """Return the bound under which the first `count` records lie; `below_seq` when there are fewer."""
        async with store_errors():
            found = await (
                self._collection.find(
                    {"dataset_id": dataset_id, "seq": {"$gte": 0, "$lt": below_seq}}, {"_id": 0, "seq": 1}
                )
                .sort("seq", 1)
                .skip(count)
                .limit(1)
                .hint(_SEQ_INDEX)
                .to_list(1)
            )
        return int(found[0]["seq"]) if found else below_seq
