"""Deletes what a deletion reaches, in every collection; for the api alone.

A deletion is written down before anything goes, so one that was interrupted goes on. For a week it is carried out
again and again: an answer that was under way, or a consumer that was behind, may bring a document back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from tandem.store.database import Database, Document, store_errors, utcnow
from tandem.store.deletions.documents import COLLECTION, DeletedKind, DeletionDocument
from tandem.store.deletions.reach import FREE_TEXTS, NAMES, REACHES
from tandem.store.patience import insert_once

NOBODY = "deleted person"
AGAIN_FOR = timedelta(days=7)
"""Time for which deletions are repeated: as long as Kafka keeps events that can restore a document."""


class DeletionEraser:
    """Carries deletions out. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reached(self, deletion: DeletionDocument) -> dict[str, int]:
        """Count what would go, by collection; of a person, also what would be changed."""
        counts: dict[str, int] = {}
        async with store_errors():
            for collection, reach in REACHES.items():
                if (query := reach(deletion)) is not None:
                    counts[collection] = await self._database[collection].count_documents(query)
            if DeletedKind(deletion["kind"]) is DeletedKind.PERSON:
                for collection, query, _ in self._changes(deletion):
                    counts[collection] = counts.get(collection, 0) + await self._database[collection].count_documents(
                        query
                    )
        return {name: count for name, count in counts.items() if count}

    async def start(self, deletion: DeletionDocument) -> None:
        """Write the deletion down; made again, it finds itself."""
        await insert_once(self._database[COLLECTION], cast("Document", deletion))

    async def carry_out(self, deletion: DeletionDocument) -> DeletionDocument:
        """Delete everything that is reached; it may be called any number of times."""
        deletion = await self._with_new_jobs(deletion)
        counts = dict(deletion["counts"])
        async with store_errors():
            for collection, reach in REACHES.items():
                if (query := reach(deletion)) is not None:
                    gone = (await self._database[collection].delete_many(query)).deleted_count
                    counts[collection] = counts.get(collection, 0) + int(gone)
            if DeletedKind(deletion["kind"]) is DeletedKind.PERSON:
                for collection, query, change in self._changes(deletion):
                    while changed := (await self._database[collection].update_many(query, change)).modified_count:
                        counts[collection] = counts.get(collection, 0) + int(changed)
            if DeletedKind(deletion["kind"]) is DeletedKind.RECORD:
                await self._count_records(deletion["target_id"].rpartition(":")[0])
            counts = {name: count for name, count in counts.items() if count}
            end = {"counts": counts, "done": True, "done_at": deletion["done_at"] or utcnow()}
            await self._database[COLLECTION].update_one({"_id": deletion["_id"]}, {"$set": end})
        return cast("DeletionDocument", {**deletion, **end})

    async def due(self) -> list[DeletionDocument]:
        """Return the deletions that are not done, or not long enough ago to be sure that nothing comes back."""
        query = {"$or": [{"done": False}, {"asked_at": {"$gte": utcnow() - AGAIN_FOR}}]}
        async with store_errors():
            return cast("list[DeletionDocument]", await self._database[COLLECTION].find(query).to_list(None))

    async def audit(self, project_ids: frozenset[str] | None, *, limit: int = 200) -> list[DeletionDocument]:
        """List deletions, newest first; of these projects, or all (None)."""
        query: Document = {} if project_ids is None else {"project_id": {"$in": sorted(project_ids)}}
        async with store_errors():
            found = await self._database[COLLECTION].find(query).sort("asked_at", -1).limit(limit).to_list(limit)
        return cast("list[DeletionDocument]", found)

    async def jobs_of(self, query: Document) -> list[Document]:
        """Return id, name and state of the jobs that match, try-outs included."""
        shown = {"name": 1, "state": 1, "hidden": 1}
        async with store_errors():
            return await self._database["jobs"].find(query, shown).to_list(None)

    async def decided_in(self, person_id: str) -> list[str]:
        """Return the ids of the jobs in which the person decided something."""
        async with store_errors():
            found = await self._database["verifications"].distinct("job_id", {"decided_by_id": person_id})
        return [str(job_id) for job_id in found]

    async def datasets_of(self, project_id: str) -> list[str]:
        """Return the ids of a project's data sets."""
        async with store_errors():
            found = await self._database["datasets"].find({"project_id": project_id}, {"_id": 1}).to_list(None)
        return [str(each["_id"]) for each in found]

    async def users_of(self, collection: str, query: Document) -> list[str]:
        """Return the names of documents that use something."""
        async with store_errors():
            found = await self._database[collection].find(query, {"name": 1, "version": 1}).limit(20).to_list(20)
        return [str(each.get("name", each["_id"])) for each in found]

    async def _with_new_jobs(self, deletion: DeletionDocument) -> DeletionDocument:
        """Return the deletion with jobs and data sets that were made while it was asked for."""
        query: Document | None = {
            DeletedKind.PROJECT: {"project_id": deletion["target_id"]},
            DeletedKind.DATASET: {"dataset_id": deletion["target_id"]},
        }.get(DeletedKind(deletion["kind"]))
        if query is None:
            return deletion
        jobs = [str(job["_id"]) for job in await self.jobs_of(query)]
        datasets = list(deletion["datasets"])
        if DeletedKind(deletion["kind"]) is DeletedKind.PROJECT:
            datasets += await self.datasets_of(deletion["target_id"])
        whole: dict[str, Any] = {
            "jobs": sorted({*deletion["jobs"], *jobs}),
            "datasets": sorted(set(datasets)),
        }
        async with store_errors():
            await self._database[COLLECTION].update_one({"_id": deletion["_id"]}, {"$set": whole})
        return cast("DeletionDocument", {**deletion, **whole})

    @staticmethod
    def _changes(deletion: DeletionDocument) -> list[tuple[str, Document, Document]]:
        """Return the changes that take a person out of documents that stay."""
        person = deletion["target_id"]
        changes: list[tuple[str, Document, Document]] = [
            (
                each.collection,
                {
                    **({"job_id": {"$in": deletion["jobs"]}} if each.by_job else {}),
                    each.id_field: person,
                    each.name_field: {"$nin": [NOBODY, None]},
                },
                {"$set": {each.name_field: NOBODY}},
            )
            for each in NAMES
        ]
        changes += [
            (collection, {field: person, text: {"$exists": True, "$ne": None}}, {"$set": {text: None}})
            for collection, field, text in FREE_TEXTS
        ]
        imports = {"imports": {"$elemMatch": {"committed_by_id": person, "committed_by": {"$ne": NOBODY}}}}
        changes.append(("datasets", imports, {"$set": {"imports.$.committed_by": NOBODY}}))
        return changes

    async def _count_records(self, dataset_id: str) -> None:
        dataset = await self._database["datasets"].find_one({"_id": dataset_id})
        if dataset is not None:
            query = {"dataset_id": dataset_id, "seq": {"$gte": 0, "$lt": dataset["visible_below"]}}
            count = await self._database["records"].count_documents(query)
            await self._database["datasets"].update_one(
                {"_id": dataset_id, "visible_below": dataset["visible_below"]}, {"$set": {"record_count": count}}
            )
