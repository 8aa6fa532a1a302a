"""A job's moves as queries and updates of MongoDB; the table is `tandem.jobs.moves`."""

from __future__ import annotations

from typing import Any

from tandem.events import JobState
from tandem.jobs.moves import GO, PASS_CANARY, RESUME, RUN_AGAIN, WAIT, Move

CANARY = "canary"
"""The `waiting_for` of a job whose canary has ended."""
FAILURES = "failures"
"""The `waiting_for` of a job in which too many records ended without a label."""
_PASSED = {"$mergeObjects": ["$canary", {"passed": True}]}


def can_make(move: Move) -> dict[str, Any]:
    """Return the query for jobs that are in a state from which the move starts."""
    return {"state": {"$in": [state.value for state in move.starts]}}


def made(move: Move, *, reason: str | None = None, waiting_for: str | None = None) -> dict[str, Any]:
    """Return what the move sets, for an update by pipeline; times are the database's.

    `reason`: one sentence for people, where the state changes; a move that keeps the state leaves it as it is.
    """
    changes: dict[str, Any] = {"revision": {"$add": ["$revision", 1]}}
    if move.new_epoch:
        changes["epoch"] = {"$add": ["$epoch", 1]}
    if move is PASS_CANARY:
        changes["canary"] = _PASSED
    if move in (GO, RESUME, RUN_AGAIN):
        changes["goes"] = {"$add": [{"$ifNull": ["$goes", 0]}, 1]}
    if move in (GO, RESUME):  # who resumes a job that waits for a go says go
        changes["canary"] = {"$cond": [{"$eq": ["$waiting_for", CANARY]}, _PASSED, "$canary"]}
    if move.to is None:
        return changes
    changes |= {"state": move.to.value, "state_reason": {"$literal": reason}}
    changes["waiting_for"] = waiting_for if move is WAIT else None
    if move.to is JobState.RUNNING:
        changes["started_at"] = {"$ifNull": ["$started_at", "$$NOW"]}
    if move is RUN_AGAIN:
        changes["finished_at"] = None
    if not move.to.is_live:
        changes["finished_at"] = "$$NOW"
    return changes
