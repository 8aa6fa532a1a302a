"""Makes the n-th call of the store or the broker fail: before it has an effect, or after.

Store calls fail in a real mongod, by its fail points, at the n-th command that the driver sends; broker calls fail in a
producer that keeps its events in memory. Both are counted together, in the order in which they are made.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pymongo
import pytest
from pymongo import monitoring
from pymongo.errors import BulkWriteError

from dispatch_world import RecordingProducer
from failing_mongod import FailingMongod
from tandem.events import Event, Topic
from tandem.messaging import BrokerUnavailableError, Connection, Outgoing
from tandem.settings import KafkaSettings, MongoSettings
from tandem.store.database import Database, StoreUnavailableError
from tandem.store.indexes import ensure_indexes

SEND = "send"
WRITES = {"insert", "update", "delete", "findAndModify", SEND}
_CALLS = {*WRITES, "find", "aggregate", "getMore", "count", "distinct"}
_TIMED_OUT = 50
"""The server gave up before the command did anything."""
_NOT_REPLICATED = {"code": 64, "errmsg": "waiting for replication timed out", "errInfo": {"wtimeout": True}}
"""The write took place, and its writer is told of an error."""


@dataclass
class Faults:
    """Counts the calls on one database and one producer, and has one of them fail."""

    control: pymongo.MongoClient[dict[str, Any]]
    database: str
    calls: list[str] = field(default_factory=list)
    fail_at: int | None = None
    after: bool = False
    watching: bool = False
    resting: bool = False

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Count nothing that is made in here: a beginning that another story shows with faults of its own."""
        self.resting = True
        try:
            yield
        finally:
            self.resting = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count the calls made in here; what the test does around it is not counted."""
        self.watching = True
        try:
            yield
        finally:
            self.watching = False

    def arm(self, fail_at: int | None, *, after: bool = False) -> None:
        """Count from now on; the call `fail_at` (from 0) fails, before or after it had its effect."""
        self.calls, self.fail_at, self.after = [], fail_at, after

    def comes(self, name: str) -> bool:
        """Count a call. Returns whether it is to fail."""
        if not self.watching or self.resting:
            return False
        self.calls.append(name)
        return len(self.calls) - 1 == self.fail_at

    @property
    def unknown_send(self) -> bool:
        """Whether a publication failed, so that nobody knows what became of it."""
        return self.fail_at is not None and len(self.calls) > self.fail_at and self.calls[self.fail_at] == SEND

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Have the server fail the command, in the driver's thread before it is sent, where it is its turn."""
        name = event.command_name
        if event.database_name != self.database or name not in _CALLS or not self.comes(name):
            return
        how: dict[str, Any] = {"writeConcernError": _NOT_REPLICATED} if self.after else {"errorCode": _TIMED_OUT}
        data = {"failCommands": [name], **how}
        self.control.admin.command({"configureFailPoint": "failCommand", "mode": {"times": 1}, "data": data})

    async def every(self, story: Callable[[], Awaitable[None]]) -> int:
        """Tell the story once without a fault, then once for each call that fails before its effect, and for each write
        that fails after it. Returns how many faults there were."""
        self.arm(None)
        await story()
        calls = tuple(self.calls)
        told = 0
        for number, after in _each(calls):
            self.arm(number, after=after)
            try:
                await story()
            except BaseException as error:
                when = "after" if after else "before"
                error.add_note(f"call {number} of {len(calls)}, {calls[number]}, failed {when} its effect")
                raise
            told += 1
        self.arm(None)
        return told


def _each(calls: Sequence[str]) -> Iterator[tuple[int, bool]]:
    for number, name in enumerate(calls):
        yield number, False
        if name in WRITES:
            yield number, True


class _Listeners(monitoring.CommandListener):
    """Passes on to whoever listens now: the driver cannot unregister a listener."""

    def __init__(self) -> None:
        self.faults: Faults | None = None
        self.registered = False

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Pass it on."""
        if self.faults is not None:
            self.faults.started(event)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Ignore it."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Ignore it."""


_LISTENERS = _Listeners()


def listen(faults: Faults | None) -> None:
    """Have these faults hear of the commands of every client that is made from now on; None: no more."""
    if not _LISTENERS.registered:
        monitoring.register(_LISTENERS)
        _LISTENERS.registered = True
    _LISTENERS.faults = faults


class FaultyProducer(RecordingProducer):
    """Keeps what is published in memory; a call may fail before or after that."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(Connection(KafkaSettings()))
        self._faults = faults
        self._offsets = count()

    async def send_all(self, events: Sequence[Outgoing | Event]) -> None:
        """Publish all, or raise BrokerUnavailableError."""
        fails = self._faults.comes(SEND)
        if not fails or self._faults.after:
            self.handed_over += [each.event if isinstance(each, Outgoing) else each for each in events]
        if fails:
            raise BrokerUnavailableError("injected")

    def last_offset(self, topic: Topic, *, partition: int = 0) -> int | None:  # noqa: ARG002 - as Producer
        """Return some offset."""
        return next(self._offsets)


@dataclass(frozen=True)
class FailingStore:
    """One database twice: as what is tested sees it, and where nothing fails."""

    failing: Database
    plain: Database
    faults: Faults

    async def until_done(self, step: Callable[[], Awaitable[object]], *, tries: int = 3) -> None:
        """Take the step, again where it failed: at most once for the fault there is."""
        for attempt in range(tries):
            try:
                with self.faults.watched():
                    await step()
            except (StoreUnavailableError, BulkWriteError):
                assert attempt == 0, "it failed again though only one call does"
            else:
                return
        raise AssertionError("unreachable")


@pytest.fixture
async def failing_store(failing_mongod: FailingMongod) -> AsyncIterator[FailingStore]:
    name = f"faults_{uuid.uuid4().hex[:12]}"
    settings = MongoSettings.model_validate({"url": failing_mongod.url, "database": name})
    with pymongo.MongoClient[dict[str, Any]](failing_mongod.url) as control:
        faults = Faults(control, name)
        listen(faults)
        plain, failing = Database(settings), Database(settings)
        await ensure_indexes(plain)
        yield FailingStore(failing, plain, faults)
        listen(None)
        failing.close()
        plain.close()
        control.drop_database(name)
