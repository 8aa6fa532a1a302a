from __future__ import annotations

import asyncio
from pathlib import Path

import aiokafka.client
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.protocol.metadata import MetadataRequest

from tandem.testing.brokers import Broker
from tandem_local.parts.tansu import UNKNOWN_TOPIC_PARTITIONS, Tansu


@pytest.fixture(autouse=True)
def _clients_that_create_topics_by_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the library comes: `tandem.messaging` takes this from it for the whole process, once it was used."""
    monkeypatch.setattr(aiokafka.client, "MetadataRequest", MetadataRequest)


async def round_trip(bootstrap_servers: str, topic: str, *, idempotent: bool) -> list[bytes | None]:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers, enable_idempotence=idempotent) as producer:
        for number in range(3):
            await producer.send_and_wait(topic, str(number).encode(), key=b"one-partition")
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest")
    async with consumer, asyncio.timeout(20):
        return [(await consumer.getone()).value for _ in range(3)]


async def test_messages_come_back_in_order_on_each_broker(broker: Broker, topic_prefix: str) -> None:
    topic = f"{topic_prefix}numbers"
    values = await round_trip(broker.bootstrap_servers, topic, idempotent=broker.idempotent_producer)
    assert values == [b"0", b"1", b"2"]


async def test_the_embedded_broker_is_empty_after_a_restart_and_keeps_its_address(tmp_path: Path) -> None:
    tansu = Tansu(log_file=tmp_path / "tansu.log")
    with tansu:
        await round_trip(tansu.bootstrap_servers, "numbers", idempotent=False)
        tansu.kill()
        tansu.start()
        assert await round_trip(tansu.bootstrap_servers, "numbers", idempotent=False) == [b"0", b"1", b"2"]
        async with AIOKafkaConsumer(bootstrap_servers=tansu.bootstrap_servers) as consumer:
            assert await consumer.topics() == {"numbers"}


async def test_a_topic_that_nobody_created_has_the_documented_number_of_partitions(
    tansu_broker: Broker, topic_prefix: str
) -> None:
    servers = tansu_broker.bootstrap_servers
    await round_trip(servers, f"{topic_prefix}unknown", idempotent=False)
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        assert len(await producer.partitions_for(f"{topic_prefix}unknown")) == UNKNOWN_TOPIC_PARTITIONS
