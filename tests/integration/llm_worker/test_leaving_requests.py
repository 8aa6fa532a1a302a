"""Requests whose partition goes to another worker between two calls for them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from llm_worker_desk import Desk, MakeDesk, Script, complaint, good
from llm_worker_line import agent, published, request
from tandem.events import AnnotationHandedBackV1, ModelParameters
from tandem.messaging import LetGo
from tandem.observability.metrics import MODEL_CALLS
from tandem.testing.waiting import eventually


def refused() -> float:
    value: float = MODEL_CALLS.labels("simulated", "simulated", "rate_limited")._value.get()
    return value


async def test_a_call_that_was_refused_is_not_made_again_once_the_partition_is_anothers(
    make_desk: MakeDesk, scripted: Script
) -> None:
    desks: list[Desk] = []

    def reply(_body: dict[str, Any]) -> Any:
        desks[0].handler.own(())
        return complaint("slow down", code="rate_limit_exceeded", status=429)

    server = await scripted(reply)
    desks.append(make_desk(server.base_url))
    desks[0].jobs.apply(published())

    with pytest.raises(LetGo):
        await desks[0].ask(request(1))

    assert len(server.bodies) == 1


async def test_a_request_that_waits_to_be_called_again_is_left_at_once(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(lambda _body: complaint("try again in 50s", code="rate_limit_exceeded", status=429))
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())
    before = refused()
    asking = asyncio.create_task(desk.ask(request(1)))
    await eventually(lambda: refused() == before + 1)

    desk.handler.own(())

    with pytest.raises(LetGo):
        async with asyncio.timeout(5):
            await asking
    assert len(server.bodies) == 1


async def test_what_was_paid_for_is_brought_to_its_end_all_the_same(make_desk: MakeDesk, scripted: Script) -> None:
    desks: list[Desk] = []

    def reply(body: dict[str, Any]) -> Any:
        desks[0].handler.own(())
        return good(body, finish_reason="stop" if body["max_tokens"] > 64 else "length")

    server = await scripted(reply)
    desks.append(make_desk(server.base_url))
    desks[0].jobs.apply(published())

    answer = await desks[0].answer(request(1))

    assert answer.error is None
    assert len(server.bodies) == 2


async def test_no_call_starts_while_the_group_may_have_dropped_the_worker(
    make_desk: MakeDesk, scripted: Script
) -> None:
    server = await scripted(good)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())
    desk.lease.set(False)
    asking = asyncio.create_task(desk.ask(request(1)))
    await eventually(lambda: desk.lease.asked > 0)
    desk.lease.set(False)  # news that change nothing
    await eventually(lambda: desk.lease.asked > 1)
    assert server.bodies == []

    desk.lease.set(True)

    answer = await asking
    assert answer is not None
    assert answer.error is None
    assert len(server.bodies) == 1


async def test_what_waits_is_left_when_the_group_dropped_the_worker(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(good)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())
    desk.lease.set(False)
    asking = asyncio.create_task(desk.ask(request(1)))
    await eventually(lambda: desk.lease.asked > 0)

    desk.handler.dropped()
    desk.lease.set(True)

    with pytest.raises(LetGo):
        await asking
    assert server.bodies == []


async def test_a_dropped_worker_asks_for_no_further_sample_and_tells_what_was_paid(
    make_desk: MakeDesk, scripted: Script
) -> None:
    desks: list[Desk] = []

    def reply(body: dict[str, Any]) -> Any:
        desks[0].handler.dropped()
        desks[0].handler.own([0])  # it is a member again by the time that the answer is here
        return good(body)

    server = await scripted(reply)
    desks.append(make_desk(server.base_url))
    desks[0].jobs.apply(published(agent=agent(parameters=ModelParameters(samples=3, temperature=1.0))))

    with pytest.raises(LetGo) as left:
        await desks[0].ask(request(1))

    assert len(server.bodies) == 1
    [told] = [each.event for each in left.value.outgoing]
    assert isinstance(told, AnnotationHandedBackV1)
    assert (told.reason, len(told.calls)) == ("anothers", 1)
    assert sum(len(each.completions) for each in told.received) == 1


async def test_a_request_that_waited_for_its_job_while_the_worker_was_dropped_is_left(
    make_desk: MakeDesk, scripted: Script
) -> None:
    server = await scripted(good)
    desk = make_desk(server.base_url, job_wait=30)
    asking = asyncio.create_task(desk.ask(request(1)))
    await asyncio.sleep(0)  # it waits for news of its job
    desk.handler.dropped()
    desk.handler.own([0])

    desk.jobs.apply(published())

    with pytest.raises(LetGo):
        await asking
    assert server.bodies == []


async def test_the_time_in_which_no_call_may_start_does_not_count_against_a_request(
    make_desk: MakeDesk, scripted: Script
) -> None:
    server = await scripted(good)
    desk = make_desk(server.base_url, start_seconds=2)
    desk.jobs.apply(published())
    desk.lease.set(False)
    watching = asyncio.create_task(desk.handler.watch())
    asking = asyncio.create_task(desk.ask(request(1)))
    with pytest.raises(AssertionError):  # it is not handed back
        await eventually(asking.done, timeout=4)

    desk.lease.set(True)

    assert await asking is not None
    watching.cancel()
