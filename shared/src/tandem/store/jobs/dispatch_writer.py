"""Writes of the dispatcher into job documents: its lease, its cursor, and the end of a job.

Leases run on the database's clock (`$$NOW`), so that hosts' clocks do not matter. Every write is fenced: it applies
only while this holder has the lease, at the epoch it believes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pymongo import ReturnDocument

from tandem.jobs import Recent
from tandem.jobs.moves import ASK_ANEW, COMPLETE, GO_ON, NOTE, PASS_CANARY, RUN_AGAIN, TAKE_OVER, WAIT, Move
from tandem.pricing import ModelSpend
from tandem.store.database import Database, store_errors
from tandem.store.jobs.documents import COLLECTION, NOT_ANNOUNCED_YET, JobDocument, TotalsPart, job_if_found, job_of
from tandem.store.jobs.moves import can_make, made

_NOT_ANNOUNCED = {"$in": [False, NOT_ANNOUNCED_YET]}


class LeaseLostError(Exception):
    """Another dispatcher has the job, or its epoch rose: forget what is in memory and read the document again."""


@dataclass(frozen=True, slots=True)
class WalkProgress:
    """Progress of the walk. All records below `low` have ended and are in `totals`; none at or above `cursor` was
    asked for. `asks` holds, for records asked for more than once, how often."""

    cursor: int
    low: int
    totals: TotalsPart
    asks: Mapping[int, int]
    asked_epoch: int
    rate_per_second: float
    spend: tuple[ModelSpend, ...] = ()
    """Costs of the first answers below `low`."""
    reserved_usd: float = 0.0
    lingering_usd: float = 0.0
    notice: str | None = None
    recent: Recent = field(default_factory=Recent)
    """How the last records ended, where the job has a failure stop."""
    unpublished: tuple[int, ...] = ()
    """At a hand-over: seqs below `cursor` that have not ended and for which no request is under way."""


def _until(seconds: float) -> dict[str, Any]:
    return {"$add": ["$$NOW", int(seconds * 1000)]}


class JobDispatchWriter:
    def __init__(self, database: Database, *, holder: str) -> None:
        self._jobs = database[COLLECTION]
        self._holder = holder

    async def unannounced(self) -> list[JobDocument]:
        """Jobs that need a dispatcher: the live ones, and ended ones whose end was not published yet."""
        async with store_errors():
            found = await self._jobs.find({"dispatch.announced": _NOT_ANNOUNCED}).sort("_id").to_list(None)
        return [job_of(each) for each in found]

    def holds(self, document: JobDocument) -> bool:
        """Return whether this holder has the lease in this document, as it was read."""
        lease = document["dispatch"]["lease"]
        return lease is not None and lease["holder"] == self._holder

    async def acquire(self, job_id: str, *, seconds: float) -> JobDocument | None:
        """Take the job's lease if it is free, expired or ours; None if another holds it.

        Taking over an expired lease of another holder raises the epoch, which voids whatever that one still sends.
        """
        lease = "$dispatch.lease"
        ours_or_free = {
            "$or": [
                {"$eq": [{"$ifNull": [f"{lease}.holder", None]}, None]},
                {"$eq": [f"{lease}.holder", self._holder]},
                {"$lte": [f"{lease}.until", "$$NOW"]},
            ]
        }
        taken_over = {"$not": [{"$in": [{"$ifNull": [f"{lease}.holder", None]}, [None, self._holder]]}]}
        async with store_errors():
            found = await self._jobs.find_one_and_update(
                {"_id": job_id, "dispatch.announced": _NOT_ANNOUNCED, "$expr": ours_or_free, **can_make(TAKE_OVER)},
                [
                    {
                        "$set": {
                            "epoch": {"$cond": [taken_over, made(TAKE_OVER)["epoch"], "$epoch"]},
                            "dispatch.lease": {"holder": self._holder, "until": _until(seconds)},
                        }
                    }
                ],
                return_document=ReturnDocument.AFTER,
            )
        return job_if_found(found)

    async def renew(self, job_ids: Iterable[str], *, seconds: float) -> None:
        """Prolong leases that are still ours; a lost one shows when the document is read or written next."""
        async with store_errors():
            await self._jobs.update_many(
                {"_id": {"$in": list(job_ids)}, "dispatch.lease.holder": self._holder},
                [{"$set": {"dispatch.lease.until": _until(seconds)}}],
            )

    async def release(self, job_id: str, *, jobs_offset: int | None) -> None:
        """Hand over cleanly: the next holder keeps the epoch, and can tell by `jobs_offset` whether the broker is still
        the one that holds what is outstanding."""
        async with store_errors():
            await self._jobs.update_one(
                {"_id": job_id, "dispatch.lease.holder": self._holder},
                {"$set": {"dispatch.lease": None, "dispatch.jobs_offset": jobs_offset}},
            )

    async def save(self, job_id: str, *, epoch: int, progress: WalkProgress) -> None:
        """Write down where the walk stands. Raises LeaseLostError."""
        await self._fenced(job_id, epoch, {f"dispatch.{name}": value for name, value in _stored(progress).items()})

    async def complete(self, job_id: str, *, epoch: int, progress: WalkProgress) -> None:
        """End the job, whose last record has ended. Raises LeaseLostError; also when the job was cancelled or paused
        meanwhile, whose state then stands until it is looked at again."""
        values: dict[str, Any] = {f"dispatch.{name}": {"$literal": value} for name, value in _stored(progress).items()}
        async with store_errors():
            result = await self._jobs.update_one(
                {
                    "_id": job_id,
                    "epoch": epoch,
                    "dispatch.lease.holder": self._holder,
                    **can_make(COMPLETE),
                },
                [{"$set": {**values, **made(COMPLETE)}}],
            )
        if result.matched_count == 0:
            raise LeaseLostError(job_id)

    async def wait(self, job_id: str, *, epoch: int, reason: str, waiting_for: str | None = None) -> JobDocument:
        """Let the job wait for its provider, or for what `waiting_for` names; also to give another reason.
        Raises LeaseLostError, as when a person paused or cancelled the job meanwhile."""
        return await self._move(job_id, epoch, WAIT, made(WAIT, reason=reason, waiting_for=waiting_for))

    async def go_on(self, job_id: str, *, epoch: int) -> JobDocument:
        """Let a waiting job run again, at a new epoch: what was asked before is void. Raises LeaseLostError."""
        return await self._move(job_id, epoch, GO_ON, made(GO_ON))

    async def set_note(
        self, job_id: str, *, epoch: int, reason: str | None, without_confidence: str | None = None
    ) -> JobDocument:
        """Say something of a job that runs; `without_confidence` is kept until it changes. Raises LeaseLostError."""
        changes: dict[str, Any] = {**made(NOTE), "state_reason": {"$literal": reason}}
        if without_confidence is not None:
            changes["dispatch.without_confidence"] = {"$literal": without_confidence}
        return await self._move(job_id, epoch, NOTE, changes)

    async def pass_canary(self, job_id: str, *, epoch: int) -> JobDocument:
        """Let the pass of a running job go on beyond its canary. Raises LeaseLostError."""
        return await self._move(job_id, epoch, PASS_CANARY, made(PASS_CANARY))

    async def ask_anew(self, job_id: str, *, epoch: int) -> JobDocument:
        """Void what a running job has outstanding, by a new epoch. Raises LeaseLostError."""
        return await self._move(job_id, epoch, ASK_ANEW, made(ASK_ANEW))

    async def _move(self, job_id: str, epoch: int, move: Move, changes: dict[str, Any]) -> JobDocument:
        async with store_errors():
            found = await self._jobs.find_one_and_update(
                {"_id": job_id, "epoch": epoch, "dispatch.lease.holder": self._holder, **can_make(move)},
                [{"$set": changes}],
                return_document=ReturnDocument.AFTER,
            )
        if found is None:
            raise LeaseLostError(job_id)
        return job_of(found)

    async def announced(self, job_id: str, *, revision: int) -> None:
        """Note that the end of the job was published at this revision: no dispatcher needs to look at it again, and
        nothing is reserved for it."""
        async with store_errors():
            await self._jobs.update_one(
                {
                    "_id": job_id,
                    "revision": revision,
                    **can_make(RUN_AGAIN),  # it has ended
                    "dispatch.lease.holder": self._holder,
                },
                {
                    "$set": {
                        "dispatch.announced": True,
                        "dispatch.lease": None,
                        "dispatch.reserved_usd": 0.0,
                        "dispatch.lingering_usd": 0.0,
                    }
                },
            )

    async def _fenced(self, job_id: str, epoch: int, values: dict[str, Any]) -> None:
        async with store_errors():
            result = await self._jobs.update_one(
                {"_id": job_id, "epoch": epoch, "dispatch.lease.holder": self._holder}, {"$set": values}
            )
        if result.matched_count == 0:
            raise LeaseLostError(job_id)


def _stored(progress: WalkProgress) -> dict[str, Any]:
    return {
        "cursor": progress.cursor,
        "low": progress.low,
        "totals": progress.totals,
        "asks": {str(seq): number for seq, number in progress.asks.items()},
        "asked_epoch": progress.asked_epoch,
        "rate_per_second": progress.rate_per_second,
        "reserved_usd": progress.reserved_usd,
        "lingering_usd": progress.lingering_usd,
        "notice": progress.notice,
        "recent": {"goes": progress.recent.goes, "ended": progress.recent.ended},
        "unpublished": list(progress.unpublished),
        "spend": [row.document() for row in progress.spend],
    }
