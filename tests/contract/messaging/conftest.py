"""The bus on a real broker, under a prefix of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tandem.events import AnnotationRequestedV1
from tandem.events.catalog import CATALOG
from tandem.messaging import Connection, Producer, TopicKeeper
from tandem.settings import KafkaSettings
from tandem.testing.brokers import Broker

Running = Callable[..., Any]


def settings_for(broker: Broker, prefix: str, **more: Any) -> KafkaSettings:
    """Few partitions and short sessions, so that tests are quick."""
    return KafkaSettings(
        **{
            "bootstrap_servers": broker.bootstrap_servers,
            "prefix": prefix,
            "partitions": 4,
            "idempotent_producer": broker.idempotent_producer,
            "session_timeout_seconds": 6,
            "heartbeat_seconds": 1,
            "unavailable_limit_seconds": 30,
            **more,
        }
    )


@pytest.fixture
def connection(broker: Broker, topic_prefix: str) -> Connection:
    return Connection(settings_for(broker, topic_prefix))


@pytest.fixture
async def producer(connection: Connection) -> AsyncIterator[Producer]:
    """A producer on a broker that has the catalogue's topics."""
    keeper = TopicKeeper(connection, topics=CATALOG)
    await keeper.start()
    await keeper.stop()
    async with Producer(connection) as producer:
        yield producer


def request(seq: int, **more: Any) -> AnnotationRequestedV1:
    return AnnotationRequestedV1(
        **{
            "job_id": "job",
            "project_id": "project",
            "seq": seq,
            "record_id": str(seq),
            "epoch": 1,
            "content_hash": "hash",
            "fields": {"text": f"record {seq}"},
            **more,
        }
    )
