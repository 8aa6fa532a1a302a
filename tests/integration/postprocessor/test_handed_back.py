"""What was paid for requests that were handed back reaches the job's totals, once, be there an annotation or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tandem.events import AnnotationHandedBackV1, ModelCall, Price, Usage
from tandem.events.catalog import HANDED_BACK
from tandem.messaging import Connection, Producer, Received
from tandem.observability.health import Health
from tandem.settings import KafkaSettings, MongoSettings
from tandem.store.annotations.spending import SpendingReader
from tandem.store.database import Database
from tandem.store.handed_back.writer import HandedBackWriter
from tandem.store.indexes import ensure_indexes
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually
from tandem_postprocessor.bootstrap import build
from tandem_postprocessor.handed_back import HandedBackHandler
from tandem_postprocessor.settings import PostprocessorSettings


def told(seq: int, *, second: int = 0, job_id: str = "job", **more: Any) -> AnnotationHandedBackV1:
    """An asking whose first call began at this second, and was paid."""
    usage = Usage(prompt_tokens=40, completion_tokens=2)
    call = ModelCall(started_at=datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC), seconds=1.0, status=200, usage=usage)
    fields: dict[str, Any] = {
        "job_id": job_id,
        "project_id": "p",
        "seq": seq,
        "record_id": f"r{seq}",
        "epoch": 1,
        "provider": "simulated",
        "model": "m",
        "worker": "w",
        "reason": "account_stopped",
        "usage": usage,
        "price": Price(amount=0.25),
        "calls": (call,),
    }
    return AnnotationHandedBackV1(**(fields | more))


def received(*events: AnnotationHandedBackV1) -> list[Received[AnnotationHandedBackV1]]:
    return [Received(each, HANDED_BACK.name, 0, offset) for offset, each in enumerate(events)]


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    await ensure_indexes(database)
    yield database
    database.close()


async def test_each_asking_counts_once_however_often_it_is_told(database: Database) -> None:
    handler = HandedBackHandler(HandedBackWriter(database))
    for _ in range(2):
        assert await handler(received(told(1), told(1, second=5), told(2), told(2), told(1, job_id="other"))) == []

    paid = await SpendingReader(database).more(["job", "other", "none"])

    assert {job: [(row.model, row.calls, row.amount, row.tokens) for row in rows] for job, rows in paid.items()} == {
        "job": [("m", 3, 0.75, 126)],
        "other": [("m", 1, 0.25, 42)],
    }


async def test_sums_are_answered_by_an_index(database: Database) -> None:
    handler = HandedBackHandler(HandedBackWriter(database))
    await handler(received(*(told(seq, job_id="other") for seq in range(50)), told(1)))
    await database.raw.command("profile", 2)
    try:
        await SpendingReader(database).more(["job"])
        profiled = database["system.profile"].find({"ns": f"{database.raw.name}.handed_back"})
        (last,) = await profiled.sort("ts", -1).to_list(1)
    finally:
        await database.raw.command("profile", 0)
    assert (last["planSummary"].split()[0], last["docsExamined"]) == ("IXSCAN", 1)


async def test_the_service_notes_what_workers_tell(
    database: Database, mongo_url: str, mongo_db_name: str, broker: Broker, topic_prefix: str
) -> None:
    settings = PostprocessorSettings(
        kafka=KafkaSettings(
            bootstrap_servers=broker.bootstrap_servers,
            prefix=topic_prefix,
            idempotent_producer=broker.idempotent_producer,
            partitions=2,
            session_timeout_seconds=6,
            heartbeat_seconds=1,
        ),
        mongo=MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}),
    )
    health = Health()
    reader = SpendingReader(database)
    async with build(settings, health) as app, Producer(Connection(settings.kafka)) as producer:
        tasks = [asyncio.ensure_future(work()) for work in app.run.values()]
        try:
            await eventually(lambda: health.ready)
            await producer.send_all([told(1), told(1), told(2)])

            async def counted() -> bool:
                return [row.amount for row in (await reader.more(["job"])).get("job", ())] == [0.5]

            await eventually(counted)
            for step in app.stop:
                await step()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
