"""Shared parts of the consumers of a process, and the settings by which each delivers messages to its handler."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from tandem.messaging.connection import Connection
from tandem.messaging.group_lease import GroupLease
from tandem.messaging.newcomers import Prepare
from tandem.messaging.producer import Producer
from tandem.observability.health import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """The broker as one service uses it. `service`: its name in the catalogue of topics, which names its groups."""

    connection: Connection
    producer: Producer
    service: str
    health: Health | None = None
    dependency_errors: tuple[type[Exception], ...] = ()
    """Errors that handlers raise while a dependency is unavailable; they are called again once it is available."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Settings of the delivery of messages to a handler.

    Two shapes: many slow calls (`max_batch=1, concurrency=64`), or few calls over many messages (`max_batch=500,
    concurrency=2`).
    """

    max_batch: int
    """Most messages of one call; no call waits for a batch to fill."""
    concurrency: int
    """Most calls that run at once."""
    drain_seconds: float
    """Time for running calls to end when partitions are revoked, or the process stops."""
    commit_interval: float = 0.5
    """Seconds between commits."""
    most_waiting: int | None = None
    """Messages that are held ready beside those in calls; left out, as many as all calls together take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Callbacks of a handler that keeps state by partition, for newly assigned and revoked partitions."""

    prepare: Prepare | None = None
    """Run before the first messages of partitions that came from another member are handled; polling goes on."""
    on_owned: Callable[[Collection[int]], None] | None = None
    """Receives the numbers of the owned partitions each time they were shared out, and none at the end. The handler
    raises `LetGo` for messages of others, where it still can, and is not waited for in a rebalance."""
    on_dropped: Callable[[], None] | None = None
    """Called when the group dropped this member: others may have handled all that it holds."""
    lease: GroupLease | None = None
    """Says whether the group surely still counts on this member."""
