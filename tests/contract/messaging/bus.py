"""Helpers for tests of the bus on a real broker."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from builders import a_job, a_schema, an_agent, some_options
from tandem.events import (
    AnnotationRequestedV1,
    JobPublishedV1,
    JobState,
    SingleChoiceTask,
    Topic,
)
from tandem.events.catalog import DEAD_LETTER
from tandem.messaging import Connection, Outgoing, Received
from tandem.settings import KafkaSettings
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually

JOIN_SECONDS = 30
"""What a group may take to settle on a busy machine."""


def settings_for(broker: Broker, prefix: str, **more: Any) -> KafkaSettings:
    """Few partitions and short sessions, so that tests are quick."""
    values = {
        "bootstrap_servers": broker.bootstrap_servers,
        "prefix": prefix,
        "partitions": 4,
        "idempotent_producer": broker.idempotent_producer,
        "session_timeout_seconds": 6,
        "heartbeat_seconds": 1,
        "unavailable_limit_seconds": 30,
    }
    return KafkaSettings(**{**values, **more})


def request(seq: int, **more: Any) -> AnnotationRequestedV1:
    values = {
        "job_id": "job",
        "project_id": "project",
        "seq": seq,
        "record_id": str(seq),
        "epoch": 1,
        "content_hash": "hash",
        "fields": {"text": f"record {seq}"},
    }
    return AnnotationRequestedV1(**{**values, **more})


def job(job_id: str, *, revision: int = 1, epoch: int = 1, state: JobState = JobState.RUNNING) -> JobPublishedV1:
    task = SingleChoiceTask(name="mood", question="Which?", options=some_options("good", "bad"))
    return a_job(
        job_id,
        project_id="project",
        dataset_id="dataset",
        revision=revision,
        epoch=epoch,
        state=state,
        agent=an_agent(agent_id="agent", provider="offline", model="nearest", system_template="Label."),
        label_schema=a_schema(task, label_schema_id="schema", name="moods"),
    )


class Recorder:
    """A handler that remembers what it was given, and that a test can hold up or make fail."""

    def __init__(self, then: Callable[[Received[Any]], Outgoing | None] | None = None) -> None:
        self.seen: Counter[int] = Counter()
        """How often each seq was handled to its end."""
        self.begun: Counter[int] = Counter()
        self.batches: list[int] = []
        self.received: list[Received[Any]] = []
        self.held: set[int] = set()
        """Seqs whose handling waits for `release`."""
        self.release = asyncio.Event()
        self.fail: Callable[[Received[Any]], Exception | None] = lambda _: None
        self._then = then

    async def __call__(self, messages: Sequence[Received[Any]]) -> Sequence[Outgoing]:
        self.batches.append(len(messages))
        self.begun.update(message.event.seq for message in messages)
        if any(message.event.seq in self.held for message in messages):
            await self.release.wait()
        for message in messages:
            if (error := self.fail(message)) is not None:
                raise error
        self.received += messages
        self.seen.update(message.event.seq for message in messages)
        return [] if self._then is None else [out for m in messages if (out := self._then(m)) is not None]

    async def saw(self, *seqs: int) -> None:
        """Wait until each of these was handled to its end."""
        wanted = set(seqs)
        await eventually(
            lambda: wanted <= self.seen.keys(),
            timeout=JOIN_SECONDS,
            message=f"handled {len(wanted & self.seen.keys())} of {len(wanted)}",
        )


async def committed(connection: Connection, topic: Topic, group: str) -> dict[int, int]:
    """What the group has committed, by partition."""
    name = connection.topic(topic)
    consumer = AIOKafkaConsumer(**connection.options, group_id=connection.group(group), enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(name, number) for number in range(connection.partitions(topic))]
        consumer.assign(partitions)
        offsets = [await consumer.committed(partition) for partition in partitions]
    finally:
        await consumer.stop()
    return {partition.partition: at for partition, at in zip(partitions, offsets, strict=True) if at is not None}


async def read_all(connection: Connection, topic: Topic, count: int, *, seconds: float = 15) -> list[Any]:
    """The first `count` messages of a topic, as the client library gives them."""
    name = connection.topic(topic)
    consumer = AIOKafkaConsumer(**connection.options, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(name, number) for number in range(connection.partitions(topic))])
        found: list[Any] = []
        async with asyncio.timeout(seconds):
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += records
    finally:
        await consumer.stop()
    return found


async def dead_letters(connection: Connection, count: int) -> list[tuple[str, bytes, dict[str, str]]]:
    """Reason, original bytes and headers of the first `count` dead letters."""
    letters = []
    for record in await read_all(connection, DEAD_LETTER, count):
        headers = {name.removeprefix("tandem-dead-letter-"): value.decode() for name, value in record.headers}
        letters.append((headers["reason"], record.value, headers))
    return letters


Start = Callable[..., Awaitable[Any]]
