"""Handler calls of a consumer: which messages wait for one, which are in one, and whether more may be fetched."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeAlias

from aiokafka import TopicPartition

from tandem.messaging.errors import LetGo
from tandem.messaging.handling import Handling
from tandem.messaging.in_flight import InFlight, Record
from tandem.observability.metrics import EVENTS_CONSUMED, IN_FLIGHT

Message: TypeAlias = tuple[TopicPartition, Record]

ROOM_PARTS = 4
"""Messages are fetched once there is room for 1/`ROOM_PARTS` of what may wait: each fetch costs."""
MOST_BYTES = 64 * 1024 * 1024
"""Limit of the bytes that wait or are handled, however few the messages: beyond it nothing more is fetched."""


class Calls:
    """Up to `concurrency` calls at once, each with up to `max_batch` messages; up to `most_waiting` messages wait."""

    def __init__(
        self,
        *,
        handling: Handling[Any],
        in_flight: InFlight,
        max_batch: int,
        concurrency: int,
        most_waiting: int,
        topic: str,
        group: str,
        fail: Callable[[BaseException], None],
        again: Callable[[TopicPartition, Record], None],
    ) -> None:
        """Set the limits. `fail` receives what a call raised, other than LetGo; it ends the process.

        `again` receives messages that were let go and had been fetched once more by then.
        """
        self._handling = handling
        self._in_flight = in_flight
        self._max_batch = max_batch
        self._concurrency = concurrency
        self._most_waiting = most_waiting
        self._bytes = 0
        self.least_room = max(1, most_waiting // ROOM_PARTS)
        """Smallest room that is worth a fetch."""
        self._fail = fail
        self._again = again
        self._ready: deque[Message] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._held = False
        self._over = False
        self.room_made = asyncio.Event()
        self._consumed = EVENTS_CONSUMED.labels(topic, group)
        self._in_flight_gauge = IN_FLIGHT.labels(topic)

    @property
    def waiting(self) -> int:
        """Return how many messages are held and not begun."""
        return len(self._ready)

    @property
    def room(self) -> int:
        """Return how many messages may be accepted on top of those that wait."""
        return 0 if self._bytes > MOST_BYTES else self._most_waiting - len(self._ready)

    def add(self, messages: Collection[Message]) -> None:
        """Queue messages; they are handled as soon as there is a call for them, at the next `start`."""
        self._ready.extend(messages)
        self._bytes += _size(messages)

    def start(self) -> None:
        """Begin as many calls as may run."""
        while (
            self._ready
            and len(self._running) < self._concurrency
            and not self._held
            and not self._over
            and not self._handling.dependency_away
        ):
            batch = [self._ready.popleft() for _ in range(min(self._max_batch, len(self._ready)))]
            for partition, record in batch:
                self._in_flight.started(partition, record)
            self._in_flight_gauge.inc(len(batch))
            self._running.add(call := asyncio.create_task(self._handling.handle([record for _, record in batch])))
            call.add_done_callback(partial(self._ended, batch))
        if self.room >= self.least_room:
            self.room_made.set()

    def forget_waiting(self) -> None:
        """Drop the messages whose handling has not begun."""
        self._bytes -= _size(self._ready)
        self._ready.clear()

    def hold(self) -> None:
        """Begin nothing until `go_on`."""
        self._held = True

    def go_on(self) -> None:
        self._held = False

    def begin_no_more(self) -> None:
        """Let what runs come to its end, and begin nothing else from now on."""
        self._over = True
        self.room_made.set()

    async def wait(self, seconds: float) -> None:
        """Wait for what runs, at most `seconds`."""
        if self._running and seconds:
            await asyncio.wait(self._running, timeout=seconds)

    async def cancel(self) -> None:
        """Cancel what runs."""
        running = list(self._running)
        for call in running:
            call.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, batch: list[Message], call: asyncio.Task[None]) -> None:
        self._running.discard(call)
        self._bytes -= _size(batch)
        self._in_flight_gauge.dec(len(batch))
        error = None if call.cancelled() else call.exception()
        if call.cancelled() or error is not None:
            fetched_again = [message for message in batch if self._in_flight.abandoned(*message)]
            if isinstance(error, LetGo):
                for message in fetched_again:
                    self._again(*message)
                self.start()
            elif error is not None:
                self._fail(error)
            return
        for partition, record in batch:
            self._in_flight.finished(partition, record)
        self._consumed.inc(len(batch))
        self.start()


def _size(messages: Collection[Message]) -> int:
    return sum(len(record.value or b"") for _, record in messages)
