"""Reads records. Bounds are the caller's: pass a job's selection, or the range below a data set's `visible_below`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from typing import Any, cast

from tandem.jobs import Selection
from tandem.store.database import Database, store_errors
from tandem.store.records.documents import COLLECTION, RecordDocument, record_document_id
from tandem.store.selections import seq_queries

_SEQ_INDEX = "dataset_id_1_seq_1"
_CONTENT_INDEX = "dataset_id_1_content_hash_1"
MOST_EQUAL = 20_000
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

    async def find_many(self, dataset_id: str, record_ids: Sequence[str]) -> dict[str, int]:
        """Return the seqs of records by the user's ids; those that do not exist are left out."""
        query = {"dataset_id": dataset_id, "record_id": {"$in": list(record_ids)}}
        async with store_errors():
            found = await self._collection.find(query, {"_id": 0, "seq": 1, "record_id": 1}).to_list(None)
        return {document["record_id"]: document["seq"] for document in found}

    async def with_content(self, dataset_id: str, hashes: Collection[str]) -> list[tuple[int, str]]:
        """Return seq and content hash of records that have one of these contents, MOST_EQUAL at most."""
        query = {"dataset_id": dataset_id, "content_hash": {"$in": list(hashes)}}
        shown = {"_id": 0, "seq": 1, "content_hash": 1}
        async with store_errors():
            found = await self._collection.find(query, shown).hint(_CONTENT_INDEX).limit(MOST_EQUAL).to_list(None)
        return [(document["seq"], document["content_hash"]) for document in found]

    async def get_many(self, dataset_id: str, seqs: Iterable[int]) -> dict[int, RecordDocument]:
        """Return records by seq; those that do not exist are left out."""
        ids = [record_document_id(dataset_id, seq) for seq in seqs]
        if not ids:
            return {}
        async with store_errors():
            found = await self._collection.find({"_id": {"$in": ids}}).to_list(None)
        return {document["seq"]: cast("RecordDocument", document) for document in found}

    async def walk(self, dataset_id: str, within: Selection, limit: int, *, start: int = 0) -> list[RecordDocument]:
        """Return up to `limit` of the selected records with seq >= start, ascending; go on at the last one's seq + 1.

        Fewer come only where there are no more.
        """
        found: list[RecordDocument] = []
        for seqs in _from(within, start, limit):
            async with store_errors():
                page = await (
                    self._collection.find({"dataset_id": dataset_id, "seq": seqs})
                    .sort("seq", 1)
                    .limit(limit - len(found))
                    .hint(_SEQ_INDEX)
                    .to_list(None)
                )
            found += cast("list[RecordDocument]", page)
            if len(found) >= limit:
                break
        return found

    async def stream(
        self, dataset_id: str, within: Selection, *, chunk: int = 1000
    ) -> AsyncIterator[list[RecordDocument]]:
        """Stream all selected records, ascending, in chunks of bounded memory: of up to `chunk` records, fewer where
        the longest seen lately are long."""
        start, limit = within.from_seq, min(chunk, _FIRST_CHUNK)
        while page := await self.walk(dataset_id, within, limit, start=start):
            yield page
            start = page[-1]["seq"] + 1
            longest = max(sum(map(len, record["fields"].values())) for record in page)
            limit = max(1, min(chunk, 2 * limit, _CHUNK_CHARACTERS // max(1, longest)))

    async def seqs(self, dataset_id: str, within: Selection) -> list[int]:
        """Return the selected seqs that exist, ascending, without reading the records."""
        found: list[int] = []
        for seqs in seq_queries(within):
            async with store_errors():
                documents = await (
                    self._collection.find({"dataset_id": dataset_id, "seq": seqs}, {"_id": 0, "seq": 1})
                    .sort("seq", 1)
                    .hint(_SEQ_INDEX)
                    .to_list(None)
                )
            found += [document["seq"] for document in documents]
        return found

    async def gold(self, dataset_id: str, within: Selection) -> dict[int, dict[str, Any]]:
        """Seq to the values known to be right (task to value), of the selected records that have any."""
        gold: dict[int, dict[str, Any]] = {}
        for seqs in seq_queries(within):
            query = {"dataset_id": dataset_id, "seq": seqs}
            async with store_errors():
                found = await (
                    self._collection.find(query, {"_id": 0, "seq": 1, "gold": 1})
                    .sort("seq", 1)
                    .hint(_SEQ_INDEX)
                    .to_list(None)
                )
            gold |= {document["seq"]: document["gold"] for document in found if document.get("gold")}
        return gold

    async def count(self, dataset_id: str, within: Selection, *, most: int | None = None) -> int:
        """Count the selected records that exist, up to `most`."""
        total = 0
        for seqs in seq_queries(within):
            limited: dict[str, Any] = {} if most is None else {"limit": most - total}
            async with store_errors():
                total += await self._collection.count_documents(
                    {"dataset_id": dataset_id, "seq": seqs}, hint=_SEQ_INDEX, **limited
                )
            if most is not None and total >= most:
                break
        return total

    async def first(self, dataset_id: str, within: Selection, *, count: int) -> Selection:
        """Return the selection of the first `count` selected records; all of it when there are fewer. A set names
        records that exist."""
        if not within.is_range:
            return within.slice(0, count)
        bounds = {"$gte": within.from_seq, "$lt": within.below_seq}
        async with store_errors():
            found = await (
                self._collection.find({"dataset_id": dataset_id, "seq": bounds}, {"_id": 0, "seq": 1})
                .sort("seq", 1)
                .skip(count)
                .limit(1)
                .hint(_SEQ_INDEX)
                .to_list(1)
            )
        return within.between(0, int(found[0]["seq"])) if found else within


def _from(within: Selection, start: int, size: int) -> Iterator[dict[str, Any]]:
    """Yield conditions on `seq` for the selected seqs from `start` on, for queries of `size` records."""
    start = max(start, within.from_seq)
    if start >= within.below_seq or size <= 0:
        return
    if within.is_range:
        yield {"$gte": start, "$lt": within.below_seq}
        return
    for block in within.blocks(size, start=start):
        yield {"$in": list(block.seqs)} if block.seqs is not None else {"$gte": block.from_seq, "$lt": block.below_seq}
