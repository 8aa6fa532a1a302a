"""Requests whose partition goes to another worker between two calls for them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from llm_worker_desk import Desk, MakeDesk, Script, complaint, good
from llm_worker_line import published, request
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
