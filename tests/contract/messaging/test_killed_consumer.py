"""A consumer that ends without a word, as with SIGKILL."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from contract.messaging.bus import Recorder, request
from tandem.messaging import Connection, Producer

PROGRAM = Path(__file__).with_name("consumer_process.py")
Spawn = Callable[[str], Awaitable[Process]]


@pytest.fixture
async def spawn(connection: Connection) -> AsyncIterator[Spawn]:
    children: list[Process] = []

    async def spawn(mode: str) -> Process:
        child = await asyncio.create_subprocess_exec(
            sys.executable, PROGRAM, connection.settings.model_dump_json(), mode, stdout=PIPE
        )
        children.append(child)
        return child

    yield spawn
    for child in children:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def handled(child: Process, count: int) -> set[int]:
    assert child.stdout is not None
    async with asyncio.timeout(30):
        return {int(await child.stdout.readline()) for _ in range(count)}


async def test_what_a_killed_consumer_handled_and_did_not_commit_is_delivered_again(
    producer: Producer, consumers: Any, spawn: Spawn
) -> None:
    await producer.send_all([request(seq) for seq in range(50)])
    child = await spawn("no-commit")
    assert await handled(child, 50) == set(range(50))

    child.kill()
    await child.wait()
    recorder = Recorder()
    consumers.start(recorder)

    await recorder.saw(*range(50))


async def test_what_a_killed_consumer_committed_is_not_delivered_again_and_the_rest_is(
    producer: Producer, consumers: Any, spawn: Spawn
) -> None:
    await producer.send_all([request(seq) for seq in range(50)])
    child = await spawn("commit")
    await handled(child, 50)
    await asyncio.sleep(1)  # commits come every 0.1 s; nothing shows them from outside without joining the group

    child.kill()
    await child.wait()
    await producer.send_all([request(seq) for seq in range(50, 60)])
    recorder = Recorder()
    consumers.start(recorder)

    await recorder.saw(*range(50, 60))
    assert recorder.seen.keys() == set(range(50, 60))
