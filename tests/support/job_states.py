"""States that jobs are put into without a dispatcher."""

from __future__ import annotations

from tandem.events import JobState
from tandem.store.database import Database, utcnow


async def put_in_state(database: Database, job_id: str, state: JobState, *, reason: str | None = None) -> None:
    """Put the job in the state as if it had come there by its moves."""
    changes = {"state": state.value, "state_reason": reason, "finished_at": None if state.is_live else utcnow()}
    await database["jobs"].update_one({"_id": job_id}, {"$set": changes, "$inc": {"revision": 1}})
