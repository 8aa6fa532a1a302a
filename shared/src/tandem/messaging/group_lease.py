"""Lease on the membership in a consumer group: for how long the group surely counts this process as its member."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.errors import RebalanceInProgressError
from aiokafka.protocol.group import HeartbeatRequest, SyncGroupRequest

from tandem.runtime.clocks import since_boot

_ALIVE = (0, RebalanceInProgressError.errno)
"""Error codes of a heartbeat's answer that renew the session: all is well, or the group shares out anew."""


class GroupLease:
    """Holds from a sign of life that the coordinator acknowledged until the session timeout after it was sent.

    The coordinator drops a member that was silent for the session timeout, counted from when it received the last
    heartbeat. That is later than the heartbeat was sent, so while the lease holds nobody else owns the partitions. A
    process that was stopped, or cut off from the broker, finds its lease lapsed, whatever its client believes.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = since_boot) -> None:
        """Begin without a lease. `seconds`: the session timeout.

        `clock` must count time in which the process is suspended.
        """
        self._seconds = seconds
        self._clock = clock
        self._until = float("-inf")
        self._joined_at = float("-inf")
        self._news = asyncio.Event()

    @property
    def holds(self) -> bool:
        """Return whether the member is surely in the group now."""
        return self._clock() < self._until

    async def changed(self) -> None:
        """Return when the lease was next renewed or ended."""
        await self._news.wait()

    def begin(self) -> None:
        """Begin the lease at the newest join: since then the process knows what it owns."""
        self._renew(self._joined_at)

    def end(self) -> None:
        """End the lease: the member left the group, or the group dropped it."""
        self._until = self._joined_at = float("-inf")
        self._notify()

    def watch(self, client: AIOKafkaClient) -> None:
        """Observe each heartbeat of the client that is acknowledged, and each join."""
        send = client.send

        async def watched_send(node_id: int, request: Any, *, group: int = ConnectionGroup.DEFAULT) -> Any:
            if not isinstance(request, HeartbeatRequest | SyncGroupRequest):
                return await send(node_id, request, group=group)
            sent_at = self._clock()
            answer = await send(node_id, request, group=group)
            if isinstance(request, HeartbeatRequest):
                if answer.error_code in _ALIVE:
                    self._renew(sent_at)
            elif answer.error_code == 0:
                self._joined_at = sent_at  # not owned before the listener said so: see `begin`
            return answer

        client.send = watched_send

    def _renew(self, sent_at: float) -> None:
        self._until = max(self._until, sent_at + self._seconds)
        self._notify()

    def _notify(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
