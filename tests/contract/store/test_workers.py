"""The workers' last reports, as the dispatcher keeps them and the API reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tandem.events import AccountReported, WorkerReportedV1
from tandem.settings import MongoSettings
from tandem.store.database import Database
from tandem.store.workers.reader import WorkerReader
from tandem.store.workers.writer import WorkerWriter


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    yield database
    database.close()


def report(worker: str, sequence: int = 1) -> WorkerReportedV1:
    said = AccountReported(provider="$p", model="m", message="$$NOW", context_window=8192)
    return WorkerReportedV1(worker=worker, sequence=sequence, slots=4, in_flight=1, accounts=(said,))


async def test_the_last_report_of_each_worker_is_kept_as_it_came(database: Database) -> None:
    writer, reader = WorkerWriter(database), WorkerReader(database)
    await writer.record([])
    await writer.record([report("b"), report("a")])
    await writer.record([newest := report("a", 2)])
    assert [(each.worker, each.sequence) for each in await reader.live()] == [("a", 2), ("b", 1)]
    assert (await reader.live())[0] == newest


async def test_a_worker_that_was_not_heard_of_lately_is_gone(database: Database) -> None:
    await WorkerWriter(database).record([report("a"), report("b")])
    await database["workers"].update_one({"_id": "a"}, [{"$set": {"heard_at": {"$subtract": ["$$NOW", 11_000]}}}])
    assert [each.worker for each in await WorkerReader(database).live()] == ["b"]
