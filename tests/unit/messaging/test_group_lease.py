"""For how long a member of a consumer group may take itself for one."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import RebalanceInProgressError, UnknownMemberIdError
from aiokafka.protocol.group import HeartbeatRequest, SyncGroupRequest

from tandem.messaging import GroupLease

SESSION = 10.0
HEARTBEAT = HeartbeatRequest("group", 1, "member")
SYNC = SyncGroupRequest("group", 1, "member", None, [])


class Coordinator:
    """Answers each request with a code, after a while on the clock of the lease."""

    def __init__(self) -> None:
        self.now = 100.0
        self.takes = 0.0
        self.code = 0
        self.lease = GroupLease(SESSION, clock=lambda: self.now)
        self.client: Any = SimpleNamespace(send=self._answer)
        self.lease.watch(self.client)

    async def _answer(self, _node: int, _request: Any, *, group: int = 0) -> Any:  # noqa: ARG002 - the client's
        self.now += self.takes
        return SimpleNamespace(error_code=self.code)

    async def join(self) -> None:
        await self.client.send(1, SYNC)
        self.lease.begin()


async def test_a_lease_holds_for_a_session_from_when_the_heartbeat_was_sent() -> None:
    coordinator = Coordinator()
    await coordinator.join()
    coordinator.now, coordinator.takes = 105.0, 4.0
    await coordinator.client.send(1, HEARTBEAT)

    coordinator.now = 114.9
    assert coordinator.lease.holds
    coordinator.now = 115.0
    assert not coordinator.lease.holds


@pytest.mark.parametrize(
    ("code", "holds"), [(RebalanceInProgressError.errno, True), (UnknownMemberIdError.errno, False)]
)
async def test_a_heartbeat_renews_unless_the_group_forgot_the_member(code: int, *, holds: bool) -> None:
    coordinator = Coordinator()
    await coordinator.join()
    coordinator.now, coordinator.code = 109.0, code
    await coordinator.client.send(1, HEARTBEAT)

    coordinator.now = 112.0
    assert coordinator.lease.holds is holds


async def test_a_join_counts_once_the_process_knows_what_it_owns() -> None:
    coordinator = Coordinator()
    await coordinator.client.send(1, SYNC)
    assert not coordinator.lease.holds
    coordinator.lease.begin()
    assert coordinator.lease.holds


async def test_an_end_is_felt_at_once_and_tells_those_who_wait() -> None:
    coordinator = Coordinator()
    await coordinator.join()
    waiting = asyncio.create_task(coordinator.lease.changed())
    await asyncio.sleep(0)

    coordinator.lease.end()

    assert not coordinator.lease.holds
    await waiting
