"""Commits of a consumer, and its lag."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from tandem.messaging.in_flight import InFlight
from tandem.messaging.membership import COMMIT_SECONDS, GroupMemory
from tandem.observability.logs import get_logger
from tandem.observability.metrics import CONSUMER_LAG

_log = get_logger(__name__)


class Commits:
    """Commits the contiguous watermarks of what is done, regularly and when partitions go."""

    def __init__(
        self,
        *,
        in_flight: InFlight,
        memory: GroupMemory,
        topic: str,
        interval: float,
        waiting: Callable[[], int],
        log_was_reset: Callable[[], None],
    ) -> None:
        """Commit every `interval` seconds.

        `waiting` counts messages not begun; `log_was_reset` is notified of a reset log.
        """
        self._in_flight = in_flight
        self._memory = memory
        self._topic = topic
        self._interval = interval
        self._waiting = waiting
        self._log_was_reset = log_was_reset
        self._lag = CONSUMER_LAG.labels(topic)
        self._positions: dict[TopicPartition, int] = {}
        self._under_way: asyncio.Task[None] | None = None

    def fetched(self, partition: TopicPartition, below: int) -> None:
        """Record that the log was read up to this offset."""
        self._positions[partition] = below

    def released(self) -> None:
        """Record that no partition is owned any more."""
        self._positions.clear()

    async def commit_regularly(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            await asyncio.sleep(self._interval)
            self._under_way = asyncio.create_task(self.commit(consumer))
            try:
                await asyncio.wait((self._under_way,))
            finally:
                self._under_way.cancel()
            self._measure_lag(consumer)

    async def commit_last(self, consumer: AIOKafkaConsumer) -> None:
        """Commit before partitions are revoked: no commit may be sent after they belong to others."""
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.wait((self._under_way,))
        await self.commit(consumer)

    async def commit(self, consumer: AIOKafkaConsumer) -> None:
        """Commit the watermarks that rose.

        A failure does no harm: they are committed later, or messages are redelivered.
        """
        offsets = self._in_flight.to_commit()
        if not offsets:
            return
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            _log.info("messaging.commit.refused", topic=self._topic, error=type(error).__name__)
        except (KafkaError, TimeoutError) as error:
            _log.warning("messaging.commit.failed", topic=self._topic, error=repr(error))
        else:
            self._in_flight.committed(offsets)
            self._memory.committed(offsets)

    def _measure_lag(self, consumer: AIOKafkaConsumer) -> None:
        lag = 0
        for partition in consumer.assignment():
            high, position = consumer.highwater(partition), self._positions.get(partition)
            if high is None or position is None:
                continue
            if high < position:
                # The log is shorter than what was read of it. Not every broker calls such a position out of range.
                self._log_was_reset()
                del self._positions[partition]
                consumer.seek(partition, 0)
            else:
                lag += high - position
        self._lag.set(lag + self._waiting())
