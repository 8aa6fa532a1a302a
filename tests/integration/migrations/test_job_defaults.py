"""Jobs of older versions get the fields that they lack; reading one gives the same before and after."""

from __future__ import annotations

from typing import Any

from tandem.settings import MongoSettings
from tandem.store.database import Database, utcnow
from tandem.store.jobs.documents import dispatch_defaults, first_dispatch, job_defaults
from tandem.store.jobs.reader import JobReader
from tandem.store.migrations.job_defaults import write_job_defaults
from tandem.store.migrations.runner import MigrationLease

BORN_LATER = dispatch_defaults().keys()


def old_job(job_id: str, **more: Any) -> dict[str, Any]:
    """Make a job as the first versions wrote it."""
    dispatch = {name: value for name, value in first_dispatch(0).items() if name not in BORN_LATER}
    selection = {"from_seq": 0, "below_seq": 1, "size": 1}
    times = {"created_at": utcnow(), "started_at": None, "finished_at": None}
    return {"_id": job_id, "state": "running", "selection": selection, "dispatch": dispatch, "created_by": "ada"} | (
        times | more
    )


async def test_jobs_get_the_fields_that_they_lack_and_read_as_before(mongo_url: str, mongo_db_name: str) -> None:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    reader = JobReader(database)
    own = {"kind": "combination", "asks_model": False, "budget_usd": 2.5, "sources": ["old"], "hidden": True}
    await database["jobs"].insert_many(
        [old_job("bare"), old_job("own", **own), old_job("no budget", budget_usd=None, waiting_for="budget")]
    )
    before = {job_id: await reader.get(job_id) for job_id in ("bare", "own", "no budget")}
    bare = before["bare"]
    assert bare is not None
    assert {name: bare[name] for name in job_defaults()} == job_defaults()  # type: ignore[literal-required]  # of JobDocument
    assert {name: bare["dispatch"][name] for name in BORN_LATER} == dispatch_defaults()  # type: ignore[literal-required]  # of DispatchPart
    assert bare["passes"] == [{"attempt": 1, "created_at": bare["created_at"], "created_by": "ada"}]

    lease = MigrationLease(database, holder="one")
    assert await lease.acquire()
    assert await write_job_defaults(database, lease) == {"jobs": 3}
    assert {job_id: await reader.get(job_id) for job_id in before} == before
    stored = await database["jobs"].find_one({"_id": "own"}) or {}
    assert {name: stored[name] for name in own} == own
    assert stored["dispatch"] == first_dispatch(0)
    assert await write_job_defaults(database, lease) == {"jobs": 0}
    database.close()
