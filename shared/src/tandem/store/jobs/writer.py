"""Writes jobs as people change them; for the api's HTTP side alone. The dispatcher has its own writer beside this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pymongo import ReturnDocument

from tandem.jobs.moves import CHANGE_SETTINGS, RUN_AGAIN, Move, Mover
from tandem.store.campaigns.documents import COLLECTION as CAMPAIGNS
from tandem.store.campaigns.documents import thresholds_campaign
from tandem.store.database import Database, Document, store_errors
from tandem.store.jobs.documents import (
    COLLECTION,
    NOT_ANNOUNCED_YET,
    CanaryPart,
    FailureStopPart,
    JobDocument,
    PassPart,
    first_dispatch,
    job_if_found,
)
from tandem.store.jobs.moves import can_make, made
from tandem.store.patience import insert_once


class JobWriter:
    """Writer of jobs. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]
        self._campaigns = database[CAMPAIGNS]

    async def insert(self, job: JobDocument) -> None:
        """Insert a job and, before it, its thresholds campaign."""
        if not job["hidden"]:
            await insert_once(self._campaigns, cast("Document", thresholds_campaign(job)))
        await insert_once(self._collection, cast("Document", job))

    async def move(self, job_id: str, move: Move, *, reason: str | None) -> JobDocument | None:
        """Make a person's move if the job's state allows it; else return None, and nothing changes.

        The revision rises, and with some moves the epoch. Raises ValueError for a move of the dispatcher.
        """
        _of_person(move)
        return await self._update({"_id": job_id, **can_make(move)}, made(move, reason=reason))

    async def change(self, job_id: str, settings: Mapping[str, Any]) -> JobDocument | None:
        """Change fields of a live job's document; None for one that has ended. The dispatcher acts on them."""
        changes = {name: {"$literal": value} for name, value in settings.items()}
        return await self._update({"_id": job_id, **can_make(CHANGE_SETTINGS)}, {**made(CHANGE_SETTINGS), **changes})

    async def run_again(
        self,
        job: JobDocument,
        passes: Sequence[PassPart],
        *,
        budget_usd: float | None,
        canary: CanaryPart | None = None,
        failure_stop: FailureStopPart | None = None,
    ) -> JobDocument | None:
        """Begin the last one of `passes` in a job that has ended; None, and nothing changes, where the job was changed
        since it was read as `job`.

        No dispatcher holds the job then: whatever one has in memory of the pass before is fenced off. What the first
        answers cost stays known, and what is reserved for requests of a job that was cancelled a moment ago.
        """
        selection = passes[-1].get("selection", job["selection"])
        dispatch = first_dispatch(selection["from_seq"])
        kept = ("spend", "without_confidence")
        known = {name: value for name, value in job["dispatch"].items() if name in kept}
        if not job["dispatch"]["announced"]:
            known["lingering_usd"] = job["dispatch"]["reserved_usd"]
        changes = {
            **made(RUN_AGAIN),
            "passes": {"$literal": list(passes)},
            "dispatch": {"$literal": {**dispatch, **known, "announced": NOT_ANNOUNCED_YET}},
            "budget_usd": budget_usd,
            "canary": {"$literal": canary},
            "failure_stop": {"$literal": failure_stop},
        }
        return await self._update({"_id": job["_id"], "revision": job["revision"], **can_make(RUN_AGAIN)}, changes)

    async def _update(self, query: dict[str, Any], changes: dict[str, Any]) -> JobDocument | None:
        async with store_errors():
            changed = await self._collection.find_one_and_update(
                query, [{"$set": changes}], return_document=ReturnDocument.AFTER
            )
        return job_if_found(changed)


def _of_person(move: Move) -> None:
    if move.by is not Mover.PERSON:
        raise ValueError(f"{move.name} is a move of the {move.by}")
