"""A job whose calls take long, beside one whose calls do not: on one account, and on two."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web

from llm_worker_desk import good
from llm_worker_line import Line, StartWorker, agent, published, request
from tandem.events import AnnotationRequestedV1
from tandem.testing.waiting import eventually
from tandem_llm_worker.settings import ProviderSettings

SLOTS = 8


class Gate:
    """A provider that answers at once, but for records that say "slow": their calls wait to be let through."""

    def __init__(self) -> None:
        self.base_url = ""
        self.held = 0
        self.quick = 0
        self._passes = asyncio.Semaphore(0)

    def let_through(self, calls: int) -> None:
        """Answer this many of the calls that wait, or will wait."""
        for _ in range(calls):
            self._passes.release()

    async def serve(self, closing: AsyncExitStack) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        closing.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{site.port}/v1"

    async def _complete(self, http: web.Request) -> web.Response:
        body = await http.json()
        if "slow" in body["messages"][-1]["content"]:
            self.held += 1
            try:
                await self._passes.acquire()
            finally:
                self.held -= 1
        else:
            self.quick += 1
        status, answer = good(body)
        return web.json_response(answer, status=status)


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    async with AsyncExitStack() as closing:
        gate = Gate()
        await gate.serve(closing)
        yield gate


def slow(count: int) -> list[AnnotationRequestedV1]:
    return [request(seq, job_id="slow", fields={"text": f"slow {seq}"}) for seq in range(count)]


def quick(count: int, **more: Any) -> list[AnnotationRequestedV1]:
    return [request(seq, job_id="quick", fields={"text": f"quick {seq}"}, **more) for seq in range(count)]


def held(line: Line) -> int:
    """How many requests the worker has, those in calls included, as it reported last."""
    return line.reports[-1].in_flight + line.reports[-1].queued


def answered(line: Line, job: str) -> int:
    return len({answer.seq for answer in line.answers if answer.job_id == job})


async def test_a_slot_that_a_slow_call_gives_back_stays_with_the_job_that_has_less_than_its_part(
    line: Line, start_worker: StartWorker, gate: Gate
) -> None:
    provider = {"base_url": gate.base_url, "max_in_flight": SLOTS, "timeout_seconds": 600}
    worker = start_worker(provider=provider, start_seconds=600)
    await line.publish(published("slow"), published("quick"), *slow(60))
    await eventually(lambda: gate.held == SLOTS)
    await line.publish(*quick(200))
    await eventually(lambda: held(line) == 260)
    assert gate.quick == 0

    gate.let_through(1)

    await eventually(lambda: answered(line, "quick") == 200)
    assert answered(line, "slow") == 1
    assert gate.quick == 200
    gate.let_through(59)
    await eventually(lambda: answered(line, "slow") == 60)
    await worker.stop()


async def test_a_backlog_of_slow_calls_in_front_does_not_keep_a_quick_job_from_its_slot(
    line: Line, start_worker: StartWorker, gate: Gate
) -> None:
    """More of them than a worker has in hand: what is too much is handed back, unpaid."""
    provider = {"base_url": gate.base_url, "max_in_flight": 2, "timeout_seconds": 600}
    worker = start_worker(provider=provider, max_held=16, crowded_seconds=0.3)
    await line.publish(published("slow"), published("quick"), *slow(300))
    await eventually(lambda: gate.held == 2)
    await line.publish(*quick(40))

    def all_quick_ones_are_answered() -> bool:
        if gate.held == 2:  # the quick job has no slot yet
            gate.let_through(1)
        return answered(line, "quick") == 40

    await eventually(all_quick_ones_are_answered)
    assert answered(line, "slow") < 30
    gate.let_through(1000)
    await worker.stop()


async def test_an_account_whose_calls_do_not_end_holds_no_slot_of_another_and_hands_nothing_back(
    line: Line, start_worker: StartWorker, gate: Gate
) -> None:
    providers = {
        name: ProviderSettings(base_url=gate.base_url, max_in_flight=SLOTS, timeout_seconds=600)
        for name in ("simulated", "other")
    }
    worker = start_worker(providers=providers, start_seconds=600)
    of_other: dict[str, Any] = {"agent": agent(provider="other", fingerprint="o" * 64)}
    await line.publish(published("slow"), published("quick", **of_other), *slow(700))
    await eventually(lambda: gate.held == SLOTS)

    await line.publish(*quick(200))

    await eventually(lambda: answered(line, "quick") == 200)
    assert (answered(line, "slow"), gate.held) == (0, SLOTS)
    assert sum(account.handed_back for account in line.reports[-1].accounts) == 0
    gate.let_through(1000)
    await worker.stop()


async def test_slots_go_by_the_weight_of_the_jobs(line: Line, start_worker: StartWorker, gate: Gate) -> None:
    provider = {"base_url": gate.base_url, "max_in_flight": SLOTS, "timeout_seconds": 600}
    worker = start_worker(provider=provider, start_seconds=600)
    await line.publish(published("slow"), published("heavy", weight=3.0), *slow(30))
    await eventually(lambda: gate.held == SLOTS)
    await line.publish(*(request(seq, job_id="heavy", fields={"text": f"slow too {seq}"}) for seq in range(30)))
    await eventually(lambda: held(line) == 60)

    for passed in range(1, 25):  # each call that ends is one of those that began first, or comes after them
        gate.let_through(1)
        await line.answered(passed)
        await eventually(lambda: gate.held == SLOTS)

    of_heavy = answered(line, "heavy")
    assert of_heavy == pytest.approx(12, abs=3)  # 8 of the first 24 had begun, of 16 three quarters are heavy
    gate.let_through(1000)
    await worker.stop()
