"""Migrations run in order, once, one process at a time, and go on where one was killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest

from tandem.settings import MongoSettings
from tandem.store.database import Database, utcnow
from tandem.store.migrations import MIGRATIONS, Migration, MigrationRunner
from tandem.store.migrations.runner import CATCH_UP, MigrationLease, MigrationLeaseLostError


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    yield database
    database.close()


class Watched:
    """Migrations that say when they run; a run of one whose name is in `fails` fails once."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.fails: set[str] = set()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.began = asyncio.Event()

    def migration(self, name: str) -> Migration:
        async def run(_database: Database, _lease: MigrationLease) -> Mapping[str, int]:
            self.ran.append(name)
            self.began.set()
            await self.go_on.wait()
            if name in self.fails:
                self.fails.remove(name)
                raise RuntimeError(name)
            return {"things": 2, "nothing": 0}

        return Migration(name, run)

    def runner(self, database: Database, *names: str, holder: str = "one") -> MigrationRunner:
        return MigrationRunner(database, [self.migration(name) for name in names], holder=holder)


async def age(database: Database) -> None:
    """Make all migrations ones that finished longer ago than they are repeated."""
    await database["migrations"].update_many(
        {"_id": {"$ne": "lease"}}, {"$set": {"first_finished_at": utcnow() - CATCH_UP - timedelta(minutes=1)}}
    )


async def test_they_run_in_order_and_are_recorded_and_an_old_one_is_not_run_again(database: Database) -> None:
    watched = Watched()
    assert await watched.runner(database, "a", "b").run()
    assert watched.ran == ["a", "b"]
    record = await database["migrations"].find_one({"_id": "a"})
    assert record is not None
    assert (record["runs"], record["changed"]) == (1, {"things": 2})
    assert await watched.runner(database, "a", "b").run(), "a young one is repeated: older replicas may still write"
    assert watched.ran == ["a", "b"] * 2
    await age(database)
    assert await watched.runner(database, "a", "b", "c").run()
    assert watched.ran == [*["a", "b"] * 2, "c"]


async def test_only_one_process_runs_them_at_a_time(database: Database) -> None:
    watched = Watched()
    watched.go_on.clear()
    first = asyncio.create_task(watched.runner(database, "a").run())
    await watched.began.wait()
    assert not await watched.runner(database, "a", holder="two").run()
    watched.go_on.set()
    assert await first
    await age(database)
    assert await watched.runner(database, "a", holder="two").run()
    assert watched.ran == ["a"]


async def test_one_that_fails_is_run_again_by_whoever_comes_next_and_those_before_it_stay_done(
    database: Database,
) -> None:
    watched = Watched()
    watched.fails.add("b")
    with pytest.raises(RuntimeError):
        await watched.runner(database, "a", "b").run()
    await age(database)
    assert await watched.runner(database, "a", "b", holder="two").run()
    assert watched.ran == ["a", "b", "b"]


async def test_a_killed_process_loses_the_lease_when_it_runs_out_and_stops_when_it_wakes(database: Database) -> None:
    killed, next_one = (MigrationLease(database, holder=name) for name in ("killed", "next"))
    assert await killed.acquire()
    assert not await next_one.acquire()
    await database["migrations"].update_one({"_id": "lease"}, {"$set": {"until": utcnow() - timedelta(seconds=1)}})
    assert await next_one.acquire()
    with pytest.raises(MigrationLeaseLostError):
        await killed.keep()
    await killed.release()
    await next_one.keep()


def test_names_of_migrations_are_in_order_and_their_own() -> None:
    names = [migration.name for migration in MIGRATIONS]
    assert names == sorted(set(names))
