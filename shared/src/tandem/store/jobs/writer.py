"""Writes jobs as people change them; for the api's HTTP side alone. The dispatcher has its own writer beside this."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from pymongo import ReturnDocument

from tandem.events import JobState
from tandem.store.campaigns.documents import COLLECTION as CAMPAIGNS
from tandem.store.campaigns.documents import thresholds_campaign
from tandem.store.database import Database, Document, store_errors
from tandem.store.jobs.documents import COLLECTION, JobDocument
from tandem.store.patience import insert_once


class JobWriter:
    """Writer of jobs. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]
        self._campaigns = database[CAMPAIGNS]

    async def insert(self, job: JobDocument) -> None:
        """Insert a job and, before it, its thresholds campaign."""
        if not job.get("hidden"):
            await insert_once(self._campaigns, cast("Document", thresholds_campaign(job)))
        await insert_once(self._collection, cast("Document", job))

    async def change_state(
        self, job_id: str, *, to: JobState, allowed: Collection[JobState], reason: str | None, new_epoch: bool = False
    ) -> JobDocument | None:
        """Move the job to a state if it is in one of the allowed ones, else None and nothing changes.

        The revision rises; with `new_epoch` the epoch too, which voids the requests that are under way. Times are the
        database's.
        """
        changes: dict[str, Any] = {
            "state": to.value,
            "state_reason": {"$literal": reason},
            "waiting_for": None,
            "revision": {"$add": ["$revision", 1]},
        }
        if new_epoch:
            changes["epoch"] = {"$add": ["$epoch", 1]}
        if to is JobState.RUNNING:
            changes["started_at"] = {"$ifNull": ["$started_at", "$$NOW"]}
        if not to.is_live:
            changes["finished_at"] = "$$NOW"
        async with store_errors():
            changed = await self._collection.find_one_and_update(
                {"_id": job_id, "state": {"$in": [state.value for state in allowed]}},
                [{"$set": changes}],
                return_document=ReturnDocument.AFTER,
            )
        return cast("JobDocument | None", changed)

    async def change_budget(self, job_id: str, budget_usd: float | None) -> JobDocument | None:
        """Change the budget of a live job; None for one that has ended. The dispatcher acts on it."""
        live = [state.value for state in JobState if state.is_live]
        async with store_errors():
            changed = await self._collection.find_one_and_update(
                {"_id": job_id, "state": {"$in": live}},
                {"$set": {"budget_usd": budget_usd}, "$inc": {"revision": 1}},
                return_document=ReturnDocument.AFTER,
            )
        return cast("JobDocument | None", changed)
