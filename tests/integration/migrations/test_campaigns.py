"""Orders of review and thresholds that an older version left become campaigns, and go on where they stood."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bson.json_util import CANONICAL_JSON_OPTIONS, loads

from tandem.events import thresholds_campaign_id
from tandem.settings import MongoSettings
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.database import Database, StoreUnavailableError
from tandem.store.indexes import ensure_indexes
from tandem.store.migrations import MIGRATIONS, MigrationRunner
from tandem.store.migrations.runner import MigrationLease

FIXTURE = Path(__file__).parents[2] / "fixtures" / "before_people" / "database.json"


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    documents = loads(FIXTURE.read_text(), json_options=CANONICAL_JSON_OPTIONS.with_options(tz_aware=True))
    for name in ("jobs", "review_orders"):
        await database[name].insert_many(documents[name])
    await ensure_indexes(database)
    yield database
    database.close()


async def migrate(database: Database, holder: str = "one") -> None:
    assert await MigrationRunner(database, MIGRATIONS, holder=holder).run()


async def campaigns(database: Database) -> dict[str, Any]:
    return {each["_id"]: each async for each in database["campaigns"].find()}


async def test_orders_go_on_where_they_stood_and_each_job_has_its_thresholds(database: Database) -> None:
    (order,) = await database["review_orders"].find().to_list(None)
    jobs = {job["_id"]: job async for job in database["jobs"].find()}
    done: Any = {"_id": "done", "state": "done", "cursor": 24, "task": "stars", "finished_at": order["created_at"]}
    await database["review_orders"].insert_one(
        {**order, **done, "counts": {"differing": 5, "queued": 3, "waiting": 1, "decided": 1}}
    )
    await migrate(database)
    found = await campaigns(database)
    assert set(found) == {order["_id"], "done", *map(thresholds_campaign_id, jobs)}
    for job_id, job in jobs.items():
        own = found[thresholds_campaign_id(job_id)]
        assert (own["parameters"], own["walking"], own["jobs"]) == (job["published"]["review_policy"], False, [job_id])
    open_one = found[order["_id"]]
    assert (open_one["walking"], open_one["cursor"], open_one["jobs"]) == (True, 0, order["jobs"])
    ended = found["done"]
    assert (ended["walking"], ended["parameters"]["task"], ended["queues"]) == (False, "stars", {})
    assert ended["counts"] == {"picked": 5, "queued": 3, "waiting": 1, "decided": 1, "asked": 3}
    claimed = await CampaignWriter(database).claim("w", seconds=9)
    assert claimed is not None
    assert claimed["_id"] == order["_id"]
    # It runs again for what older replicas do meanwhile: this changes nothing, but an order that was started again.
    before = await campaigns(database)
    await migrate(database, "two")
    assert await campaigns(database) == before
    await database["review_orders"].update_one({"_id": "done"}, {"$set": {"state": "open"}, "$inc": {"run": 1}})
    await migrate(database, "three")
    again = (await campaigns(database))["done"]
    assert (again["walking"], again["cursor"], again["counts"]["picked"]) == (True, 0, 0)
    await migrate(database, "four")
    assert (await campaigns(database))["done"] == again


async def test_a_process_may_be_killed_before_any_of_its_writes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, left, kills = MigrationLease.keep, 0, 0

    async def killed_at_last(lease: MigrationLease) -> None:
        nonlocal left
        if left == 0:
            raise StoreUnavailableError("killed")
        left -= 1
        await keep(lease)

    monkeypatch.setattr(MigrationLease, "keep", killed_at_last)
    while True:
        left = kills
        try:
            await migrate(database, f"process {kills}")
        except StoreUnavailableError:
            kills += 1
            continue
        break
    assert kills > 4
    assert len(await campaigns(database)) == 4
