"""Reads review campaigns."""

from __future__ import annotations

from typing import cast

from tandem.events import thresholds_campaign_id
from tandem.review.campaigns.moves import CampaignState
from tandem.store.campaigns.documents import COLLECTION, CampaignDocument
from tandem.store.database import Database, store_errors

MOST_CAMPAIGNS = 200
"""Campaigns of one job that can be made."""


class CampaignReader:
    """Reader of campaigns. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def get(self, campaign_id: str) -> CampaignDocument | None:
        async with store_errors():
            return cast("CampaignDocument | None", await self._collection.find_one({"_id": campaign_id}))

    async def of_job(self, job_id: str) -> list[CampaignDocument]:
        """Return the campaigns whose records come from this job, oldest first."""
        async with store_errors():
            found = await self._collection.find({"jobs": job_id}).sort([("created_at", 1), ("_id", 1)]).to_list(None)
        return cast("list[CampaignDocument]", found)

    async def of_strategy(self, strategy: str) -> list[CampaignDocument]:
        """Return all campaigns by this strategy, oldest first."""
        async with store_errors():
            found = await self._collection.find({"strategy": strategy}).sort([("created_at", 1)]).to_list(None)
        return cast("list[CampaignDocument]", found)

    async def served_to(self, job_id: str, person_id: str) -> list[str | None] | None:
        """Return the campaigns whose items of this job the queue serves to the person; None when it serves all.

        None within the list stands for items of an older version, which name no campaign: those of the thresholds.
        """
        shown = {"_id": 1, "state": 1, "people": 1}
        async with store_errors():
            found = await self._collection.find({"jobs": job_id}, shown).to_list(None)
        barred = {
            campaign["_id"]
            for campaign in found
            if campaign["state"] == CampaignState.PAUSED
            or (campaign["people"] is not None and person_id not in campaign["people"])
        }
        if not barred:
            return None
        by_thresholds = thresholds_campaign_id(job_id)
        served: set[str | None] = {campaign["_id"] for campaign in found} | {by_thresholds}
        if by_thresholds not in barred:
            served.add(None)
        return sorted(served - barred, key=lambda each: each or "")
