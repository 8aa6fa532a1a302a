"""Writes data sets; for the api alone.

One import at a time: it takes the lease, prolongs it while it runs, and its commit, which makes all its records visible
at once, applies only while the lease is its own. Lease times are the database's clock.
"""

from __future__ import annotations

from typing import Any, cast

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from tandem.store.database import Database, Document, NameTakenError, store_errors
from tandem.store.datasets.documents import COLLECTION, KEPT_IMPORTS, ColumnsPart, DatasetDocument, ImportPart
from tandem.store.patience import insert_once

_FREE = {
    "$or": [
        {"$eq": [{"$ifNull": ["$import_lease", None]}, None]},
        {"$lte": ["$import_lease.until", "$$NOW"]},
    ]
}
"""No import is under way."""


class ImportLeaseLostError(Exception):
    """The import was away for longer than its lease; another may have begun, so nothing of this one becomes visible."""


class DatasetWriter:
    """Writer of data sets. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert(self, dataset: DatasetDocument) -> None:
        """Insert a data set. Raises NameTakenError."""
        try:
            await insert_once(self._collection, cast("Document", dataset))
        except DuplicateKeyError as error:
            raise NameTakenError(dataset["name"]) from error

    async def begin_import(self, dataset_id: str, import_id: str, *, seconds: float) -> DatasetDocument | None:
        """Take the import lease; None while another import holds it (or the data set does not exist).

        Made again after an error, it finds the lease to be its own.
        """
        own_or_free = {"$or": [*_FREE["$or"], {"$eq": ["$import_lease.import_id", {"$literal": import_id}]}]}
        async with store_errors():
            found = await self._collection.find_one_and_update(
                {"_id": dataset_id, "$expr": own_or_free},
                [{"$set": {"import_lease": {"import_id": import_id, "until": _until(seconds)}}}],
                return_document=ReturnDocument.AFTER,
            )
        return cast("DatasetDocument | None", found)

    async def delete_empty(self, dataset_id: str) -> bool:
        """Delete it unless it has records or an import is under way; whether that was so. An import that was away for
        longer than its lease finds at its commit that it lost it."""
        async with store_errors():
            result = await self._collection.delete_one(
                {"_id": dataset_id, "visible_below": 0, "record_count": 0, "$expr": _FREE}
            )
        return result.deleted_count == 1

    async def renew_import(self, dataset_id: str, import_id: str, *, seconds: float) -> None:
        """Extend the lease of an import to `seconds` from now. Raises ImportLeaseLostError."""
        async with store_errors():
            result = await self._collection.update_one(
                {"_id": dataset_id, "import_lease.import_id": import_id},
                [{"$set": {"import_lease.until": _until(seconds)}}],
            )
        if result.matched_count == 0:
            raise ImportLeaseLostError(import_id)

    async def commit_import(
        self,
        dataset_id: str,
        import_: ImportPart,
        *,
        fields: list[str],
        ids_made: bool,
        columns: ColumnsPart | None,
        gold_tasks: list[str],
        visible_below: int,
    ) -> DatasetDocument:
        """Make the import's records visible, all at once, and give the lease back.

        Made again after an error, it finds that it took effect. Raises ImportLeaseLostError.
        """
        settled = {"fields": fields, "ids_made": ids_made, "columns": columns}
        update: dict[str, Any] = {
            "$set": {"visible_below": visible_below, "import_lease": None, **settled},
            "$inc": {"record_count": import_["records"]},
            "$addToSet": {"gold_tasks": {"$each": gold_tasks}},
            "$push": {"imports": {"$each": [import_], "$slice": -KEPT_IMPORTS}},
        }
        async with store_errors():
            found = await self._collection.find_one_and_update(
                {"_id": dataset_id, "import_lease.import_id": import_["import_id"]},
                update,
                return_document=ReturnDocument.AFTER,
            )
            if found is None:
                found = await self._collection.find_one({"_id": dataset_id, "imports.import_id": import_["import_id"]})
        if found is None:
            raise ImportLeaseLostError(import_["import_id"])
        return cast("DatasetDocument", found)

    async def give_up_import(self, dataset_id: str, import_id: str) -> bool:
        """End the import without a commit: none can take effect after this.

        Returns False when the import was committed: its records stay.
        """
        async with store_errors():
            await self._collection.update_one(
                {"_id": dataset_id, "import_lease.import_id": import_id}, {"$set": {"import_lease": None}}
            )
            committed = await self._collection.find_one({"_id": dataset_id, "imports.import_id": import_id}, {"_id": 1})
        return committed is None


def _until(seconds: float) -> dict[str, Any]:
    return {"$add": ["$$NOW", int(seconds * 1000)]}
