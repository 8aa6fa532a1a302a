"""Reads a whole topic in every process: no group, no commits. For small topics of state."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Generic, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from pydantic import ValidationError

from tandem.events import Event, Topic
from tandem.messaging.connection import Connection
from tandem.messaging.dead_letter import DeadLetters
from tandem.messaging.errors import BrokerUnavailableError
from tandem.messaging.handling import undecodable
from tandem.messaging.in_flight import Record
from tandem.messaging.producer import Producer
from tandem.observability.logs import get_logger
from tandem.observability.metrics import EVENTS_CONSUMED, LOG_RESETS, SKIPPED
from tandem.observability.series import start_at_zero

E = TypeVar("E", bound=Event)

POLL_MS = 1000
FETCH_WAIT_MS = 250
LOOK_SECONDS = 0.1
CLOSE_SECONDS = 5.0
GROUP = "broadcast"
"""Name of these readers in metrics and dead letters."""

_log = get_logger(__name__)


class BroadcastReader(Generic[E]):
    """Passes each event of a topic to `apply`, in order within a partition, from the beginning or from now on.

    When the broker turns out to have forgotten the topic, the reader starts again from the beginning of the new log.
    """

    def __init__(
        self,
        *,
        connection: Connection,
        topic: Topic,
        apply: Callable[[E], None],
        from_beginning: bool,
        tail: int = 0,
        producer: Producer | None = None,
    ) -> None:
        """Take the connection and the topic. `tail`: begin with that many of the newest messages of each partition.

        `tail` applies without `from_beginning`. `producer`: writes undecodable messages to the dead letter; without one
        they are skipped with a metric.
        """
        if topic.event is None:
            raise ValueError(f"{topic.name} carries no events")
        self._event_type: type[E] = topic.event  # type: ignore[assignment]  # the caller pairs topic and callback
        self._connection = connection
        self._topic = topic
        self._name = connection.topic(topic)
        self._apply = apply
        self._from_beginning = from_beginning
        self._tail = tail
        self._dead_letters = (
            None
            if producer is None
            else DeadLetters(connection, producer, topic_name=topic.name, group=connection.group(GROUP))
        )
        self._positions: dict[TopicPartition, int] = {}
        self._caught_up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._consumed = EVENTS_CONSUMED.labels(topic.name, GROUP)
        start_at_zero(LOG_RESETS, [topic.name])
        start_at_zero(SKIPPED, [topic.name], ["undecodable"])

    async def start(self) -> None:
        """Return once what was in the topic at the start was applied (at once, when reading from now on).

        Raises BrokerUnavailableError past the settings' limit, if any.
        """
        self._task = asyncio.create_task(self._run())
        limit = self._connection.settings.unavailable_limit_seconds
        waiting = asyncio.create_task(self._caught_up.wait())
        try:
            done, _ = await asyncio.wait((self._task, waiting), timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self._task in done:
            await self._task
        if not done:
            await self.stop()
            raise BrokerUnavailableError(f"{self._name} could not be read to its end within {limit:g} s")

    async def run(self) -> None:
        """Wait until the reader ends, which it does only by failing; lets the process notice."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        wait = 0.1
        while True:
            consumer = AIOKafkaConsumer(
                **self._connection.options,
                group_id=None,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=FETCH_WAIT_MS,
                request_timeout_ms=15_000,
            )
            try:
                await consumer.start()
                wait = 0.1
                await self._read(consumer)
            except (KafkaError, IllegalStateError, OSError, TimeoutError) as error:
                _log.warning("messaging.broadcast.renewed", topic=self._topic.name, error=repr(error))
            finally:
                with contextlib.suppress(KafkaError, OSError, TimeoutError):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await consumer.stop()
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            wait = min(2.0, wait * 2)

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        partitions = await self._assign(consumer)
        while True:
            fetched = await consumer.getmany(timeout_ms=POLL_MS if self._caught_up.is_set() else FETCH_WAIT_MS)
            for partition, records in fetched.items():
                for record in records:
                    await self._take(record)
                self._positions[partition] = records[-1].offset + 1
            if await self._at_end(consumer, partitions):
                self._caught_up.set()
            known = consumer.partitions_for_topic(self._name)
            if known and len(known) != len(partitions):
                partitions = await self._assign(consumer)

    async def _assign(self, consumer: AIOKafkaConsumer) -> set[TopicPartition]:
        """Assign all partitions, continuing where an earlier client stopped; waits until the topic exists."""
        consumer.assign([TopicPartition(self._name, 0)])  # makes the client ask for the topic
        while not (numbers := consumer.partitions_for_topic(self._name)):  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(LOOK_SECONDS)
        partitions = {TopicPartition(self._name, number) for number in numbers}
        consumer.assign(list(partitions))
        new = partitions - self._positions.keys()
        for partition in partitions - new:
            consumer.seek(partition, self._positions[partition])
        if new and not self._from_beginning and not self._caught_up.is_set():
            await consumer.seek_to_end(*new)
            if not self._tail:
                self._caught_up.set()
            for partition in new if self._tail else ():
                consumer.seek(partition, max(0, await consumer.position(partition) - self._tail))
        return partitions

    async def _at_end(self, consumer: AIOKafkaConsumer, partitions: set[TopicPartition]) -> bool:
        """Return whether every partition was read to its end, by the high watermarks that came with the fetches.

        Asking for end offsets is not reliable on every broker. Starts again from the beginning where the log is shorter
        than what was read of it.
        """
        at_end = True
        for partition in partitions:
            high = consumer.highwater(partition)
            if high is None:
                at_end = False
                continue
            async with asyncio.timeout(CLOSE_SECONDS):
                position = await consumer.position(partition)
            if high < position:
                LOG_RESETS.labels(self._topic.name).inc()
                _log.warning("messaging.log.lost", topic=self._topic.name)
                self._positions.pop(partition, None)
                consumer.seek(partition, 0)
            at_end = at_end and position == high
        return at_end

    async def _take(self, record: Record) -> None:
        if record.value is None:
            return  # a tombstone: what was known stays known
        try:
            event = self._event_type.from_json(record.value)
        except ValidationError as error:
            if self._dead_letters is None:
                SKIPPED.labels(self._topic.name, "undecodable").inc()
            else:
                await self._dead_letters.write(record, *undecodable(error, record.value, self._event_type))
            return
        self._apply(event)
        self._consumed.inc()
