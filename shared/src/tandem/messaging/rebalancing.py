"""Pass the client's calls about changes of ownership on to the consumer runner."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition


class Owner(Protocol):
    """Takes partitions over and gives them up."""

    def guarded(self) -> AbstractContextManager[None]:
        """Make an error end the owner where the caller would swallow it."""

    async def revoked(self, consumer: AIOKafkaConsumer) -> None:
        """Give up all partitions: they are shared out anew."""

    async def take_over(self, consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]) -> None:
        """Own these partitions from now on."""


class RebalanceListener(ConsumerRebalanceListener):  # type: ignore[misc]  # the library has no types
    """Passes the client's rebalance calls on. The client would only log an error, so it ends the owner."""

    def __init__(self, owner: Owner, consumer: AIOKafkaConsumer) -> None:
        self._owner = owner
        self._consumer = consumer

    async def on_partitions_revoked(self, _all: Iterable[TopicPartition]) -> None:
        with self._owner.guarded():
            await self._owner.revoked(self._consumer)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        with self._owner.guarded():
            await self._owner.take_over(self._consumer, assigned)
