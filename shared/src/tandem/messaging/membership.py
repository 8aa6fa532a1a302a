"""Joins a consumer group, leaves it, and notices when the broker forgot it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError

from tandem.messaging.careful import commit_as_a_member_alone
from tandem.messaging.connection import Connection
from tandem.messaging.group_lease import GroupLease
from tandem.observability.logs import get_logger

COMMIT_SECONDS = 5.0
"""Longest wait for one commit, or for an answer about one."""
CLOSE_SECONDS = 5.0
METADATA_MS = 5_000
"""Age at which a consumer refreshes what it knows of the topic's partitions; a change makes the group rebalance."""
JOIN_MARGIN_SECONDS = 10.0
"""Time that a rebalance may take beyond the longest drain."""

_log = get_logger(__name__)


async def open_consumer(
    connection: Connection,
    group: str,
    topic: str,
    *,
    drain_seconds: float,
    stopping: asyncio.Event,
    report: Callable[[str], None],
    lease: GroupLease,
) -> AIOKafkaConsumer | None:
    """Return a consumer that may subscribe to the topic; None if `stopping` came first.

    Waits for the broker and the topic: a group whose leader does not know of the topic yet would assign nothing and be
    content with it.
    """
    settings = connection.settings
    rebalance_ms = int((drain_seconds + COMMIT_SECONDS + JOIN_MARGIN_SECONDS) * 1000)
    wait = 0.1
    while not stopping.is_set():
        consumer = AIOKafkaConsumer(
            **connection.options,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(settings.session_timeout_seconds * 1000),
            heartbeat_interval_ms=int(settings.heartbeat_seconds * 1000),
            rebalance_timeout_ms=rebalance_ms,
            metadata_max_age_ms=METADATA_MS,
            partition_assignment_strategy=(_sticky(),),
            request_timeout_ms=rebalance_ms + 5_000,  # the answer to a join comes when all members joined
        )
        commit_as_a_member_alone(consumer._client)  # noqa: SLF001 - the library has no hook for it
        lease.watch(consumer._client)  # noqa: SLF001 - nor for this
        try:
            if await _started(consumer, topic, stopping):
                return consumer
            await close_consumer(consumer)
        except (KafkaError, OSError) as error:
            await close_consumer(consumer)
            report(f"{topic} cannot be consumed ({type(error).__name__})")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait * random.uniform(0.5, 1.0)):  # noqa: S311 - jitter
                    await stopping.wait()
            wait = min(2.0, wait * 2)
        except BaseException:
            await close_consumer(consumer)
            raise
    return None


def _sticky() -> type[StickyPartitionAssignor]:
    """Return an assignor with which members keep the partitions they had, as far as possible.

    The library keeps what a member has in the class, and a process may hold several members.
    """
    return type("StickyAssignorOfOneConsumer", (StickyPartitionAssignor,), {})


async def _started(consumer: AIOKafkaConsumer, topic: str, stopping: asyncio.Event) -> bool:
    """Start the consumer, unless told to stop before the broker answered. Return whether it started."""
    starting = asyncio.create_task(_start(consumer, topic))
    told = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((starting, told), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
        return starting.done()
    finally:
        starting.cancel()
        told.cancel()
        await asyncio.gather(starting, told, return_exceptions=True)


async def _start(consumer: AIOKafkaConsumer, topic: str) -> None:
    await consumer.start()
    await consumer._client._wait_on_metadata(topic)  # noqa: SLF001 - what the library itself does for topics it starts with


async def close_consumer(consumer: AIOKafkaConsumer) -> None:
    """Leave the group and close the connections; gives up on a broker that does not answer."""
    coordinator = consumer._coordinator  # noqa: SLF001 - see below
    if coordinator is not None and coordinator.generation == 0:
        # The library takes a first generation of 0 for "never joined" and would not say that it leaves; the others
        # would wait for the session to expire. The number itself is not sent.
        coordinator.generation = 1
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await consumer.stop()


def was_dropped(consumer: AIOKafkaConsumer) -> bool:
    """Return whether the group dropped this member (or never knew it): the client forgot its place in the group."""
    generation: int = consumer._coordinator.generation  # noqa: SLF001 - the library tells it nowhere else
    return generation < 0


class GroupMemory:
    """Memory of the group in this process, to tell whether the broker still remembers it."""

    def __init__(self, topic_name: str) -> None:
        self._topic_name = topic_name
        self.generation = -1
        """Generation of the group when partitions were last assigned."""
        self._commits: dict[TopicPartition, int] = {}

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Record commits that the broker acknowledged."""
        self._commits |= offsets

    def follows(self, consumer: AIOKafkaConsumer) -> bool:
        """Return whether nobody can have owned anything between the last membership and this new one."""
        generation: int = consumer._coordinator.generation  # noqa: SLF001 - the library tells it nowhere else
        return generation == self.generation + 1

    async def is_gone(self, consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]) -> bool:
        """Return whether the group just joined, with these partitions assigned, is not the one joined before.

        A group's generation only rises, unless the broker forgot the group and whatever else it held. The first to join
        the new group is sure to see it; committed offsets that went back are the other sign.
        """
        generation: int = consumer._coordinator.generation  # noqa: SLF001 - the library tells it nowhere else
        began_anew, self.generation = generation <= self.generation, generation
        for assignor in consumer._coordinator._assignors:  # noqa: SLF001 - the library forgets to tell them
            assignor.on_generation_assignment(generation)
        known = {partition: at for partition, at in self._commits.items() if partition in partitions}
        if began_anew or (known and await self._went_back(consumer, known)):
            self._commits.clear()
            return True
        return False

    async def _went_back(self, consumer: AIOKafkaConsumer, known: Mapping[TopicPartition, int]) -> bool:
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                committed = await asyncio.gather(*(consumer.committed(partition) for partition in known))
        except (KafkaError, TimeoutError) as error:
            _log.warning("messaging.committed.unknown", topic=self._topic_name, error=repr(error))
            return False
        return any(now is None or now < at for now, at in zip(committed, known.values(), strict=True))
