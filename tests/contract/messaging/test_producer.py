"""What the producer promises, on the embedded broker and on Apache Kafka."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from contract.messaging.bus import read_all, request, settings_for
from tandem.events.catalog import REQUESTS
from tandem.messaging import BrokerUnavailableError, Connection, EventTooLargeError, Producer
from tandem.observability.health import Health
from tandem.settings import KafkaSettings
from tandem.testing.brokers import Broker


async def test_events_of_one_key_keep_their_order(connection: Connection, producer: Producer) -> None:
    await producer.send_all([request(seq % 10, ask=1 + seq // 10) for seq in range(500)])

    asks: dict[bytes, list[int]] = {}
    for record in await read_all(connection, REQUESTS, 500):
        asks.setdefault(record.key, []).append(REQUESTS.event.from_json(record.value).ask)  # type: ignore[union-attr]  # requests have an event
    assert len(asks) == 10
    assert all(order == sorted(order) for order in asks.values())


async def test_many_senders_at_once_are_no_log_reset(connection: Connection, producer: Producer) -> None:
    resets: list[str] = []
    producer.on_log_reset.append(resets.append)

    await asyncio.gather(
        *(producer.send_all([request(seq) for seq in range(start, start + 20)]) for start in range(0, 1000, 20))
    )

    assert len(await read_all(connection, REQUESTS, 1000)) == 1000
    assert resets == []


async def test_an_event_too_large_for_a_message_is_refused_before_anything_is_sent(
    connection: Connection, producer: Producer
) -> None:
    with pytest.raises(EventTooLargeError, match="AnnotationRequestedV1 of 1"):
        await producer.send_all([request(0), request(1, fields={"text": "x" * 1_000_001})])

    await producer.send(request(2))
    [record] = await read_all(connection, REQUESTS, 1)
    assert record.key == b"job:2"


async def test_the_largest_event_that_is_let_through_arrives(connection: Connection, producer: Producer) -> None:
    frame = len(request(0, fields={"text": ""}).to_json())

    await producer.send(request(0, fields={"text": "x" * (1_000_000 - frame)}))

    [record] = await read_all(connection, REQUESTS, 1)
    assert len(record.value) == 1_000_000


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.socket() as taken:  # bound and not listening: connections are refused, and nobody else gets the port
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


async def test_a_broker_that_stays_away_is_given_up_after_the_limit(silent_port: int) -> None:
    health = Health()
    producer = Producer(
        Connection(KafkaSettings(bootstrap_servers=f"127.0.0.1:{silent_port}", unavailable_limit_seconds=0.5)),
        health=health,
    )

    with pytest.raises(BrokerUnavailableError, match="accepted nothing for"):
        await producer.start()

    assert health.problem("kafka producer")


@pytest.mark.tansu
async def test_a_broker_without_idempotent_producers_is_named_with_the_cure(
    tansu_broker: Broker, topic_prefix: str
) -> None:
    producer = Producer(Connection(settings_for(tansu_broker, topic_prefix, idempotent_producer=True)))

    with pytest.raises(Exception, match="TANDEM_KAFKA__IDEMPOTENT_PRODUCER=false"):
        await producer.start()
