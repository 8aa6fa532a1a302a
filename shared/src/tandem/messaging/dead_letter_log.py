"""Reads the topic of dead letters from its beginning, without a group."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from tandem.events.catalog import DEAD_LETTER
from tandem.messaging.connection import Connection
from tandem.observability.logs import get_logger

HEADER = "tandem-dead-letter-"
REPLAY_HEADER = "tandem-replay-group"
"""Group for which a message was published again; the others skip it."""
POLL_MS = 1000
LOOK_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 5.0
MOST_AT_ONCE = 100

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that a consumer could not handle, and why."""

    id: str
    topic: str
    """Name in the catalogue, without the installation's prefix."""
    group: str
    reason: str
    detail: str
    key: bytes
    value: bytes
    written_at: datetime


class DeadLetterLog:
    """Passes each dead letter to `keep`, in order within a partition; one that raises is passed again.

    Where the broker has another log than before, as after it was set up anew, that is read from its beginning.
    """

    def __init__(self, connection: Connection, keep: Callable[[DeadLetter], Awaitable[None]]) -> None:
        self._connection = connection
        self._name = connection.topic(DEAD_LETTER)
        self._keep = keep
        self._positions: dict[TopicPartition, int] = {}

    async def run(self) -> None:
        """Read until cancelled. Connections that fail are made again, and so is a call of `keep` that raises an error
        of a dependency."""
        wait = LOOK_SECONDS
        while True:
            consumer = AIOKafkaConsumer(
                **self._connection.options, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
            )
            try:
                await consumer.start()
                await self._read(consumer)
            except (KafkaError, IllegalStateError, OSError, TimeoutError) as error:
                _log.warning("messaging.dead_letter_log.renewed", error=repr(error))
            finally:
                with contextlib.suppress(KafkaError, OSError, TimeoutError):
                    async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                        await consumer.stop()
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            wait = min(LONGEST_WAIT_SECONDS, 2 * wait)

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        consumer.assign([TopicPartition(self._name, 0)])  # makes the client ask for the topic
        while not (numbers := consumer.partitions_for_topic(self._name)):  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(LOOK_SECONDS)
        partitions = [TopicPartition(self._name, number) for number in numbers]
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, self._positions.get(partition, 0))
        while True:
            fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_AT_ONCE)
            for partition, records in fetched.items():
                for record in records:
                    await self._keep(_letter(record, self._connection.settings.prefix))
                    self._positions[partition] = record.offset + 1
            for partition in partitions:
                high = consumer.highwater(partition)
                if high is not None and high < self._positions.get(partition, 0):
                    self._positions[partition] = 0
                    consumer.seek(partition, 0)


def meant_for_another(headers: tuple[tuple[str, bytes], ...], group: str) -> bool:
    """Return whether the message was published again for another group than this one."""
    return any(name == REPLAY_HEADER and value != group.encode() for name, value in headers)


def _letter(record: ConsumerRecord[bytes, bytes], prefix: str) -> DeadLetter:
    said = {
        name.removeprefix(HEADER): value.decode("utf-8", "replace")
        for name, value in record.headers
        if name.startswith(HEADER)
    }
    return DeadLetter(
        id=f"{record.partition}-{record.offset}-{record.timestamp}",
        topic=said.get("topic", "").removeprefix(prefix),
        group=said.get("group", ""),
        reason=said.get("reason", ""),
        detail=said.get("detail", ""),
        key=record.key or b"",
        value=record.value or b"",
        written_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
    )
