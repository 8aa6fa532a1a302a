"""Writes the review queue. Only verification-ui imports this module.

Times of reservations are the database's clock (`$$NOW`), so that hosts with differing clocks agree on what expired.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never
from uuid import uuid4

from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from tandem.store.database import Database, Document, store_errors
from tandem.store.errors import only_duplicates
from tandem.store.review_items.documents import ItemState, QueueChanges, ReviewItem

_ORDER = [("skips", 1), ("priority", -1), ("seq", 1)]
_FREE = {"$expr": {"$lte": ["$reserved_until", "$$NOW"]}}
"""Never reserved (a missing value sorts below every time) or expired."""
_NEXT = "job_id_1_state_1_skips_1_priority_-1_seq_1"
_NEXT_OF_CAMPAIGNS = "job_id_1_state_1_campaign_id_1_skips_1_priority_-1_seq_1"
CLAIM_TRIES = 20
"""Times that a claim looks for free items again when claims of other processes were faster."""
_HELD = ["reserved_by", "reserved_by_id", "reserved_until", "reservation"]


@dataclass(frozen=True, slots=True)
class Reviewer:
    """The person who holds an item or decides on it: a stable id, and a name for people to read."""

    person_id: str
    name: str


@dataclass(frozen=True, slots=True)
class AfterOpinion:
    """State of an item after an opinion on its record. `decided_by` None: more opinions are needed."""

    giver_id: str
    revision: int
    opinion_by: tuple[str, ...]
    decided_by: Reviewer | None = None
    decided_at: datetime | None = None
    waits_for_adjudicator: bool = False
    hold_for: Reviewer | None = None


class ItemMovedOnError(Exception):
    """The item is not what the caller took it for: another holder, another attempt, decided or opened meanwhile."""


class Claims(StrEnum):
    """Open items that a person may claim."""

    ANY = "any"
    """Any open item, in a job with one reader: an open item has no opinion."""
    UNREAD = "unread"
    """Items without an opinion of this person that readers can still settle."""
    ADJUDICATED = "adjudicated"
    """Items under `UNREAD`, and those that wait for an adjudicator."""


def _claimable(claims: Claims, reviewer: Reviewer) -> Document:
    unread: Document = {"opinion_by": {"$ne": reviewer.person_id}}
    match claims:
        case Claims.ANY:
            return {}
        case Claims.UNREAD:
            return {**unread, "waits_for_adjudicator": {"$ne": True}}
        case Claims.ADJUDICATED:
            return {"$or": [unread, {"waits_for_adjudicator": True}]}
    assert_never(claims)


def _after_opinion(item: ReviewItem, after: AfterOpinion, seconds: float) -> list[Document]:
    """Return the update as a pipeline; names are literals, where one that begins with `$` would be a path."""
    fields: Document = {
        "opinion_by": {"$literal": list(after.opinion_by)},
        "waits_for_adjudicator": after.waits_for_adjudicator,
    }
    if item.blind:
        fields["seen_by"] = {"$literal": sorted({*item.seen_by, *after.opinion_by, after.giver_id})}
    if after.decided_by is not None:
        fields |= {"revealed": True} if item.blind else {}
        fields |= {
            "state": ItemState.DECIDED.value,
            "revision": after.revision,
            "decided_by": {"$literal": after.decided_by.name},
            "decided_by_id": {"$literal": after.decided_by.person_id},
            "decided_at": after.decided_at,
        }
        return [{"$set": fields}, {"$unset": ["reserved_by", "reserved_by_id", "reserved_until"]}]
    gone = ["decided_by", "decided_by_id", "decided_at"]
    fields |= {"state": ItemState.OPEN.value, "revision": 0}
    if item.state is ItemState.DECIDED:
        fields["skips"] = 0
        gone += [] if after.hold_for is not None else _HELD
    if after.hold_for is not None:
        fields |= {**_held_by(after.hold_for), "reserved_until": _later(seconds), "reservation": uuid4().hex}
    elif item.reserved_by_id == after.giver_id:
        gone += _HELD
    return [{"$set": fields}, {"$unset": sorted(set(gone))}]


def _unchanged(item: ReviewItem) -> Document:
    """Match the item while it is as it was read."""
    return {
        "_id": item.item_id,
        "state": item.state,
        "attempt": item.attempt,
        "reservation": item.reservation,
        "revision": item.revision,
    }


def _later(seconds: float) -> Document:
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(seconds * 1000)}}


def _held_by(reviewer: Reviewer) -> Document:
    """Name the holder in the words of a pipeline, where a name that begins with `$` would be a path."""
    return {"reserved_by": {"$literal": reviewer.name}, "reserved_by_id": {"$literal": reviewer.person_id}}


def _mine(item_id: str, reservation: str, person_id: str) -> Document:
    """Match the item while it is open and this person holds it with this token."""
    return {"_id": item_id, "state": ItemState.OPEN, "reservation": reservation, "reserved_by_id": person_id}


def _item_or_none(document: Document | None) -> ReviewItem | None:
    return None if document is None else ReviewItem.from_document(document)


class ReviewItemWriter:
    """Writer of review items. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database["review_items"]
        self._claiming = asyncio.Lock()

    async def take(self, items: Sequence[ReviewItem]) -> QueueChanges:
        """Take items in, idempotently.

        A higher attempt replaces what is shown and voids the reservation of an open item; a decided item stays decided
        (people outrank models) and shows the newer attempt only if the decision is undone. Lower or equal attempts
        change nothing.
        """
        if not items:
            return QueueChanges()
        found: set[int] = set()
        async with store_errors():
            try:
                await self._collection.insert_many([item.to_document() for item in items], ordered=False)
            except BulkWriteError as error:
                found = only_duplicates(error)
            duplicates = {items[index].item_id for index in found}
            replacements = [
                update
                for item in items
                if item.attempt > 1 and item.item_id in duplicates
                for update in self._replacements(item)
            ]
            replaced = 0
            if duplicates:
                await self._collection.update_many(
                    {"_id": {"$in": sorted(duplicates)}, "withdrawn": True}, {"$unset": {"withdrawn": ""}}
                )
            if replacements:
                result = await self._collection.bulk_write(replacements, ordered=True)
                replaced = result.modified_count
        return QueueChanges(inserted=len(items) - len(found), replaced=replaced)

    @staticmethod
    def _replacements(item: ReviewItem) -> list[UpdateOne]:
        older = {"_id": item.item_id, "attempt": {"$lt": item.attempt}}
        content = {"$set": item.shown_content()}
        return [
            UpdateOne(older | {"state": ItemState.OPEN}, content | {"$unset": dict.fromkeys(_HELD, "")}),
            UpdateOne(older | {"state": ItemState.DECIDED}, content),
        ]

    async def withdraw(self, job_id: str, seqs: Collection[int]) -> int:
        """Remove open items that no longer need a person and on which nobody gave an opinion. Returns how many.

        One that somebody holds stays theirs to decide; the queue serves it to nobody else (see `withdrawn`).
        """
        query: Document = {
            "job_id": job_id,
            "seq": {"$in": sorted(seqs)},
            "state": ItemState.OPEN,
            "opinion_by.0": {"$exists": False},
        }
        async with store_errors():
            result = await self._collection.delete_many({**query, **_FREE})
            await self._collection.update_many(query, {"$set": {"withdrawn": True}})
        return result.deleted_count

    async def held(self, job_id: str, person_id: str) -> list[ReviewItem]:
        """Return the open items of which this person holds a live reservation, in the queue's order."""
        query = {
            "reserved_by_id": person_id,
            "job_id": job_id,
            "state": ItemState.OPEN,
            "$expr": {"$gt": ["$reserved_until", "$$NOW"]},
        }
        async with store_errors():
            cursor = self._collection.find(query).hint("reserved_by_id_1_reserved_until_1").sort(_ORDER)
            return [ReviewItem.from_document(document) async for document in cursor]

    async def claim(
        self,
        job_id: str,
        reviewer: Reviewer,
        *,
        limit: int,
        seconds: float,
        exclude: Collection[str] = (),
        claims: Claims = Claims.ANY,
        campaigns: Sequence[str | None] | None = None,
    ) -> list[ReviewItem]:
        """Reserve the next free items for this person, each with a new fence token; fewer than `limit` where no more
        are free.

        Next is: fewest skips, highest priority, lowest seq. No two claims get the same item: each item is reserved by
        one atomic write, and what another claim was faster to reserve is looked for again. `campaigns`: only items of
        these (see `CampaignReader.served_to`); None: of all.
        """
        query: dict[str, Any] = {
            "job_id": job_id,
            "state": ItemState.OPEN,
            "withdrawn": {"$ne": True},
            **_FREE,
            **_claimable(claims, reviewer),
        }
        if campaigns is not None:
            query["campaign_id"] = {"$in": list(campaigns)}
        if exclude:
            query["_id"] = {"$nin": sorted(exclude)}
        hint = _NEXT if campaigns is None else _NEXT_OF_CAMPAIGNS
        claimed: list[ReviewItem] = []
        async with self._claiming, store_errors():
            for _ in range(CLAIM_TRIES):
                free = self._collection.find(query, {"_id": 1}).sort(_ORDER).hint(hint).limit(limit - len(claimed))
                ids = [document["_id"] async for document in free]
                claimed += await self._reserve_free(query, ids, reviewer, seconds)
                if not ids or len(claimed) == limit:
                    break
        return claimed

    async def _reserve_free(
        self, query: Document, ids: Sequence[str], reviewer: Reviewer, seconds: float
    ) -> list[ReviewItem]:
        """Reserve those of these items that still match, and return them in the queue's order."""
        if not ids:
            return []
        token = uuid4().hex
        reservation = {"$concat": [token, "-", {"$toString": "$seq"}]}
        held = {**_held_by(reviewer), "reserved_until": _later(seconds), "reservation": reservation}
        still_free = {"$and": [query, {"_id": {"$in": list(ids)}}]}
        await self._collection.update_many(still_free, [{"$set": held}])
        found = self._collection.find({"_id": {"$in": list(ids)}}).sort(_ORDER)
        items = [ReviewItem.from_document(document) async for document in found]
        return [item for item in items if item.reservation is not None and item.reservation.startswith(token)]

    async def renew(self, item_id: str, reservation: str, *, person_id: str, seconds: float) -> ReviewItem | None:
        """Prolong a reservation; None when the person does not hold the item with this token."""
        return await self._update(
            _mine(item_id, reservation, person_id), [{"$set": {"reserved_until": _later(seconds)}}]
        )

    async def release(self, item_id: str, reservation: str, *, person_id: str) -> bool:
        """Give the item back; False when the person does not hold it with this token."""
        released = await self._update(_mine(item_id, reservation, person_id), {"$unset": dict.fromkeys(_HELD, "")})
        return released is not None

    async def skip(self, item_id: str, reservation: str, *, person_id: str) -> ReviewItem | None:
        """Give the item back and put it behind those skipped less often; None when the person does not hold it."""
        return await self._update(
            _mine(item_id, reservation, person_id),
            {
                "$inc": {"skips": 1},
                "$set": {"skipped_reservation": reservation},
                "$unset": dict.fromkeys(_HELD, ""),
            },
        )

    async def take_opinions(
        self, items: Sequence[tuple[ReviewItem, AfterOpinion]], *, seconds: float, session: Any = None
    ) -> dict[str, ReviewItem]:
        """Bring items to what holds after opinions on their records or withdrawals; returns them by id as they are
        then. Raises ItemMovedOnError when one is not as it was read: another attempt, holder or decision. The others
        may be written then, so several items need the transaction of a `session`, which must be given up.

        Settled: the item is decided, and its token stays on it, so that a retry is known by it. Not settled: it is open
        and reserved to `hold_for`, or to nobody where `giver_id` held it; a reservation of somebody else stays.
        """
        if not items:
            return {}
        ids = [item.item_id for item, _ in items]
        updates = [UpdateOne(_unchanged(item), _after_opinion(item, after, seconds)) for item, after in items]
        async with store_errors():
            result = await self._collection.bulk_write(updates, ordered=False, session=session)
            if result.matched_count != len(items):
                raise ItemMovedOnError(", ".join(ids))
            found = self._collection.find({"_id": {"$in": ids}}, session=session)
            return {document["_id"]: ReviewItem.from_document(document) async for document in found}

    async def _update(self, query: Document, update: Document | list[Document]) -> ReviewItem | None:
        async with store_errors():
            document = await self._collection.find_one_and_update(query, update, return_document=ReturnDocument.AFTER)
        return _item_or_none(document)
