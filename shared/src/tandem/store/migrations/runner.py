"""Run migrations in order, one process at a time, and record them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from tandem.observability.logs import get_logger
from tandem.store.database import Database, StoreUnavailableError, store_errors, utcnow

COLLECTION = "migrations"
LEASE_ID = "lease"
LEASE_SECONDS = 30.0
"""Prolonged before each write; the longest that a start waits after a process was killed while it migrated."""
CATCH_UP = timedelta(days=1)
"""Time for which a migration is repeated after it first finished: replicas of older versions are gone by then."""
CATCH_UP_EVERY_SECONDS = 300.0

_FREE = {"holder": None, "until": datetime(1970, 1, 1, tzinfo=UTC)}

Changed = Mapping[str, int]
"""Collection to how many documents were changed."""

_log = get_logger(__name__)


class MigrationLeaseLostError(StoreUnavailableError):
    """Another process took over; what was changed stays, and the other one goes on from there."""


class MigrationLease:
    """The right to run migrations, by the database's clock. A killed holder's runs out."""

    def __init__(self, database: Database, *, holder: str, seconds: float = LEASE_SECONDS) -> None:
        self._collection = database[COLLECTION]
        self._holder = holder
        self._held = {"holder": holder, "until": {"$add": ["$$NOW", int(seconds * 1000)]}}

    async def acquire(self) -> bool:
        """Take the lease if it is free, has run out, or is held already; say whether it is held now."""
        free = {"$or": [{"$eq": ["$holder", self._holder]}, {"$lte": ["$until", "$$NOW"]}]}
        async with store_errors():
            with suppress(DuplicateKeyError):  # two made it at once
                await self._collection.update_one({"_id": LEASE_ID}, {"$setOnInsert": _FREE}, upsert=True)
            taken = await self._collection.update_one({"_id": LEASE_ID, "$expr": free}, [{"$set": self._held}])
        return taken.matched_count == 1

    async def keep(self) -> None:
        """Prolong the lease. Call it before each batch of writes. Raises MigrationLeaseLostError."""
        async with store_errors():
            kept = await self._collection.find_one_and_update(
                {"_id": LEASE_ID, "holder": self._holder}, [{"$set": self._held}], return_document=ReturnDocument.AFTER
            )
        if kept is None:
            raise MigrationLeaseLostError("another process runs the migrations")

    async def release(self) -> None:
        async with store_errors():
            await self._collection.update_one({"_id": LEASE_ID, "holder": self._holder}, {"$set": _FREE})


@dataclass(frozen=True, slots=True)
class Migration:
    """Change of documents. It is permanently recorded under `name`."""

    name: str
    run: Callable[[Database, MigrationLease], Awaitable[Changed]]


class MigrationRunner:
    """Runner of migrations. All methods raise StoreUnavailableError when MongoDB is away; run again then."""

    def __init__(self, database: Database, migrations: Sequence[Migration], *, holder: str) -> None:
        self._database = database
        self._records = database[COLLECTION]
        self._migrations = migrations
        self._lease = MigrationLease(database, holder=holder)

    async def run(self) -> bool:
        """Run what is due, in order. False, and nothing was done, while another process runs migrations."""
        if not await self._due():
            return True
        if not await self._lease.acquire():
            return False
        try:
            for migration in await self._due():  # the one before may have done them meanwhile
                await self._lease.keep()
                await self._record(migration, await migration.run(self._database, self._lease))
        finally:
            await self._lease.release()
        return True

    async def catch_up(self, every_seconds: float = CATCH_UP_EVERY_SECONDS) -> None:
        """Repeat young migrations for what older replicas write meanwhile, until cancelled."""
        while True:
            await asyncio.sleep(every_seconds)
            try:
                await self.run()
            except (StoreUnavailableError, PyMongoError) as error:  # the documents were migrated once: serve on
                _log.warning("migrations.postponed", problem=str(error))

    async def _due(self) -> list[Migration]:
        """Return those that never finished, and those that finished first within CATCH_UP."""
        async with store_errors():
            found: list[dict[str, Any]] = await self._records.find({"_id": {"$ne": LEASE_ID}}).to_list(None)
        first_finished = {record["_id"]: record["first_finished_at"] for record in found}
        young = utcnow() - CATCH_UP
        return [each for each in self._migrations if first_finished.get(each.name, utcnow()) > young]

    async def _record(self, migration: Migration, changed: Changed) -> None:
        now = utcnow()
        told = {collection: count for collection, count in changed.items() if count}
        counts = {f"changed.{collection}": count for collection, count in told.items()}
        async with store_errors():
            await self._records.update_one(
                {"_id": migration.name},
                {
                    "$setOnInsert": {"first_finished_at": now},
                    "$set": {"finished_at": now},
                    "$inc": {"runs": 1, **counts},
                },
                upsert=True,
            )
        _log.info("migrations.finished", migration=migration.name, changed=told)
