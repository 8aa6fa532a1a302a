"""Write the fields that jobs of older versions lack, with the values that they stood for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tandem.store.database import Database, store_errors
from tandem.store.jobs.documents import dispatch_defaults, job_defaults
from tandem.store.migrations.runner import Migration, MigrationLease


async def write_job_defaults(database: Database, lease: MigrationLease) -> Mapping[str, int]:
    """Write each field that a job lacks; what it has stays, whoever changes it meanwhile."""
    defaults: dict[str, Any] = {
        **job_defaults(),
        **{f"dispatch.{name}": value for name, value in dispatch_defaults().items()},
    }
    lacking = {"$or": [{name: {"$exists": False}} for name in defaults]}
    written = {name: {"$ifNull": [f"${name}", {"$literal": value}]} for name, value in defaults.items()}
    await lease.keep()
    async with store_errors():
        result = await database["jobs"].update_many(lacking, [{"$set": written}])
    return {"jobs": result.modified_count}


JOB_DEFAULTS = Migration("0006-job-defaults", write_job_defaults)
