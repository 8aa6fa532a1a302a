"""What members of a group keep and give up when partitions are shared out anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from contract.messaging.bus import JOIN_SECONDS, Recorder, committed, request
from tandem.events.catalog import REQUESTS
from tandem.messaging import Connection, LetGo, Outgoing, Producer, Received
from tandem.testing.waiting import eventually

ALL = {0, 1, 2, 3}


class Owner(Recorder):
    """A handler that works on while partitions are shared out, and leaves to others what it has not begun."""

    def __init__(self) -> None:
        super().__init__()
        self.owned: set[int] = set()
        self.told: list[set[int]] = []
        self.left: set[int] = set()

    def own(self, partitions: Collection[int]) -> None:
        self.owned = set(partitions)
        self.told.append(self.owned)

    async def __call__(self, messages: Sequence[Received[Any]]) -> Sequence[Outgoing]:
        (message,) = messages
        if message.event.seq in self.held:
            await self.release.wait()
            if message.partition not in self.owned:
                self.left.add(message.event.seq)
                raise LetGo
        self.seen[message.event.seq] += 1
        return []


async def test_members_keep_what_they_had_as_far_as_that_goes(consumers: Any) -> None:
    owners = [Owner() for _ in range(3)]
    first, first_task = consumers.start(owners[0], on_owned=owners[0].own)
    await eventually(lambda: owners[0].owned == ALL, timeout=JOIN_SECONDS)
    consumers.start(owners[1], on_owned=owners[1].own)
    await eventually(lambda: len(owners[0].owned) == len(owners[1].owned) == 2, timeout=JOIN_SECONDS)
    consumers.start(owners[2], on_owned=owners[2].own)
    await eventually(lambda: {1} <= {len(each.owned) for each in owners} == {1, 2}, timeout=JOIN_SECONDS)
    before = owners[1].owned

    await first.stop()
    await first_task

    await eventually(lambda: len(owners[1].owned) == len(owners[2].owned) == 2, timeout=JOIN_SECONDS)
    assert owners[1].owned >= before
    assert owners[0].told[-1] == set()
    for owner in owners[:2]:  # what one has after others came is of what it had
        for earlier, later in zip(owner.told, owner.told[1:], strict=False):
            assert earlier <= later or later <= earlier


async def test_a_handler_that_is_told_what_is_owned_is_not_waited_for_and_leaves_to_others_what_is_theirs(
    connection: Connection, producer: Producer, consumers: Any
) -> None:
    one, two = Owner(), Owner()
    one.held = set(range(40))
    await producer.send_all([request(seq) for seq in range(40)])
    consumers.start(one, on_owned=one.own, concurrency=100, drain_seconds=600)
    await eventually(lambda: one.owned == ALL, timeout=JOIN_SECONDS)

    consumers.start(two, on_owned=two.own, concurrency=100)
    await eventually(lambda: bool(two.seen), timeout=JOIN_SECONDS, message="the second has work while the first waits")
    one.release.set()

    await eventually(lambda: len(one.seen) + len(two.seen) == 40, timeout=JOIN_SECONDS)
    assert one.left == two.seen.keys()
    assert not one.seen.keys() & two.seen.keys()

    async def all_done() -> bool:
        return sum((await committed(connection, REQUESTS, "llm-worker")).values()) == 40

    await eventually(all_done, timeout=JOIN_SECONDS)
