"""Newly assigned partitions, and their messages until this member is prepared to handle them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from aiokafka import TopicPartition

from tandem.messaging.in_flight import Record

Prepare: TypeAlias = Callable[[Mapping[int, int]], Awaitable[None]]
"""Receives, by partition number, how many messages there are from the first uncommitted one to the end of the log."""


class Newcomers:
    """Holds messages back until `prepare` ran for their partitions, a few partitions at a time as messages come."""

    def __init__(
        self,
        prepare: Prepare | None,
        release: Callable[[Collection[tuple[TopicPartition, Record]]], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        """Begin with nothing held. `release` receives the messages that were held; `fail` what `prepare` raised."""
        self._prepare = prepare
        self._release = release
        self._fail = fail
        self._new: set[TopicPartition] = set()
        self._owned: set[TopicPartition] = set()
        self._messages: dict[TopicPartition, list[Record]] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def held(self) -> int:
        """Return how many messages are held back."""
        return sum(map(len, self._messages.values()))

    def assigned(self, partitions: Iterable[TopicPartition], *, follows: bool) -> None:
        """Add newly assigned partitions. `follows`: what was owned before was nobody else's in between."""
        if self._prepare is not None:
            self._new |= set(partitions) - (self._owned if follows else set())

    def released(self, partitions: Iterable[TopicPartition]) -> None:
        """Record that no partition is owned any more; `partitions` were until now."""
        prepared = set(partitions) - self._new
        self.forget()
        self._owned = prepared

    def forget(self) -> None:
        """Drop all held messages and all partitions."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._messages.clear()
        self._new.clear()
        self._owned = set()

    def hold(self, partition: TopicPartition, record: Record) -> bool:
        """Hold the message back if its partition is newly assigned. Return whether it is held."""
        if partition not in self._new:
            return False
        self._messages.setdefault(partition, []).append(record)
        return True

    def prepare(self, highs: Mapping[TopicPartition, int]) -> None:
        """Start preparing, so that what is held is released in the end. `highs`: the high watermarks."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(dict(highs)))

    async def _run(self, highs: Mapping[TopicPartition, int]) -> None:
        assert self._prepare is not None  # noqa: S101 - nothing is held without it
        partitions = {partition: records[0].offset for partition, records in self._messages.items()}
        try:
            await self._prepare(
                {partition.partition: max(1, highs.get(partition, 0) - at) for partition, at in partitions.items()}
            )
        except Exception as error:  # noqa: BLE001 - ends the process through the runner
            self._fail(error)
            return
        self._task = None
        self._new -= partitions.keys()
        for partition in partitions:
            self._release([(partition, record) for record in self._messages.pop(partition, ())])
