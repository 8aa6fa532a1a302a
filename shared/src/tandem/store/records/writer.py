"""Writes records; for the api alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pymongo.errors import BulkWriteError

from tandem.store.database import Database, Document, store_errors
from tandem.store.errors import DUPLICATE_KEY, retryable
from tandem.store.patience import patiently
from tandem.store.records.documents import COLLECTION, ImportedOpinion, RecordDocument


class RecordCollisionError(Exception):
    """Another writer put records where these were to go: an import that lost its lease was still writing."""


@dataclass(frozen=True, slots=True)
class ExistingKey:
    """Position and content of the existing record with a key."""

    record_id: str
    seq: int
    import_id: str
    content_hash: str
    metadata: Mapping[str, Any]
    gold: Mapping[str, Any] = field(default_factory=dict)

    def says(self, content_hash: str, metadata: Mapping[str, Any], gold: Mapping[str, Any]) -> bool:
        """Return whether the record has all of this, and perhaps more."""
        return (
            self.content_hash == content_hash
            and all(name in self.metadata and _equal(self.metadata[name], value) for name, value in metadata.items())
            and all(name in self.gold and self.gold[name] == value for name, value in gold.items())
        )


def _equal(one: Any, other: Any) -> bool:
    """Compare scalars; NaN equals NaN."""
    return bool(one == other) or (one != one and other != other)  # noqa: PLR0124 - true of NaN alone


class RecordWriter:
    """Writer of records. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database, *, patience_seconds: float = 0.0) -> None:
        """`patience_seconds`: how long a call is made again before it raises StoreUnavailableError.

        An import takes hours for some files, and it need not begin anew because the primary changed.
        """
        self._collection = database[COLLECTION]
        self._patience = patience_seconds

    async def existing(self, dataset_id: str, record_ids: Sequence[str]) -> dict[str, ExistingKey]:
        """Return which of these keys the data set has, visible or not."""
        found = await self._find(
            {"dataset_id": dataset_id, "record_id": {"$in": list(record_ids)}},
            {"_id": 0, **dict.fromkeys((each.name for each in dataclasses.fields(ExistingKey)), 1)},
        )
        return {document["record_id"]: ExistingKey(**document) for document in found}

    async def with_content(self, dataset_id: str, content_hashes: Sequence[str]) -> dict[str, str]:
        """Return which of these contents the data set has, visible or not: hash to the id of a record that has it."""
        found = await self._find(
            {"dataset_id": dataset_id, "content_hash": {"$in": list(content_hashes)}},
            {"_id": 0, "content_hash": 1, "record_id": 1},
        )
        return {document["content_hash"]: document["record_id"] for document in found}

    async def insert(self, records: Sequence[RecordDocument]) -> None:
        """Insert the records of one import; those that an earlier try inserted stay as they are.

        Raises RecordCollisionError when a seq or a key is taken by another import.
        """
        if records:
            await patiently(lambda: self._insert(records), seconds=self._patience)

    async def _insert(self, records: Sequence[RecordDocument]) -> None:
        async with store_errors():
            try:
                await self._collection.insert_many(cast("Sequence[Document]", records), ordered=False)
            except BulkWriteError as error:
                if retryable(error) is not None:
                    raise
                failures = error.details["writeErrors"]
                taken = [records[each["index"]] for each in failures if each["code"] == DUPLICATE_KEY]
                if len(taken) < len(failures) or not taken:
                    raise
                own = {"_id": {"$in": [record["_id"] for record in taken]}, "import_id": records[0]["import_id"]}
                if await self._collection.count_documents(own) < len(taken):
                    raise RecordCollisionError from error

    async def opinions(self, dataset_id: str, record_id: str) -> list[ImportedOpinion]:
        """Return what annotators of another tool said about the record, visible or not."""
        found = await self._find({"dataset_id": dataset_id, "record_id": record_id}, {"imported_opinions": 1})
        return cast("list[ImportedOpinion]", found[0].get("imported_opinions", [])) if found else []

    async def set_opinions(
        self, dataset_id: str, record_id: str, import_id: str, opinions: Sequence[ImportedOpinion], gold: Document
    ) -> None:
        """Set what annotators said about a record of an import that goes on, and the gold that follows."""
        change: Document = {"$set": {"imported_opinions": list(opinions)}}
        if gold:
            change["$set"]["gold"] = gold
        else:
            change["$unset"] = {"gold": ""}

        async def update() -> None:
            async with store_errors():
                await self._collection.update_one(
                    {"dataset_id": dataset_id, "record_id": record_id, "import_id": import_id}, change
                )

        await patiently(update, seconds=self._patience)

    async def _find(self, query: Document, shown: Document) -> list[Document]:
        async def find() -> list[Document]:
            async with store_errors():
                return await self._collection.find(query, shown).to_list(None)

        return await patiently(find, seconds=self._patience)

    async def delete_invisible(self, dataset_id: str, *, from_seq: int, but_import: str | None = None) -> int:
        """Remove what imports left above the visible bound; those of `but_import` stay. Returns how many went."""
        query: Document = {"dataset_id": dataset_id, "seq": {"$gte": from_seq}}
        if but_import is not None:
            query["import_id"] = {"$ne": but_import}
        async with store_errors():
            return int((await self._collection.delete_many(query)).deleted_count)

    async def delete_import(self, import_id: str, *, from_seq: int) -> int:
        """Remove the records of an import that did not commit: those at or above the visible bound it began at."""
        async with store_errors():
            result = await self._collection.delete_many({"import_id": import_id, "seq": {"$gte": from_seq}})
        return int(result.deleted_count)
