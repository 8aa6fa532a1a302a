"""Writes annotations; for the postprocessor alone. Every write may be made again without a second effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, cast

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from tandem.events import SettledPart, thresholds_campaign_id
from tandem.finding.matching import lowest_confidence
from tandem.store.annotations.documents import (
    ATTEMPT_FIELDS,
    COLLECTION,
    AnnotationDocument,
    OpinionsPart,
    ReviewAskedPart,
    SpendingPart,
    VerificationPart,
    annotation_id,
)
from tandem.store.annotations.opinions import old_decision_part, opinions_part
from tandem.store.database import Database, Document, store_errors
from tandem.store.errors import only_duplicates

_KEPT_FIELDS = ("verification", "verification_revision", "opinions", "spending", "more_spending")
"""A person's decision outlives every attempt, and so does what was paid."""
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class AppliedDecision:
    """Decision that holds by people's opinions, as it is applied; `values` is None where no person's label holds.

    Values are plain, as documents have them.
    """

    job_id: str
    seq: int
    revision: int
    values: dict[str, Any] | None
    shown_attempt: int
    shown_values: dict[str, Any]
    confirmed: bool
    decided_by: str
    decided_at: datetime
    decided_by_id: str | None = None
    settled: SettledPart | None = None
    """None: an older writer's decision, which is the one opinion that stands."""


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """A person's look at one attempt, that a campaign asks for or (not `wanted`) withdraws; `causes` as documents have
    them."""

    job_id: str
    seq: int
    attempt: int
    order: str
    reason: str
    causes: list[dict[str, Any]]
    priority: float
    blind: bool = False
    wanted: bool = True


class AnnotationWriter:
    """Writer of annotations.

    All methods raise StoreUnavailableError when MongoDB is away; the same call may then be made again.
    """

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def insert_first(self, documents: Sequence[AnnotationDocument]) -> set[int]:
        """Insert all that have no annotation yet, in one batch. Returns the indexes of those that had one already,
        also by an earlier one of the same batch; what was stored is untouched."""
        if not documents:
            return set()
        async with store_errors():
            try:
                await self._collection.insert_many([_stored(each) for each in documents], ordered=False)
            except BulkWriteError as error:
                return only_duplicates(error)
        return set()

    async def supersede(self, documents: Sequence[AnnotationDocument]) -> int:
        """Make higher attempts current and move the ones that were into history, in two batches. Returns how many
        became current.

        Nothing changes where the stored attempt is as high; a lower attempt that comes late goes into history, once.
        """
        if not documents:
            return 0
        async with store_errors():
            result = await self._collection.bulk_write([_superseding(each) for each in documents], ordered=False)
            if result.matched_count < len(documents):
                await self._collection.bulk_write([_late(each) for each in documents], ordered=False)
        return int(result.matched_count)

    async def also_paid(self, spending: Sequence[tuple[str, SpendingPart]]) -> None:
        """Note what answers cost beside the first one of their record (given by `_id`), each of them once."""
        updates = [
            UpdateOne(
                {
                    "_id": key,
                    "spending.answer": {"$ne": part["answer"]},
                    "more_spending.answer": {"$ne": part["answer"]},
                },
                {"$push": {"more_spending": part}},
            )
            for key, part in spending
        ]
        if updates:
            async with store_errors():
                await self._collection.bulk_write(updates, ordered=False)

    async def apply_decisions(self, decisions: Sequence[AppliedDecision]) -> tuple[int, list[AppliedDecision]]:
        """Apply people's decisions in any order, the highest revision of a record holds.

        Returns how many changed an annotation, and those whose annotation does not exist.
        """
        latest: dict[str, AppliedDecision] = {}
        for decision in decisions:
            key = annotation_id(decision.job_id, decision.seq)
            if key not in latest or latest[key].revision < decision.revision:
                latest[key] = decision
        if not latest:
            return 0, []
        updates = [_decision_update(key, decision) for key, decision in latest.items()]
        async with store_errors():
            result = await self._collection.bulk_write(updates, ordered=False)
            if result.matched_count == len(updates):
                return result.matched_count, []
            found = await self._collection.find({"_id": {"$in": list(latest)}}, {"_id": 1}).to_list(None)
        present = {document["_id"] for document in found}
        return result.matched_count, [decision for key, decision in latest.items() if key not in present]

    async def ask_review(self, asked: Sequence[ReviewRequest], *, at: datetime) -> Counter[str]:
        """Note that a person should look, where the attempt is the current one and nobody was asked or has decided; or
        that the campaign which asked no longer wants a look, where nobody has decided.

        Takes effect in the given order. Returns how many annotations changed: requests by reason, and `withdrawn`.
        """
        changed: Counter[str] = Counter()
        for kind, group in groupby(asked, lambda each: each.reason if each.wanted else WITHDRAWN):
            updates = [_ask_update(each, at) if each.wanted else _withdraw_update(each) for each in group]
            async with store_errors():
                result = await self._collection.bulk_write(updates, ordered=False)
            changed[kind] += result.modified_count
        return changed


def _stored(document: AnnotationDocument) -> Document:
    """Return the document with the lowest confidence of its labels, by which records are found and ordered."""
    lowest = lowest_confidence(document["labels"])
    return cast("Document", document if lowest is None else {**document, "lowest_confidence": lowest})


def _superseding(document: AnnotationDocument) -> UpdateOne:
    older = {name: f"${name}" for name in ATTEMPT_FIELDS}
    replacement = {
        "$mergeObjects": [
            {"$literal": {name: value for name, value in _stored(document).items() if name != "spending"}},
            {"history": {"$concatArrays": [{"$ifNull": ["$history", []]}, [older]]}},
            {name: f"${name}" for name in _KEPT_FIELDS},
        ]
    }
    lower = {"_id": document["_id"], "attempt": {"$lt": document["attempt"]}}
    return UpdateOne(lower, [{"$replaceWith": replacement}])


def _late(document: AnnotationDocument) -> UpdateOne:
    attempt = document["attempt"]
    late = {name: value for name, value in document.items() if name in ATTEMPT_FIELDS}
    higher = {"_id": document["_id"], "attempt": {"$gt": attempt}, "history.attempt": {"$ne": attempt}}
    return UpdateOne(higher, {"$push": {"history": late}})


def _undecided(asked: ReviewRequest) -> Document:
    return {
        "_id": annotation_id(asked.job_id, asked.seq),
        "attempt": asked.attempt,
        "verification": {"$exists": False},
        "opinions.number": {"$not": {"$gte": 1}},
    }


def _ask_update(asked: ReviewRequest, at: datetime) -> UpdateOne:
    part: ReviewAskedPart = {"order": asked.order, "attempt": asked.attempt, "at": at}
    found: Document = {
        "needs_review": True,
        "review_reason": asked.reason,
        "review_causes": asked.causes,
        "priority": asked.priority,
        "review_asked": part,
    }
    if asked.blind:
        found["review_blind"] = True
    return UpdateOne(_undecided(asked) | {"needs_review": False}, {"$set": found, "$inc": {"review_changes": 1}})


def _withdraw_update(asked: ReviewRequest) -> UpdateOne:
    owners: list[str | None] = [asked.order]
    if asked.order == thresholds_campaign_id(asked.job_id):
        owners.append(None)  # asked for when the annotation was written
    return UpdateOne(
        _undecided(asked) | {"needs_review": True, "review_asked.order": {"$in": owners}},
        {
            "$set": {"needs_review": False, "review_reason": None},
            "$unset": {"review_causes": "", "review_asked": "", "review_blind": ""},
            "$inc": {"review_changes": 1},
        },
    )


def _decision_update(key: str, decision: AppliedDecision) -> UpdateOne:
    newer = {
        "_id": key,
        "$or": [{"verification_revision": {"$exists": False}}, {"verification_revision": {"$lt": decision.revision}}],
    }
    gained: Document = {"verification_revision": decision.revision, "opinions": _opinions(decision)}
    if decision.values is None:
        return UpdateOne(newer, {"$set": gained, "$unset": {"verification": ""}})
    verification: VerificationPart = {
        "values": decision.values,
        "revision": decision.revision,
        "shown_attempt": decision.shown_attempt,
        "shown_values": decision.shown_values,
        "confirmed": decision.confirmed,
        "decided_by": decision.decided_by,
        "decided_at": decision.decided_at,
    }
    if decision.decided_by_id is not None:
        verification["decided_by_id"] = decision.decided_by_id
    return UpdateOne(newer, {"$set": {"verification": verification, **gained}})


def _opinions(decision: AppliedDecision) -> OpinionsPart:
    if decision.settled is not None:
        return opinions_part(decision.settled, decision.revision)
    return old_decision_part(decision.values is not None, decision.decided_by_id, decision.revision)
