"""Consumer runner: fetches, calls handlers, commits what is done, and gives partitions up without losing work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Generic, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from tandem.events import Event, Topic
from tandem.messaging.bus import Batches, Bus, Ownership
from tandem.messaging.calls import Calls, Message
from tandem.messaging.commits import Commits
from tandem.messaging.dead_letter import DeadLetters
from tandem.messaging.group_lease import GroupLease
from tandem.messaging.handling import Handling
from tandem.messaging.in_flight import InFlight, Record, Verdict
from tandem.messaging.membership import GroupMemory, close_consumer, open_consumer, was_dropped
from tandem.messaging.newcomers import Newcomers
from tandem.messaging.outgoing import Handler
from tandem.messaging.rebalancing import RebalanceListener
from tandem.observability.logs import get_logger
from tandem.observability.metrics import LOG_RESETS, REBALANCES
from tandem.observability.series import start_at_zero

E = TypeVar("E", bound=Event)

POLL_MS = 500
FULL_SECONDS = 5.0
"""Seconds without room after which partitions are paused and the broker's poll clock is reset."""

_log = get_logger(__name__)


class ConsumerRunner(Generic[E]):
    """Runs a handler over a topic as a member of a group, which the catalogue names.

    Effect → acknowledgement of what follows from it → commit of the contiguous watermark. Up to `concurrency` handler
    calls run at once, each with up to `max_batch` messages. As many messages again are held ready; beyond that fetching
    stops while polling goes on. Order between calls is not promised.

    When partitions are revoked, what has not begun is let go at once and what runs gets `drain_seconds`; its
    offsets are committed before the partitions go. Calls that take longer go on; if their partition comes back they
    are not begun again. A handler that is notified of ownership by `on_owned` is not waited for in a
    rebalance, and works on meanwhile. When the group dropped this member, or may have, `lease` does not hold.
    """

    def __init__(
        self,
        bus: Bus,
        topic: Topic,
        handler: Handler[E],
        batches: Batches,
        *,
        on_lost: Callable[[], Awaitable[None]] | None = None,
        ownership: Ownership | None = None,
    ) -> None:
        """Consume `topic` for the service of `bus`.

        `on_lost` is run (in the background, one at a time) when the broker turns out to have forgotten the topic or the
        group's offsets.
        """
        ownership = ownership or Ownership()
        connection = self._connection = bus.connection
        self._topic = topic
        self._name = connection.topic(topic)
        self._group = connection.group(topic.group_of(bus.service))
        self._drain_seconds = batches.drain_seconds
        start_at_zero(REBALANCES, [topic.name])
        start_at_zero(LOG_RESETS, [topic.name])
        self._health = bus.health
        self._on_lost = on_lost
        self._on_owned = ownership.on_owned
        self._on_dropped = ownership.on_dropped
        self._lease = ownership.lease or GroupLease(connection.settings.session_timeout_seconds)
        self._newcomers = Newcomers(ownership.prepare, self._prepared, self._fail)
        handling = Handling(
            bus,
            topic,
            handler,
            dead_letters=DeadLetters(connection, bus.producer, topic_name=topic.name, group=self._group),
            group=self._group,
            single=batches.max_batch == 1,
        )
        self._in_flight = InFlight()
        self._memory = GroupMemory(topic.name)
        self._calls = Calls(
            handling=handling,
            in_flight=self._in_flight,
            max_batch=batches.max_batch,
            concurrency=batches.concurrency,
            most_waiting=batches.most_waiting or batches.max_batch * batches.concurrency,
            topic=topic.name,
            group=self._group,
            fail=self._fail,
            again=self._take_again,
        )
        self._commits = Commits(
            in_flight=self._in_flight,
            memory=self._memory,
            topic=topic.name,
            interval=batches.commit_interval,
            waiting=lambda: self.queued,
            log_was_reset=self._log_was_reset,
        )
        self._failure: asyncio.Future[None] | None = None
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._lost = asyncio.Event()
        self._health_name = f"consumer {topic.name}"
        if bus.health is not None:
            bus.health.expect(self._health_name)

    @property
    def name(self) -> str:
        """Return the name under which health and logs know it."""
        return self._health_name

    @property
    def queued(self) -> int:
        """Return how many messages are held and not begun."""
        return self._calls.waiting

    @property
    def in_flight(self) -> int:
        """Return how many messages are in handler calls."""
        return self._in_flight.running

    @property
    def generation(self) -> int:
        """Return the group's generation when partitions were last assigned; -1 before that."""
        return self._memory.generation

    @property
    def holding(self) -> set[int]:
        """Return the numbers of the partitions with messages in handler calls, even if others own them by now."""
        return self._in_flight.running_on

    async def run(self) -> None:
        """Consume until `stop`. Raises MessagingError (and whatever `on_lost` raises) when the process should end.

        A broker that is away ends nothing: this waits, reports itself not ready, and goes on when it is back.
        """
        self._failure = asyncio.get_running_loop().create_future()
        sweeping = asyncio.create_task(self._run_on_lost())
        try:
            while not self._stopping.is_set():
                consumer = await open_consumer(
                    self._connection,
                    self._group,
                    self._name,
                    drain_seconds=self._drain_seconds,
                    stopping=self._stopping,
                    report=self._report,
                    lease=self._lease,
                )
                if consumer is not None:
                    await self._consume(consumer)
        finally:
            self._newcomers.forget()
            sweeping.cancel()
            await asyncio.gather(sweeping, self._calls.cancel(), return_exceptions=True)
            self._stopped.set()

    async def stop(self) -> None:
        """Stop fetching, let what runs come to its end (at most `drain_seconds`), commit, leave the group."""
        self._stopping.set()
        self._calls.begin_no_more()
        if self._failure is not None:
            await self._stopped.wait()

    # --- one membership: from joining to leaving

    async def _consume(self, consumer: AIOKafkaConsumer) -> None:
        """Consume until told to stop, a call fails for good (raises), or the client breaks (returns, to be renewed)."""
        assert self._failure is not None  # noqa: S101 - run() made it
        consumer.subscribe([self._name], listener=RebalanceListener(self, consumer))
        stopping = asyncio.create_task(self._stopping.wait())
        polling = asyncio.create_task(self._poll(consumer))
        committing = asyncio.create_task(self._commits.commit_regularly(consumer))
        try:
            await asyncio.wait((stopping, polling, committing, self._failure), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (stopping, polling, committing):
                task.cancel()
            results = await asyncio.gather(polling, committing, return_exceptions=True)
            await self._leave(consumer)
        if self._failure.done():
            self._failure.result()
        for result in results:
            if isinstance(result, KafkaError | IllegalStateError):
                _log.warning("messaging.consumer.renewed", topic=self._topic.name, error=repr(result))
                self._report(f"the connection failed ({type(result).__name__})")
            elif isinstance(result, Exception):
                raise result

    async def _leave(self, consumer: AIOKafkaConsumer) -> None:
        if self._stopping.is_set():
            if self._on_owned is not None:
                self._on_owned(())
            await self.let_go(consumer, self._drain_seconds)
        else:
            self._drop()
            self._calls.forget_waiting()
            self._newcomers.forget()
            await self._commits.commit(consumer)
            self._in_flight.release()
        await close_consumer(consumer)

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        while not self._stopping.is_set():
            self._calls.start()
            room = self._calls.room - self._newcomers.held
            if room < self._calls.least_room:
                await self._wait_for_room(consumer)
                continue
            fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=room)
            for partition, records in fetched.items():
                self._accept(partition, records)
            if self._newcomers.held:
                self._newcomers.prepare({tp: consumer.highwater(tp) or 0 for tp in consumer.assignment()})

    def _accept(self, partition: TopicPartition, records: list[Record]) -> None:
        taken = []
        for record in records:
            verdict, began_anew = self._in_flight.fetched(partition, record)
            if began_anew:
                self._log_was_reset()
            if verdict is Verdict.START and not self._newcomers.hold(partition, record):
                taken.append((partition, record))
        self._calls.add(taken)
        self._commits.fetched(partition, records[-1].offset + 1)

    def _take_again(self, partition: TopicPartition, record: Record) -> None:
        """Handle a message that was let go although its partition has come back since."""
        if not self._newcomers.hold(partition, record):
            self._calls.add([(partition, record)])

    async def _wait_for_room(self, consumer: AIOKafkaConsumer) -> None:
        self._calls.room_made.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FULL_SECONDS):
                await self._calls.room_made.wait()
            return
        assigned = consumer.assignment()
        consumer.pause(*assigned)
        try:
            await consumer.getmany(timeout_ms=0)
        finally:
            consumer.resume(*(assigned & consumer.assignment()))

    def _prepared(self, messages: Collection[Message]) -> None:
        self._calls.add(messages)
        self._calls.start()

    # --- changes of ownership; called by the client's own coordination task, which holds nothing that polling needs

    async def revoked(self, consumer: AIOKafkaConsumer) -> None:
        """Release all partitions before a rebalance."""
        if was_dropped(consumer):
            self._drop()
        await self.let_go(consumer, self._drain_seconds if self._on_owned is None else 0.0)

    async def let_go(self, consumer: AIOKafkaConsumer, seconds: float) -> None:
        """Release what has not begun, give running calls `seconds` to end, commit, and own nothing any more."""
        self._calls.hold()
        try:
            self._calls.forget_waiting()
            self._newcomers.released(self._in_flight.partitions)
            await self._calls.wait(seconds)
            await self._commits.commit_last(consumer)
        finally:
            self._in_flight.release()
            self._commits.released()
            self._calls.go_on()

    async def take_over(self, consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]) -> None:
        """Own these partitions; find out whether the broker still knows what was committed on them."""
        follows = self._memory.follows(consumer)
        if not follows:
            self._drop()
        self._in_flight.assign(partitions)
        self._newcomers.assigned(partitions, follows=follows)
        REBALANCES.labels(self._topic.name).inc()
        _log.info("messaging.consumer.assigned", topic=self._topic.name, partitions=len(partitions))
        self._report(None)
        gone = await self._memory.is_gone(consumer, partitions)
        if self._on_owned is not None:
            self._on_owned([partition.partition for partition in partitions])
        self._lease.begin()
        if gone:
            self._log_was_reset()

    def _drop(self) -> None:
        """Record that the group may have continued without this member: nothing that it holds is surely its own."""
        self._lease.end()
        if self._on_dropped is not None:
            self._on_dropped()

    def _log_was_reset(self) -> None:
        if not self._lost.is_set():
            LOG_RESETS.labels(self._topic.name).inc()
            _log.warning("messaging.log.lost", topic=self._topic.name)
            self._lost.set()

    async def _run_on_lost(self) -> None:
        while True:
            await self._lost.wait()
            self._lost.clear()
            if self._on_lost is not None:
                try:
                    await self._on_lost()
                except Exception as error:  # noqa: BLE001 - ends the process through run()
                    self._fail(error)
                    return

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Make an error end the runner where the caller would swallow it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - ends the process through run()
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self._failure is not None and not self._failure.done():
            self._failure.set_exception(error)

    def _report(self, problem: str | None) -> None:
        if self._health is not None:
            self._health.set(self._health_name, problem)
