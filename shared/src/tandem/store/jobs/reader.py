"""Reads jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from tandem.events import JobState
from tandem.store.database import Database, store_errors
from tandem.store.jobs.documents import COLLECTION, JobDocument, job_if_found, job_of

_WITHOUT_SETS = {"selection.seqs": 0, "passes.selection.seqs": 0}
_LIVE = [state.value for state in JobState if state.is_live]


class JobReader:
    """Reader of jobs. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, job_id: str) -> JobDocument | None:
        async with store_errors():
            return job_if_found(await self._collection.find_one({"_id": job_id}))

    async def agents_of(self, job_ids: Iterable[str]) -> dict[str, str]:
        """Return the id of the agent of each of these jobs, those that exist, in one query."""
        async with store_errors():
            found = await self._collection.find({"_id": {"$in": sorted(set(job_ids))}}, {"agent_id": 1}).to_list(None)
        return {job["_id"]: job["agent_id"] for job in found}

    async def live(self) -> list[JobDocument]:
        """Return all jobs that are running, paused or waiting, in a stable order."""
        async with store_errors():
            found = (
                await self._collection.find({"state": {"$in": _LIVE}}).sort([("state", 1), ("_id", 1)]).to_list(None)
            )
        return [job_of(each) for each in found]

    async def finished_since(self, moment: datetime, *, limit: int = 1000) -> list[JobDocument]:
        """Jobs that ended at this moment or later, in the order in which they did; hidden ones are left out."""
        query = {"finished_at": {"$type": "date", "$gte": moment}, "hidden": {"$ne": True}}
        async with store_errors():
            found = await (
                self._collection.find(query)
                .sort([("finished_at", 1), ("_id", 1)])
                .hint("finished_at_1__id_1")
                .limit(limit)
                .to_list(limit)
            )
        return [job_of(each) for each in found]

    async def before(self, job: JobDocument, *, limit: int) -> list[str]:
        """Return the ids of earlier jobs of the same agent version over the same data set, newest first."""
        query = {
            "project_id": job["project_id"],
            "agent_id": job["agent_id"],
            "dataset_id": job["dataset_id"],
            "created_at": {"$lt": job["created_at"]},
            "hidden": {"$ne": True},
        }
        async with store_errors():
            found = await self._collection.find(query, {"_id": 1}).sort("created_at", -1).limit(limit).to_list(limit)
        return [str(document["_id"]) for document in found]

    async def with_label_schema(self, project_id: str, name: str, *, limit: int = 200) -> list[str]:
        """Ids of the project's jobs with any version of the label schema of this name, newest first."""
        query = {"project_id": project_id, "published.label_schema.name": name, "hidden": {"$ne": True}}
        async with store_errors():
            found = await self._collection.find(query, {"_id": 1}).sort("created_at", -1).limit(limit).to_list(limit)
        return [str(document["_id"]) for document in found]

    async def list(
        self,
        project_ids: str | Collection[str] | None,
        *,
        before: tuple[datetime, str] | None = None,
        limit: int = 100,
    ) -> list[JobDocument]:
        """Jobs of the project, of these projects, or of all (None), newest first; hidden ones are left out.

        Sets of seqs are not read: of the selections, the sizes alone are to be used.

        `before` is (created_at, _id) of the last one of the page before.
        """
        query: dict[str, Any] = {"hidden": {"$ne": True}}
        if isinstance(project_ids, str):
            query["project_id"] = project_ids
        elif project_ids is not None:
            query["project_id"] = {"$in": sorted(project_ids)}
        if before is not None:
            created_at, job_id = before
            query["created_at"] = {"$lte": created_at}
            query["$or"] = [{"created_at": {"$lt": created_at}}, {"_id": {"$lt": job_id}}]
        newest_first = [("created_at", -1), ("_id", -1)]
        async with store_errors():
            found = await self._collection.find(query, _WITHOUT_SETS).sort(newest_first).limit(limit).to_list(limit)
        return [job_of(each) for each in found]
