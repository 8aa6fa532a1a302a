"""Make campaigns of what older versions kept apart: orders of review, and the thresholds of jobs.

A campaign has the id of its order, which annotations name already. Orders stay where they are: dispatchers of the older
version go on with them, and both ask for the same records in the same way. An order that such a version starts again
starts its campaign again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

from pymongo.errors import DuplicateKeyError

from tandem.events import CampaignTerms
from tandem.jobs import Selection
from tandem.review.campaigns.moves import StopRule
from tandem.review.campaigns.strategies.disagreement import DISAGREEMENT
from tandem.store.campaigns.documents import COLLECTION, CampaignDocument, new_campaign, thresholds_campaign
from tandem.store.database import Database, Document, store_errors
from tandem.store.migrations.runner import Migration, MigrationLease


async def make_campaigns(database: Database, lease: MigrationLease) -> Mapping[str, int]:
    """Insert the campaigns that do not exist yet."""
    changed: Counter[str] = Counter()
    campaigns = database[COLLECTION]

    async def insert(campaign: CampaignDocument) -> None:
        await lease.keep()
        async with store_errors():
            try:
                await campaigns.insert_one(cast("Document", campaign))
            except DuplicateKeyError:
                return
        changed[COLLECTION] += 1

    async with store_errors():
        known = {each["_id"]: each.get("order_run", 0) async for each in campaigns.find({}, {"order_run": 1})}
    async with store_errors():
        orders = await database["review_orders"].find().to_list(None)
    for order in orders:
        if order["_id"] not in known:
            await insert(_of_order(order))
        elif known[order["_id"]] < order["run"]:
            await lease.keep()
            changed[COLLECTION] += await _start_again(database, order)
    async with store_errors():
        jobs = await database["jobs"].find({"hidden": {"$ne": True}}, _OF_JOB).to_list(None)
    for job in jobs:
        if (campaign := thresholds_campaign(job))["_id"] not in known:
            await insert(campaign)
    return changed


CAMPAIGNS = Migration("0004-campaigns", make_campaigns)
_OF_JOB = dict.fromkeys(
    (
        "project_id",
        "dataset_id",
        "selection",
        "published.review_policy",
        "published.review_terms",
        "created_at",
        "created_by",
        "created_by_id",
    ),
    1,
)


def _of_order(order: Mapping[str, Any]) -> CampaignDocument:
    """Return the campaign of an order, which stands where the order does."""
    campaign = new_campaign(
        campaign_id=order["_id"],
        name=DISAGREEMENT.title,
        project_id=order["project_id"],
        dataset_id=order["dataset_id"],
        jobs=order["jobs"],
        strategy=DISAGREEMENT.name,
        parameters={
            "jobs": order["jobs"][1:],
            "task": order["task"],
            "min_confidence": order["min_confidence"],
        },
        selection=Selection.range(order["from_seq"], order["below_seq"]),
        terms=CampaignTerms(),
        people=None,
        stop={"rule": StopRule.NEVER.value, "after": None},
        created_at=order["created_at"],
        created_by=order["created_by"],
        created_by_id=order.get("created_by_id"),
    )
    counts = order["counts"]
    return {
        **campaign,
        "order_run": order["run"],
        "run": order["run"],
        "walking": order["state"] == "open",
        "cursor": order["cursor"],
        "counts": {
            "picked": counts["differing"],
            "queued": counts["queued"],
            "waiting": counts["waiting"],
            "decided": counts["decided"],
            "asked": counts["queued"],
        },
        "queues": order["queues"],
        "walked_at": order["walked_at"],
        "finished_at": order["finished_at"],
    }


async def _start_again(database: Database, order: Mapping[str, Any]) -> int:
    """Have the campaign of an order walked again that a replica of the older version started again."""
    older = {"_id": order["_id"], "$or": [{"order_run": {"$lt": order["run"]}}, {"order_run": {"$exists": False}}]}
    again = {
        "order_run": order["run"],
        "run": {"$add": ["$run", 1]},
        "walking": True,
        "cursor": "$selection.from_seq",
        "counts": {"$literal": dict.fromkeys(("picked", "queued", "waiting", "decided", "asked"), 0)},
        "queues": {"$literal": {}},
        "lease": None,
    }
    async with store_errors():
        result = await database[COLLECTION].update_one(older, [{"$set": again}])
    return result.modified_count
