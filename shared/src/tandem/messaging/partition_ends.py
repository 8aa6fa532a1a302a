"""Reads the newest messages of chosen partitions once, without a group: further back while too few of them count."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from tandem.events import Topic
from tandem.messaging.connection import Connection
from tandem.messaging.errors import BrokerUnavailableError

_FETCH_WAIT_MS = 100
_LOOK_SECONDS = 0.02
_CLOSE_SECONDS = 2.0
_STEP = 1000
"""Messages that are read further back at once."""


class PartitionEnds:
    """Reads the newest messages of a topic."""

    def __init__(self, connection: Connection, topic: Topic, *, keyed_like: Topic) -> None:
        """`keyed_like`: a topic whose messages have the same keys. Where both have equally many partitions, a key's
        messages are in partitions of the same number, and only those are read."""
        self._connection = connection
        self._topic = connection.topic(topic)
        self._keyed_like = connection.topic(keyed_like)
        self._positions: dict[TopicPartition, int] = {}
        self._counted: dict[TopicPartition, int] = {}
        self.reached = False
        """True: the last reading reached the broker."""

    async def read(
        self, behind: Mapping[int, int], *, accept: Callable[[bytes], bool], margin: int, most: int, seconds: float
    ) -> None:
        """Read until as many messages count in each partition as `behind` says, and `margin` more; `most` at most.

        `behind`: partition of `keyed_like` to a number of messages. `accept` gets each message and says whether it
        counts. Stops early where a partition has no more. Raises BrokerUnavailableError when
        that was not done within `seconds`.
        """
        consumer = AIOKafkaConsumer(
            **self._connection.options,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        self.reached = False
        try:
            async with asyncio.timeout(seconds):
                await consumer.start()
                self.reached = True
                wanted = await self._wanted(consumer, behind, margin=margin, most=most)
                self._counted = dict.fromkeys(wanted, 0)
                starts = {
                    partition: await self._seek(consumer, partition, count) for partition, count in wanted.items()
                }
                stops: dict[TopicPartition, int] | None = None
                while starts:
                    await self._read(consumer, stops, accept)
                    stops = starts
                    starts = await self._further_back(consumer, starts, wanted)
        except (TimeoutError, KafkaError, OSError) as error:
            raise BrokerUnavailableError(f"the ends of {self._topic} were not read: {error!r}") from error
        finally:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await consumer.stop()

    async def _wanted(
        self, consumer: AIOKafkaConsumer, behind: Mapping[int, int], *, margin: int, most: int
    ) -> dict[TopicPartition, int]:
        """Return how many messages to read of each partition; of all of them where the topics are not cut alike."""
        # The assignment makes the client ask for the partitions of both topics.
        consumer.assign([TopicPartition(self._keyed_like, 0), TopicPartition(self._topic, 0)])
        while not (  # noqa: ASYNC110 - nothing announces it
            consumer.partitions_for_topic(self._keyed_like) and consumer.partitions_for_topic(self._topic)
        ):
            await asyncio.sleep(_LOOK_SECONDS)
        theirs, ours = consumer.partitions_for_topic(self._keyed_like), consumer.partitions_for_topic(self._topic)
        if len(theirs) == len(ours):
            counts = {number: min(most, count + margin) for number, count in behind.items()}
        else:
            counts = dict.fromkeys(ours, min(most, sum(behind.values()) + margin))
        wanted = {TopicPartition(self._topic, number): count for number, count in counts.items()}
        consumer.assign(list(wanted))
        self._positions = {}
        return wanted

    async def _seek(self, consumer: AIOKafkaConsumer, partition: TopicPartition, count: int) -> int:
        """Go to `count` messages before the end and return that offset.

        Some brokers report an end that is too low, never one that is too high: then a little more is read.
        """
        end = (await consumer.end_offsets([partition]))[partition]
        begin = (await consumer.beginning_offsets([partition]))[partition]
        self._positions[partition] = max(begin, end - count)
        consumer.seek(partition, self._positions[partition])
        return self._positions[partition]

    async def _read(
        self,
        consumer: AIOKafkaConsumer,
        stops: Mapping[TopicPartition, int] | None,
        accept: Callable[[bytes], bool],
    ) -> None:
        """Read from the present positions up to the stops, or to the ends."""
        while not self._at_end(consumer, stops):
            fetched = await consumer.getmany(timeout_ms=_FETCH_WAIT_MS)
            for partition, records in fetched.items():
                for record in records:
                    if record.value is not None and (stops is None or record.offset < stops.get(partition, 0)):
                        self._counted[partition] += accept(record.value)
                self._positions[partition] = records[-1].offset + 1

    async def _further_back(
        self, consumer: AIOKafkaConsumer, starts: Mapping[TopicPartition, int], wanted: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        """Return where to read on in the partitions in which too few messages counted."""
        further: dict[TopicPartition, int] = {}
        for partition, start in starts.items():
            missing = wanted[partition] - self._counted[partition]
            begin = (await consumer.beginning_offsets([partition]))[partition] if missing > 0 else start
            if begin < start:
                further[partition] = max(begin, start - max(missing, _STEP))
        if further:
            consumer.assign(list(further))
        self._positions = dict(further)
        for partition, start in further.items():
            consumer.seek(partition, start)
        return further

    def _at_end(self, consumer: AIOKafkaConsumer, stops: Mapping[TopicPartition, int] | None) -> bool:
        """Tell whether all was read: up to the stops, or to the high watermarks that came with the fetches."""
        if stops is not None:
            return all(position >= stops[partition] for partition, position in self._positions.items())
        highs = ((consumer.highwater(partition), position) for partition, position in self._positions.items())
        return all(high is not None and position >= high for high, position in highs)
