"""Give jobs of older versions the list of their passes, which is one: their first run."""

from __future__ import annotations

from collections.abc import Mapping

from tandem.store.database import Database, store_errors
from tandem.store.migrations.runner import Migration, MigrationLease

_FIRST = {
    "$mergeObjects": [
        {"attempt": 1, "created_at": "$created_at", "created_by": "$created_by"},
        {"created_by_id": "$created_by_id"},  # which a job may lack; then the pass lacks it too
    ]
}


async def give_passes(database: Database, lease: MigrationLease) -> Mapping[str, int]:
    """Write the first pass into jobs that have none. Where it stands is in their `dispatch`, as it always was."""
    await lease.keep()
    async with store_errors():
        result = await database["jobs"].update_many({"passes": {"$exists": False}}, [{"$set": {"passes": [_FIRST]}}])
    return {"jobs": result.modified_count}


PASSES = Migration("0002-passes", give_passes)
