"""The bus on a real broker, under a prefix of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Any

import pytest

from contract.messaging.bus import settings_for
from tandem.events.catalog import REQUESTS
from tandem.messaging import Batches, Bus, Connection, ConsumerRunner, Ownership, Producer, TopicKeeper
from tandem.testing.brokers import Broker


@pytest.fixture
def connection(broker: Broker, topic_prefix: str) -> Connection:
    return Connection(settings_for(broker, topic_prefix))


@pytest.fixture
async def producer(connection: Connection) -> AsyncIterator[Producer]:
    """A producer on a broker that has the catalogue's topics."""
    keeper = TopicKeeper(connection)
    await keeper.start()
    await keeper.stop()
    async with Producer(connection) as producer:
        yield producer


class Consumers:
    """Starts runners and stops them after the test."""

    def __init__(self, connection: Connection, producer: Producer) -> None:
        self._connection = connection
        self._producer = producer
        self._running: list[tuple[ConsumerRunner[Any], asyncio.Task[None]]] = []

    def start(self, handler: Any, **more: Any) -> tuple[ConsumerRunner[Any], asyncio.Task[None]]:
        """A runner over the requests in the background, and its task."""
        values = {"max_batch": 1, "concurrency": 8, "drain_seconds": 5, "commit_interval": 0.1, **more}

        def those(kind: type) -> dict[str, Any]:
            return {field.name: values.pop(field.name) for field in fields(kind) if field.name in values}

        bus: dict[str, Any] = {
            "connection": self._connection,
            "producer": self._producer,
            "service": "llm-worker",
        } | those(Bus)
        runner: ConsumerRunner[Any] = ConsumerRunner(
            Bus(**bus | those(Bus)),
            values.pop("topic", REQUESTS),
            handler,
            Batches(**those(Batches)),
            ownership=Ownership(**those(Ownership)),
            **values,
        )
        task = asyncio.create_task(runner.run())
        self._running.append((runner, task))
        return runner, task

    async def stop(self) -> None:
        for runner, task in self._running:
            if not task.done():
                await runner.stop()
                await task


@pytest.fixture
async def consumers(connection: Connection, producer: Producer) -> AsyncIterator[Consumers]:
    consumers = Consumers(connection, producer)
    yield consumers
    await consumers.stop()


@pytest.fixture
async def consumers_without_topics(connection: Connection) -> AsyncIterator[Consumers]:
    """Before anyone made the topics."""
    async with Producer(connection) as producer:
        consumers = Consumers(connection, producer)
        yield consumers
        await consumers.stop()
