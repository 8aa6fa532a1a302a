"""Dead letters come into the database once, and what is replayed is handled by the group that failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import partial

import pytest

from dispatch_world import World
from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1, Event
from tandem.events.catalog import DEAD_LETTER, REQUESTS, RESPONSES
from tandem.messaging import Batches, Bus, Connection, ConsumerRunner, Outgoing, Poison, Received, TopicKeeper
from tandem.messaging.dead_letter_log import REPLAY_HEADER, DeadLetterLog, meant_for_another
from tandem.messaging.producer import RawMessage
from tandem.settings import KafkaSettings
from tandem.store.dead_letters.documents import DeadLetterDocument, DeadLetterState
from tandem.store.dead_letters.reader import DeadLetterReader
from tandem.store.dead_letters.writer import DeadLetterWriter
from tandem.store.jobs.reader import JobReader
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually
from tandem_api.dispatch.dead_letters import DeadLetterKeeper

ABOUT = {"job_id": "job", "project_id": "p", "seq": 3, "record_id": "r3", "epoch": 1, "content_hash": "h"}


class Picky:
    """A handler that cannot handle anything until it is mended."""

    def __init__(self) -> None:
        self.mended = False
        self.handled: list[Event] = []

    async def __call__(self, messages: Sequence[Received[AnnotationRespondedV1]]) -> Sequence[Outgoing]:
        if not self.mended:
            raise Poison("no_such_label", "the label is not in the schema")
        self.handled += [message.event for message in messages]
        return []


@pytest.fixture
async def connection(tansu_broker: Broker, topic_prefix: str) -> Connection:
    connection = Connection(
        KafkaSettings(
            bootstrap_servers=tansu_broker.bootstrap_servers,
            prefix=topic_prefix,
            idempotent_producer=tansu_broker.idempotent_producer,
            partitions=2,
        )
    )
    keeper = TopicKeeper(connection, topics=(RESPONSES, DEAD_LETTER))
    await keeper.start()
    await keeper.stop()
    return connection


@pytest.fixture
async def keepers(world: World, connection: Connection) -> AsyncIterator[None]:
    """Two dispatchers' keepers: each copies everything."""
    keepers = [
        DeadLetterKeeper(
            connection,
            world.producer,
            log=partial(DeadLetterLog, connection),
            reader=DeadLetterReader(world.database),
            writer=DeadLetterWriter(world.database),
            jobs=JobReader(world.database),
            deadline_seconds=60,
        )
        for _ in range(2)
    ]
    tasks = [asyncio.create_task(keeper.run()) for keeper in keepers]
    yield
    for keeper in keepers:
        await keeper.stop()
    await asyncio.gather(*tasks)


async def letters(world: World, state: DeadLetterState = DeadLetterState.OPEN) -> list[DeadLetterDocument]:
    return await DeadLetterReader(world.database).page(state, limit=10)


@pytest.mark.usefixtures("keepers")
async def test_a_replayed_event_is_handled_by_the_group_that_failed(world: World, connection: Connection) -> None:
    handler = Picky()
    bus = Bus(connection=connection, producer=world.producer, service="postprocessor")
    runner = ConsumerRunner(bus, RESPONSES, handler, Batches(max_batch=10, concurrency=1, drain_seconds=5))
    running = asyncio.create_task(runner.run())
    try:
        await world.producer.send_all([AnnotationRespondedV1.model_validate(ABOUT | {"completions": ()})])

        async def one_is_there() -> bool:
            return len(await letters(world)) == 1

        await eventually(one_is_there, timeout=60)
        (letter,) = await letters(world)
        assert (letter["topic"], letter["reason"], letter["record_id"]) == (RESPONSES.name, "no_such_label", "r3")
        assert letter["group"].endswith("postprocessor")
        handler.mended = True
        writer = DeadLetterWriter(world.database)
        assert await writer.replay(letter["_id"], by_id="ada") is not None
        assert await writer.discard(letter["_id"], by_id="bob") is None, "it is decided"
        await eventually(lambda: handler.handled, timeout=60)
        (event,) = {event.key: event for event in handler.handled}.values()
        assert event.key == "job:3"

        async def replayed() -> bool:
            return len(await letters(world, DeadLetterState.REPLAYED)) == 1

        await eventually(replayed)
        (letter,) = await letters(world, DeadLetterState.REPLAYED)
        assert letter["result"] == f"Published again for {letter['group']}."
        assert letter["handled_by_id"] == "ada"
    finally:
        await runner.stop()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.mark.usefixtures("keepers")
async def test_a_request_is_changed_and_asks_anew_in_the_present_epoch(world: World, connection: Connection) -> None:
    await world.job(5, epoch=7)
    headers = tuple(
        (f"tandem-dead-letter-{name}", value.encode())
        for name, value in (
            ("topic", connection.topic(REQUESTS)),
            ("group", connection.group("llm-worker")),
            ("reason", "bad_schema"),
            ("detail", "fields: Field required"),
        )
    )
    await world.producer.send_raw(
        [RawMessage(connection.topic(DEAD_LETTER), DEAD_LETTER.name, b"job:3", b'{"job_id": "job"}', headers)]
    )

    async def one_is_there() -> bool:
        return len(await letters(world)) == 1

    await eventually(one_is_there)
    (letter,) = await letters(world)
    request = AnnotationRequestedV1.model_validate(ABOUT | {"fields": {"text": "t"}})
    writer = DeadLetterWriter(world.database)
    await writer.change(letter["_id"], fixed=request.to_json(), by_id="ada")
    await writer.replay(letter["_id"], by_id="ada")
    await eventually(lambda: world.seen.requests)
    asked = world.seen.requests[0]
    assert (asked.seq, asked.epoch, asked.fields) == (3, 7, {"text": "t"})
    assert asked.deadline is not None


def test_only_the_group_that_failed_takes_what_is_published_again() -> None:
    replayed = ((REPLAY_HEADER, b"x.postprocessor"),)
    assert not meant_for_another((), "x.llm-worker")
    assert not meant_for_another(replayed, "x.postprocessor")
    assert meant_for_another(replayed, "x.llm-worker")
