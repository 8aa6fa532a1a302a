"""Writes review campaigns; for the api alone: its HTTP side makes and changes them, its dispatcher walks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from tandem.review.campaigns.moves import MOVES, CampaignMove, CampaignState, StopRule
from tandem.review.campaigns.strategies.thresholds import THRESHOLDS
from tandem.store.campaigns.documents import COLLECTION, NO_COUNTS, CampaignDocument, terms_of
from tandem.store.database import Database, Document, store_errors
from tandem.store.jobs.documents import NOT_ANNOUNCED_YET

_FREE = {"$expr": {"$lte": ["$lease.until", "$$NOW"]}}
"""Not taken (a missing value sorts below every time), or the lease ran out."""
_WALK_AGAIN: Document = {
    "walking": True,
    "again": False,
    "withdrew": False,
    "cursor": "$selection.from_seq",
    "counts": {"$literal": NO_COUNTS},
    "queues": {"$literal": {}},
    "stalled": 0,
    "lease": None,
    "run": {"$add": ["$run", 1]},
    "finished_at": None,
}


class CampaignWriter:
    """Writer of campaigns. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._collection = database[COLLECTION]
        self._jobs = database["jobs"]

    async def ensure(self, campaign: CampaignDocument) -> CampaignDocument:
        """Return the campaign as stored; insert it where there is none of this id."""
        async with store_errors():
            with suppress(DuplicateKeyError):
                await self._collection.insert_one(cast("Document", campaign))
            stored = await self._collection.find_one({"_id": campaign["_id"]})
        return cast("CampaignDocument", stored)

    async def place(self, campaign: CampaignDocument) -> CampaignDocument:
        """Insert the campaign and have it walked. One of this id that is open and being walked goes on; any other is
        opened and walked again."""
        over = {"_id": campaign["_id"], "$or": [{"walking": False}, {"state": {"$ne": CampaignState.OPEN.value}}]}
        again = _WALK_AGAIN | {
            "state": CampaignState.OPEN.value,
            "state_reason": None,
            "selection": {"$literal": campaign["selection"]},
            "cursor": campaign["selection"]["from_seq"],
            "stops": {"$ne": ["$stop.rule", StopRule.NEVER.value]},
        }
        async with store_errors():
            try:
                await self._collection.insert_one(cast("Document", campaign))
            except DuplicateKeyError:
                await self._collection.update_one(over, [{"$set": again}])
            stored = await self._collection.find_one({"_id": campaign["_id"]})
        return cast("CampaignDocument", stored)

    async def change(self, campaign_id: str, changes: Mapping[str, Any]) -> CampaignDocument | None:
        """Change fields of a campaign that is not closed and have it walked again; None when it is closed.

        What a campaign by thresholds asks under is published with its job, in the same transaction.
        """
        fields = {name: {"$literal": value} for name, value in changes.items()}
        if "stop" in changes:
            fields["stops"] = {"$literal": changes["stop"]["rule"] != StopRule.NEVER}
        allowed = [state.value for state in CampaignState if state is not CampaignState.CLOSED]
        return await self._apply(campaign_id, allowed, _WALK_AGAIN | fields)

    async def move(self, campaign_id: str, move: CampaignMove, *, reason: str | None = None) -> CampaignDocument | None:
        """Make a move; None when the campaign's state does not allow it. All but a pause start a walk."""
        allowed, to = MOVES[move]
        changes = {} if move is CampaignMove.PAUSE else _WALK_AGAIN
        moved = {
            **changes,
            "state": to.value,
            "state_reason": {"$literal": reason},
            "stops": {"$and": [{"$ne": ["$stop.rule", StopRule.NEVER.value]}, to is not CampaignState.CLOSED]},
        }
        return await self._apply(campaign_id, [state.value for state in allowed], moved)

    async def _apply(self, campaign_id: str, allowed: Sequence[str], changes: Document) -> CampaignDocument | None:
        async with self._database.transaction() as session:
            found = await self._collection.find_one_and_update(
                {"_id": campaign_id, "state": {"$in": list(allowed)}},
                [{"$set": changes}],
                return_document=ReturnDocument.AFTER,
                session=session,
            )
            campaign = cast("CampaignDocument | None", found)
            if campaign is not None and campaign["strategy"] == THRESHOLDS.name:
                ended = {"$eq": ["$dispatch.announced", True]}
                published = {
                    "published.review_policy": {"$literal": campaign["parameters"]},
                    "published.review_terms": {"$literal": terms_of(campaign).model_dump(mode="json")},
                    "review_recounted": True,
                    "revision": {"$add": ["$revision", 1]},
                    # An ended job is published once more, for answers that come late.
                    "dispatch.announced": {"$cond": [ended, NOT_ANNOUNCED_YET, "$dispatch.announced"]},
                }
                await self._jobs.update_one({"_id": campaign["jobs"][0]}, [{"$set": published}], session=session)
        return campaign

    async def claim(self, holder: str, *, seconds: float) -> CampaignDocument | None:
        """Lease the campaign under way that waited longest; None when none is free.

        One that this holder has leased already counts as free: a holder walks one block at a time, so it holds one only
        when a call failed on the way, and goes on with it at once.
        """
        states = [CampaignState.OPEN.value, CampaignState.CLOSED.value]
        async with store_errors():
            found = await self._collection.find_one_and_update(
                {"walking": True, "state": {"$in": states}, "$or": [_FREE, {"lease.holder": holder}]},
                [
                    {
                        "$set": {
                            "lease": {"holder": holder, "until": {"$add": ["$$NOW", int(seconds * 1000)]}},
                            "walked_at": "$$NOW",
                        }
                    }
                ],
                sort=[("walked_at", 1), ("_id", 1)],
                return_document=ReturnDocument.AFTER,
            )
        return cast("CampaignDocument | None", found)

    async def advance(
        self, campaign: CampaignDocument, *, cursor: int, counts: Mapping[str, int], queues: Mapping[str, int]
    ) -> bool:
        """Count a block and give the lease back. False: another one walked on meanwhile, and nothing changes."""
        changes: Document = {"cursor": cursor, "lease": None, "stalled": 0}
        added: Document = {f"counts.{name}": {"$add": [f"$counts.{name}", number]} for name, number in counts.items()}
        for job_id, number in queues.items():
            added[f"queues.{job_id}"] = {"$add": [{"$ifNull": [f"$queues.{job_id}", 0]}, number]}
        return await self._update(campaign, changes | added)

    async def finish(self, campaign: CampaignDocument, *, again: bool) -> bool:
        """End the walk and give the lease back. `again`: the walk is repeated once all jobs have ended."""
        changes: Document = {
            "walking": again,
            "again": again,
            "withdrew": False,
            "lease": None,
            "stalled": 0,
            "finished_at": "$$NOW",
        }
        return await self._update(campaign, changes)

    async def note_withdrawals(self, campaign: CampaignDocument) -> bool:
        """Note, before the first one is sent, that the walk withdraws requests. False: another one walked on."""
        return await self._update(campaign, {"withdrew": True})

    async def start_over(self, campaign: CampaignDocument) -> bool:
        """Walk again from the first record, as part of the same change."""
        return await self._update(campaign, _WALK_AGAIN)

    async def put_off(self, campaign: CampaignDocument, *, seconds: float, stalled: bool = True) -> None:
        """Postpone the next step: the first to come after `seconds` makes it. `stalled`: a block was not carried
        out."""
        lease = {"holder": None, "until": {"$add": ["$$NOW", int(seconds * 1000)]}}
        await self._update(campaign, {"lease": lease, "stalled": {"$add": ["$stalled", int(stalled)]}})

    async def rewalk_others(self, campaign: CampaignDocument) -> None:
        """Have other campaigns of the same jobs walked again that left records to this one, which gave some up; also
        those under way, which may have read annotations before that."""
        others = {
            "jobs": {"$in": campaign["jobs"]},
            "_id": {"$ne": campaign["_id"]},
            "state": {"$ne": CampaignState.CLOSED.value},
            "$or": [{"counts.waiting": {"$gte": 1}}, {"walking": True, "again": False}],
        }
        async with store_errors():
            await self._collection.update_many(others, [{"$set": _WALK_AGAIN}])

    async def claim_check(self, *, every_seconds: float) -> CampaignDocument | None:
        """Take a campaign whose stop rule was not checked for so long; None when there is none."""
        checked = {"$subtract": ["$$NOW", int(every_seconds * 1000)]}
        async with store_errors():
            found = await self._collection.find_one_and_update(
                {
                    "stops": True,
                    "state": {"$in": [CampaignState.OPEN.value, CampaignState.PAUSED.value]},
                    "walking": False,
                    "$expr": {"$lte": ["$checked_at", checked]},
                },
                [{"$set": {"checked_at": "$$NOW"}}],
                sort=[("checked_at", 1)],
                return_document=ReturnDocument.AFTER,
            )
        return cast("CampaignDocument | None", found)

    async def _update(self, campaign: CampaignDocument, changes: Document) -> bool:
        """Change the campaign if it still stands where `campaign` says, under the same lease."""
        lease = campaign["lease"]
        ours = {
            "_id": campaign["_id"],
            "run": campaign["run"],
            "cursor": campaign["cursor"],
            "lease.holder": lease["holder"] if lease else None,
        }
        async with store_errors():
            result = await self._collection.update_one(ours, [{"$set": changes}])
        return result.matched_count > 0
