"""The catalogue's topics are there, and as the catalogue says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from contract.messaging.bus import settings_for
from tandem.events import CATALOG, Topic
from tandem.events.catalog import REQUESTS
from tandem.messaging import Connection, TopicKeeper
from tandem.messaging.errors import MessagingError
from tandem.observability.health import Health
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually


@pytest.fixture
async def admin(connection: Connection) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**connection.options)
    await admin.start()
    yield admin
    await admin.close()


async def partitions(admin: AIOKafkaAdminClient, connection: Connection) -> dict[str, int]:
    """Of the topics of this test's prefix."""
    prefix = connection.settings.prefix
    return {
        topic["topic"]: len(topic["partitions"])
        for topic in await admin.describe_topics(None)
        if topic["topic"].startswith(prefix)
    }


async def test_missing_topics_are_made_as_the_catalogue_says(
    broker: Broker, topic_prefix: str, admin: AIOKafkaAdminClient
) -> None:
    connection = Connection(settings_for(broker, topic_prefix, partitions=None))
    health = Health()
    keeper = TopicKeeper(connection, health=health)
    assert not health.ready

    await keeper.start()

    assert await partitions(admin, connection) == {connection.topic(topic): topic.partitions for topic in CATALOG}
    assert health.ready
    await keeper.stop()


async def test_two_keepers_at_once_do_not_get_in_each_other_s_way(connection: Connection) -> None:
    keepers = [TopicKeeper(connection) for _ in range(4)]

    await asyncio.gather(*(keeper.start() for keeper in keepers))

    assert all(await asyncio.gather(*(keeper.look() for keeper in keepers)))
    await asyncio.gather(*(keeper.stop() for keeper in keepers))


async def test_a_topic_that_vanishes_is_told_and_made_again(connection: Connection, admin: AIOKafkaAdminClient) -> None:
    vanished: list[Topic] = []
    keeper = TopicKeeper(connection)
    keeper.on_vanished.append(vanished.append)
    await keeper.start()
    running = asyncio.create_task(keeper.run())

    await admin.delete_topics([connection.topic(REQUESTS)])

    await eventually(lambda: REQUESTS in vanished)
    await eventually(lambda: requests_are_there(admin, connection))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def requests_are_there(admin: AIOKafkaAdminClient, connection: Connection) -> bool:
    return (await partitions(admin, connection)).get(connection.topic(REQUESTS)) == 4


async def test_where_operators_make_the_topics_a_missing_one_is_only_reported(
    broker: Broker, topic_prefix: str, admin: AIOKafkaAdminClient
) -> None:
    connection = Connection(settings_for(broker, topic_prefix, create_topics=False))
    health = Health()
    keeper = TopicKeeper(connection, health=health)

    assert not await keeper.look()

    assert "annotation.requests" in (health.problem("kafka") or "")
    assert await partitions(admin, connection) == {}
    await keeper.stop()


async def test_asking_for_a_topic_does_not_make_it(connection: Connection, admin: AIOKafkaAdminClient) -> None:
    consumer = AIOKafkaConsumer(**connection.options)
    await consumer.start()
    consumer.subscribe([connection.topic(REQUESTS)])
    await consumer.getmany(timeout_ms=500)
    await consumer.stop()

    assert await partitions(admin, connection) == {}


@pytest.mark.kafka
async def test_a_topic_with_more_replicas_than_brokers_is_waited_for(kafka_broker: Broker, topic_prefix: str) -> None:
    """While a cluster starts, or while brokers are away, there are fewer of them than a topic needs."""
    wanted = Connection(settings_for(kafka_broker, topic_prefix, replication_factor=3))
    health = Health()
    keeper = TopicKeeper(wanted, health=health)

    assert not await keeper.look()
    assert not await keeper.look()

    assert "InvalidReplicationFactorError" in (health.problem("kafka") or "")
    await keeper.stop()


@pytest.mark.kafka
async def test_a_topic_that_can_never_be_made_is_refused(kafka_broker: Broker, topic_prefix: str) -> None:
    connection = Connection(settings_for(kafka_broker, topic_prefix, partitions=None))
    keeper = TopicKeeper(connection, topics=[replace(REQUESTS, partitions=0)])

    with pytest.raises(MessagingError, match="InvalidPartitionsError"):
        await keeper.start()

    await keeper.stop()
