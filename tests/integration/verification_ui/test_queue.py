"""How records get into the queue: by events, and by the sweep when events were lost. On both brokers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI

from tandem.events import (
    JobPublishedV1,
    Outcome,
    ReviewReason,
    ReviewRequestedV1,
    TaskLabel,
    Topic,
    VerificationDecidedV1,
)
from tandem.events.catalog import CATALOG, DECIDED, LOW_CONFIDENCE
from tandem.messaging import (
    Batches,
    Bus,
    Connection,
    ConsumerRunner,
    Handler,
    Outgoing,
    Producer,
    Received,
    TopicKeeper,
)
from tandem.settings import KafkaSettings
from tandem.store.database import Database, StoreUnavailableError
from tandem.store.jobs.documents import job_published
from tandem.store.jobs.reader import JobReader
from tandem.store.review_items.documents import ItemState, QueueCounts
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually
from tandem_verification_ui.bootstrap import make_intake
from tandem_verification_ui.queue.handler import ReviewRequestHandler
from tandem_verification_ui.queue.schedule import SweepSchedule
from tandem_verification_ui.review.publisher import DecisionPublisher

if TYPE_CHECKING:
    from integration.verification_ui.conftest import World

JOB = "job1"


def requested(seq: int, *, attempt: int = 1, value: str = "positive") -> ReviewRequestedV1:
    return ReviewRequestedV1(
        job_id=JOB,
        project_id="project1",
        dataset_id="dataset1",
        seq=seq,
        attempt=attempt,
        record_id=f"r{seq}",
        outcome=Outcome.LABELED,
        reason=ReviewReason.LOW_CONFIDENCE,
        labels=(TaskLabel(task="sentiment", value=value, confidence=0.4, rule="exact"),),
        priority=0.6,
    )


@pytest.fixture
def connection(broker: Broker, topic_prefix: str) -> Connection:
    return Connection(
        KafkaSettings(
            bootstrap_servers=broker.bootstrap_servers,
            prefix=topic_prefix,
            partitions=4,
            idempotent_producer=broker.idempotent_producer,
            session_timeout_seconds=6,
            heartbeat_seconds=1,
            unavailable_limit_seconds=30,
        )
    )


@pytest.fixture
async def producer(connection: Connection) -> AsyncIterator[Producer]:
    keeper = TopicKeeper(connection, topics=CATALOG)
    await keeper.start()
    await keeper.stop()
    async with Producer(connection) as producer:
        yield producer


@asynccontextmanager
async def consuming(
    connection: Connection, producer: Producer, topic: Topic, handler: Handler[Any]
) -> AsyncIterator[None]:
    runner: ConsumerRunner[Any] = ConsumerRunner(
        Bus(
            connection=connection,
            producer=producer,
            service=topic.readers[0],
            dependency_errors=(StoreUnavailableError,),
        ),
        topic,
        handler,
        Batches(max_batch=50, concurrency=2, drain_seconds=5),
    )
    running = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        await runner.stop()
        await running


async def test_each_event_becomes_one_item_however_often_it_comes(
    world: World, connection: Connection, producer: Producer
) -> None:
    events = [requested(seq) for seq in range(120)] * 2 + [requested(5, attempt=2, value="negative"), requested(5)]
    random.Random(7).shuffle(events)  # noqa: S311 - any order, the same in each run
    async with consuming(connection, producer, LOW_CONFIDENCE, ReviewRequestHandler(make_intake(world.database))):
        await producer.send_all(events)
        await producer.send_all([requested(500)])

        async def all_in() -> bool:
            late, five = await world.items.get("job1:500"), await world.items.get("job1:5")
            counts = await world.items.counts(JOB)
            return late is not None and counts.open == 121 and five is not None and five.attempt == 2

        await eventually(all_in, timeout=30)
    five = await world.items.get("job1:5")
    assert five is not None
    assert five.suggested_values == {"sentiment": "negative"}


async def test_events_lost_with_the_broker_are_made_up_for_by_the_sweep(
    world: World, connection: Connection, producer: Producer
) -> None:
    """Of 300 annotations 200 need a person; the events of most of them never arrive."""
    await world.annotate(*(world.annotation(seq, needs_review=seq % 3 != 0) for seq in range(300)))
    async with consuming(connection, producer, LOW_CONFIDENCE, ReviewRequestHandler(make_intake(world.database))):
        await producer.send_all([requested(seq) for seq in range(1, 60) if seq % 3 != 0])
        await eventually(lambda: world.items.counts(JOB), timeout=30)
        schedule = SweepSchedule(world.sweep, sweep_seconds=60, full_sweep_seconds=60, settle_seconds=0)
        sweeping = asyncio.create_task(schedule.run())

        async def equal() -> bool:
            return (await world.items.counts(JOB)).open == 200

        await eventually(equal, timeout=30)
        await world.annotate(*(world.annotation(seq) for seq in range(1000, 1040)))
        await schedule.on_lost()  # what the consumer calls when the broker forgot everything

        async def equal_again() -> bool:
            return (await world.items.counts(JOB)).open == 240

        await eventually(equal_again, timeout=30)
        sweeping.cancel()
    held = await world.items.tally(JOB)
    annotations = [doc async for doc in world.database["annotations"].find({"needs_review": True})]
    assert held[0].records == len(annotations) == 240
    assert await world.sweep.sweep_job(JOB) == 0


async def test_a_decision_and_its_undo_are_told_in_order(
    world: World,
    connection: Connection,
    producer: Producer,
    make_review_app: Callable[..., FastAPI],
) -> None:
    seen: list[VerificationDecidedV1] = []

    async def see(batch: Any) -> list[Outgoing]:
        received: list[Received[VerificationDecidedV1]] = list(batch)
        seen.extend(message.event for message in received)
        return []

    publisher = DecisionPublisher(producer)
    world.app = make_review_app(publisher)
    await world.queue([0])
    telling = asyncio.create_task(publisher.run())
    async with (
        consuming(connection, producer, DECIDED, see),
        world.client_with("tdm_token_of_ann") as ann,
    ):
        item = (await ann.post(f"/verification/v1/jobs/{JOB}/reservations", json={})).json()["items"][0]
        shown = {"sentiment": "positive"}
        body = {"reservation": item["reservation"], "attempt": 1, "values": shown, "shown_values": shown}
        assert (await ann.post("/verification/v1/items/job1:0/decision", json=body)).status_code == 200
        assert (await ann.post("/verification/v1/items/job1:0/undo", json={})).status_code == 200
        await publisher.stop()
        await eventually(lambda: len(seen) == 2, timeout=30)
    telling.cancel()
    assert [(event.revision, event.values, event.confirmed) for event in seen] == [(1, shown, True), (2, None, False)]
    assert {event.decided_by for event in seen} == {"ann"}


# --- the sweep alone


async def test_the_sweep_brings_attempts_up_and_takes_back_what_needs_nobody(world: World) -> None:
    await world.queue(range(6))
    await world.annotate(
        world.annotation(0, attempt=2, value="negative"),  # its event was lost
        world.annotation(1, attempt=2, needs_review=False),  # run again, and sure now
    )
    await world.database["review_items"].update_one({"_id": "job1:2"}, {"$set": {"state": "decided"}})
    await world.annotate(world.annotation(2, attempt=2, needs_review=False))
    assert await world.sweep.sweep_job(JOB) == 2
    assert await world.items.known(JOB, 0, 100) == {
        0: (2, ItemState.OPEN),
        2: (1, ItemState.DECIDED),
        3: (1, ItemState.OPEN),
        4: (1, ItemState.OPEN),
        5: (1, ItemState.OPEN),
    }


async def test_a_queue_made_anew_asks_nobody_twice(world: World) -> None:
    await world.queue(range(3))
    ann = world.client("ann")
    item = (await ann.post(f"/verification/v1/jobs/{JOB}/reservations", json={})).json()["items"][0]
    body = {"reservation": item["reservation"], "attempt": 1, "values": {"sentiment": "neutral"}}
    decided = await ann.post("/verification/v1/items/job1:0/decision", json=body)
    await world.database["review_items"].delete_many({})
    assert await world.sweep.sweep_all() == 3
    assert await world.items.counts(JOB) == QueueCounts(open=2, decided=1)
    again = await ann.post("/verification/v1/items/job1:0/decision", json=body)
    assert again.json()["revision"] == decided.json()["revision"]
    assert (await ann.post("/verification/v1/items/job1:0/undo", json={})).status_code == 200


async def test_a_job_that_ended_is_swept_soon_after(world: World) -> None:
    schedule = SweepSchedule(world.sweep, sweep_seconds=600, full_sweep_seconds=600, settle_seconds=0.01)
    sweeping = asyncio.create_task(schedule.run())

    async def first_sweep_is_over() -> bool:
        return schedule._next_live > 0

    await eventually(first_sweep_is_over)
    await world.annotate(*(world.annotation(seq) for seq in range(20)))
    document = await JobReader(world.database).get(JOB)
    assert document is not None
    completed: JobPublishedV1 = job_published(document)
    schedule.on_job_change(completed)

    async def equal() -> bool:
        return (await world.items.counts(JOB)).open == 20

    await eventually(equal)
    sweeping.cancel()


async def test_the_sweep_reads_counts_from_indexes_alone(world: World, database: Database) -> None:
    await world.queue(range(50))
    await database.raw.command("profile", 2)
    assert await world.sweep.sweep_all() == 0
    await database.raw.command("profile", 0)
    query = {"ns": {"$in": [f"{database.raw.name}.annotations", f"{database.raw.name}.review_items"]}}
    entries = [entry async for entry in database["system.profile"].find(query)]
    assert len(entries) == 3, "which jobs; two tallies"
    assert [entry["docsExamined"] for entry in entries] == [0, 0, 0]
