"""The frame of a process: ready, stopped in order, crashed loudly. Each test starts a real process."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

PROGRAM = Path(__file__).with_name("program.py")
Line = dict[str, Any]


class Service:
    """A process and its log lines."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[Line] = []

    async def logged(self, event: str) -> Line:
        """Read on to the first line of this event."""
        assert self.process.stderr is not None
        async with asyncio.timeout(20):
            while line := await self.process.stderr.readline():
                self.lines.append(json.loads(line))
                if self.lines[-1]["event"] == event:
                    return self.lines[-1]
        raise AssertionError(f"no {event} in {self.lines}")

    async def ended(self) -> int:
        """The exit status; all lines are read."""
        assert self.process.stderr is not None
        async with asyncio.timeout(20):
            while line := await self.process.stderr.readline():
                self.lines.append(json.loads(line))
            return await self.process.wait()

    @property
    def events(self) -> list[str]:
        return [line["event"] for line in self.lines]


Start = Callable[[str], Awaitable[Service]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    started: list[Process] = []

    async def start(behaviour: str) -> Service:
        process = await asyncio.create_subprocess_exec(sys.executable, PROGRAM, behaviour, stderr=PIPE)
        started.append(process)
        return Service(process)

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


def fetch(port: int, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def test_a_ready_service_tells_its_ports_and_answers_on_them(start: Start) -> None:
    service = await start("well")
    ready = await service.logged("service.ready")

    assert await asyncio.to_thread(fetch, ready["http_port"], "/hello") == (200, '{"hello":"you"}')
    assert (await asyncio.to_thread(fetch, ready["ops_port"], "/livez"))[0] == 200
    assert (await asyncio.to_thread(fetch, ready["ops_port"], "/readyz"))[0] == 200
    metrics = await asyncio.to_thread(fetch, ready["ops_port"], "/metrics")
    assert "process_start_time_seconds" in metrics[1]
    assert ready["service"] == "program"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_in_order_and_exits_well(start: Start, number: signal.Signals) -> None:
    service = await start("well")
    await service.logged("service.ready")

    service.process.send_signal(number)

    assert await service.ended() == 0
    steps = [line["step"] for line in service.lines if line["event"] == "stop.step"]
    assert steps == ["first", "second"]
    order = [service.events.index(e) for e in ("service.stopping", "stop.step", "component.cancelled", "build.left")]
    assert order == sorted(order)
    assert service.events[-1] == "service.stopped"


@pytest.mark.parametrize("behaviour", ["crash", "end"])
async def test_a_part_that_ends_by_itself_stops_the_process_with_status_1(start: Start, behaviour: str) -> None:
    service = await start(behaviour)

    assert await service.ended() == 1

    [line] = [line for line in service.lines if line["event"] == "service.component.ended"]
    assert line["component"] == "part"
    assert ("this part is broken" in line.get("exception", "")) == (behaviour == "crash")
    assert service.events.count("stop.step") == 2
    assert "build.left" in service.events


async def test_what_cannot_be_built_exits_with_status_1_and_says_why(start: Start) -> None:
    service = await start("broken-build")

    assert await service.ended() == 1
    assert "cannot be built" in next(line for line in service.lines if line["event"] == "service.crashed")["exception"]


async def test_while_a_dependency_is_waited_for_it_lives_is_not_ready_and_can_be_stopped(start: Start) -> None:
    service = await start("waiting-build")
    ops_port = (await service.logged("service.starting"))["ops_port"]
    await service.logged("build.waits")

    alive, ready = [(await asyncio.to_thread(fetch, ops_port, path)) for path in ("/livez", "/readyz")]
    service.process.terminate()

    assert await service.ended() == 0
    assert alive[0] == 200
    assert ready[0] == 503
    assert "dependency" in ready[1]


async def test_a_second_signal_exits_at_once(start: Start) -> None:
    service = await start("slow-stop")
    await service.logged("service.ready")

    service.process.terminate()
    await service.logged("stop.step")
    service.process.terminate()

    assert await service.ended() == 128 + signal.SIGTERM


async def test_a_stop_step_that_fails_does_not_keep_the_others_from_being_taken(start: Start) -> None:
    service = await start("bad-stop")
    await service.logged("service.ready")

    service.process.terminate()

    assert await service.ended() == 0
    assert [line["step"] for line in service.lines if line["event"] == "stop.step"] == ["first", "second"]


@pytest.mark.parametrize("setting", ["TANDEM_HTTP__PORT", "TANDEM_OBSERVABILITY__OPS_PORT"])
async def test_a_port_that_is_taken_is_told_in_one_sentence(
    start: Start, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv(setting, str(port))
        service = await start("well")
        said = await service.logged("service.not_started")
        assert await service.ended() == 1
    assert said["error"] == (
        f"Port {port} of 127.0.0.1 is in use by another program. "
        f"Set {setting} to another one, or stop what listens there."
    )
    assert not any("exception" in line for line in service.lines)
