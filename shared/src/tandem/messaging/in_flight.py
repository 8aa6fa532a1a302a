"""Messages that a consumer holds: fetched, running or done, across changes of ownership. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TypeAlias

from aiokafka import ConsumerRecord, TopicPartition

from tandem.messaging.offsets import OffsetTracker

Record: TypeAlias = ConsumerRecord[bytes, bytes]


class MessageVerdict(Enum):
    """Tells what to do with a fetched message."""

    START = "start"
    RUNNING = "running"
    """Its handling began before the partition went away and came back; it is attached again, not started again."""
    DONE = "done"
    """Its handling ended while the partition was away, or before its offset could be committed."""


class InFlight:
    """Offsets of the owned partitions, and the messages whose handling outlives the ownership.

    A message fetched again counts as the same one when offset, time and bytes are equal; after a broker forgot its log,
    other messages come under the same offsets.
    """

    def __init__(self) -> None:
        self._trackers: dict[TopicPartition, OffsetTracker] = {}
        self._running: dict[tuple[TopicPartition, int], Record] = {}
        self._done: dict[TopicPartition, dict[int, int]] = {}
        """Messages handled and not known to be committed: by offset, a hash that tells the message from another one.

        Behind a slow call these are many, so the messages themselves are not kept.
        """

    @property
    def partitions(self) -> Iterable[TopicPartition]:
        return self._trackers.keys()

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def running_on(self) -> set[int]:
        """Return the numbers of the partitions of which messages are being handled, owned still or not."""
        return {partition.partition for partition, _ in self._running}

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        """Own these partitions from now on, from the group's committed offset on."""
        self._trackers = {partition: OffsetTracker() for partition in partitions}
        self._done = {partition: done for partition, done in self._done.items() if partition in self._trackers}

    def release(self) -> None:
        """Own no partition any more. Running handling continues and is remembered."""
        self._trackers = {}

    def fetched(self, partition: TopicPartition, record: Record) -> tuple[MessageVerdict, bool]:
        """Register a fetched message.

        The second value: True if the log turned out to begin anew (its offsets went back).
        """
        tracker = self._trackers.setdefault(partition, OffsetTracker())
        began_anew = False
        try:
            tracker.take(record.offset)
        except ValueError:
            began_anew = True
            tracker = self._trackers[partition] = OffsetTracker()
            tracker.take(record.offset)
        running = self._running.get((partition, record.offset))
        if running is not None and _same(running, record):
            return MessageVerdict.RUNNING, began_anew
        done = self._done.get(partition)
        if done and done.get(record.offset) == _print_of(record):
            tracker.finish(record.offset)
            return MessageVerdict.DONE, began_anew
        return MessageVerdict.START, began_anew

    def started(self, partition: TopicPartition, record: Record) -> None:
        self._running[partition, record.offset] = record

    def finished(self, partition: TopicPartition, record: Record) -> None:
        """Record that the message was handled to its end."""
        if not self._forget(partition, record):
            return  # a message of a log that the broker forgot since
        self._done.setdefault(partition, {})[record.offset] = _print_of(record)
        tracker = self._trackers.get(partition)
        if tracker is not None and tracker.holds(record.offset):
            tracker.finish(record.offset)

    def abandoned(self, partition: TopicPartition, record: Record) -> bool:
        """Record that the message's handling was cut off; whoever fetches it next handles it.

        True where it was fetched again already, while it was being handled: then nobody fetches it once more.
        """
        if not self._forget(partition, record):
            return False
        tracker = self._trackers.get(partition)
        return tracker is not None and tracker.holds(record.offset)

    def _forget(self, partition: TopicPartition, record: Record) -> bool:
        running = self._running.get((partition, record.offset))
        if running is None or running is not record:
            return False
        del self._running[partition, record.offset]
        return True

    def to_commit(self) -> dict[TopicPartition, int]:
        """Return the watermarks that rose since they were last committed."""
        return {
            partition: offset
            for partition, tracker in self._trackers.items()
            if (offset := tracker.to_commit()) is not None
        }

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        for partition, offset in offsets.items():
            if (tracker := self._trackers.get(partition)) is not None:
                tracker.mark_committed(offset)
            if done := self._done.get(partition):
                self._done[partition] = {at: known for at, known in done.items() if at >= offset}


def _same(one: Record, other: Record) -> bool:
    return one is other or (one.timestamp == other.timestamp and one.value == other.value and one.key == other.key)


def _print_of(record: Record) -> int:
    return hash((record.timestamp, record.value, record.key))
