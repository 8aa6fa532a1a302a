"""Requests that are handed back after something was paid: the answers are used, and the payment is told once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from llm_worker_desk import Desk, MakeDesk, Script, Scripted, complaint, good
from llm_worker_line import Line, StartWorker, agent, published, reading, request
from tandem.events import (
    AnnotationHandedBackV1,
    AnnotationRequestedV1,
    Fallback,
    JobState,
    ModelParameters,
)
from tandem.events.catalog import HANDED_BACK, REQUESTS
from tandem.messaging import Received
from tandem.observability.metrics import MODEL_UNCOUNTED_TOKENS
from tandem.testing.waiting import eventually

QUOTA = complaint("You exceeded your current quota.", code="insufficient_quota", status=429)
LONG_PAUSE = complaint("Rate limit reached, try again in 10m", code="rate_limit_exceeded", status=429)
BAD_KEY = complaint("Incorrect API key.", code="invalid_api_key", status=401)
STOPS = pytest.mark.parametrize("stop", [QUOTA, LONG_PAUSE, BAD_KEY], ids=["quota", "long pause", "bad key"])


def sampling(samples: int, *, epoch: int = 1, **more: Any) -> Any:
    parameters = ModelParameters(samples=samples, temperature=0.7, seed=5)
    return published(epoch=epoch, revision=epoch, agent=agent(parameters=parameters, **more))


def one_by_one(replies: Callable[[int], Any]) -> Callable[[dict[str, Any]], Any]:
    """A provider that takes no `n`; `replies` gets how many calls without it came before."""
    calls = 0

    def reply(body: dict[str, Any]) -> Any:
        nonlocal calls
        if "n" in body:
            return complaint("Unsupported parameter: 'n'.", "n")
        calls += 1
        return good(body) if (answer := replies(calls - 1)) is None else answer

    return reply


def seeds_of(server: Scripted) -> list[int]:
    """Of the calls for single samples; a probe has none."""
    return [body["seed"] for body in server.bodies if "seed" in body and "n" not in body]


async def hand_back(desk: Desk, asked: AnnotationRequestedV1) -> AnnotationHandedBackV1:
    (outgoing,) = await desk.handler([Received(asked, REQUESTS.name, 0, 0)])
    assert isinstance(outgoing.event, AnnotationHandedBackV1)
    return outgoing.event


@STOPS
async def test_samples_that_came_before_the_account_stopped_are_not_bought_again(
    make_desk: MakeDesk, scripted: Script, stop: Any
) -> None:
    server = await scripted(one_by_one(lambda before: stop if before == 2 else None))
    desk = make_desk(server.base_url)
    desk.jobs.apply(sampling(3))

    told = await hand_back(desk, request(1))
    another = make_desk(server.base_url)
    another.handed_back.keep(told)
    another.jobs.apply(sampling(3, epoch=2))
    answer = await another.answer(request(1, epoch=2))

    assert [len(each.completions) for each in told.received] == [2]
    assert len(answer.completions) == 3
    # the first call of each desk learns that there is no `n`; then seeds go on where they were
    assert seeds_of(server) == [5, 6, 7, 7]
    assert told.usage
    assert answer.usage
    assert told.usage.prompt_tokens == 2 * answer.usage.prompt_tokens
    assert sum(call.usage is not None for call in (*told.calls, *answer.calls)) == 3


async def test_a_worker_keeps_what_it_handed_back_itself(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(one_by_one(lambda before: QUOTA if before == 1 else None))
    desk = make_desk(server.base_url)
    desk.jobs.apply(sampling(2))
    await hand_back(desk, request(1))
    desk.accounts.healed(desk.account)
    desk.jobs.apply(sampling(2, epoch=2))

    answer = await desk.answer(request(1, epoch=2))

    assert len(answer.completions) == 2
    assert seeds_of(server) == [5, 6, 6]
    assert not len(desk.handed_back)


async def test_samples_are_kept_over_more_than_one_stop(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(one_by_one(lambda before: QUOTA if before in (1, 3) else None))
    desk = make_desk(server.base_url)
    told: list[AnnotationHandedBackV1] = []
    for epoch in (1, 2):
        desk.jobs.apply(sampling(3, epoch=epoch))
        told.append(await hand_back(desk, request(1, epoch=epoch)))
        desk.accounts.healed(desk.account)
    desk.jobs.apply(sampling(3, epoch=3))

    answer = await desk.answer(request(1, epoch=3))

    assert [len(each.received[0].completions) for each in told] == [1, 2]
    assert len(answer.completions) == 3
    paid = [call for calls in (*(each.calls for each in told), answer.calls) for call in calls if call.usage]
    assert len(paid) == len({call.started_at for call in paid}) == 3


async def test_samples_of_a_paused_job_are_kept(make_desk: MakeDesk, scripted: Script) -> None:
    desks: list[Desk] = []

    def pause(before: int) -> None:
        if before == 0:
            desks[0].jobs.apply(sampling(2).model_copy(update={"revision": 2, "state": JobState.PAUSED}))

    server = await scripted(one_by_one(pause))
    desks.append(make_desk(server.base_url))
    desks[0].jobs.apply(sampling(2))
    await hand_back(desks[0], request(1))
    desks[0].jobs.apply(sampling(2, epoch=3))

    answer = await desks[0].answer(request(1, epoch=3))

    assert len(answer.completions) == 2
    assert seeds_of(server) == [5, 6]


async def test_answers_that_came_to_another_content_are_not_used(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(one_by_one(lambda before: QUOTA if before == 1 else None))
    desk = make_desk(server.base_url)
    desk.jobs.apply(sampling(2))
    await hand_back(desk, request(1))
    desk.accounts.healed(desk.account)

    answer = await desk.answer(request(1, content_hash="other"))

    assert len(answer.completions) == 2
    assert seeds_of(server) == [5, 6, 5, 6]


@STOPS
async def test_an_unusable_answer_that_was_paid_is_told_of(make_desk: MakeDesk, scripted: Script, stop: Any) -> None:
    server: Scripted = await scripted(
        lambda body: stop if len(server.bodies) > 1 else good(body, finish_reason="length")
    )
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    told = await hand_back(desk, request(1))

    assert not told.received
    assert told.usage
    assert told.usage.prompt_tokens > 0
    assert [call.usage is not None for call in told.calls] == [True, False]
    assert (told.provider, told.model, told.worker) == ("simulated", "simulated", "worker")


async def test_a_request_that_cost_nothing_is_handed_back_without_an_event(
    make_desk: MakeDesk, scripted: Script
) -> None:
    server = await scripted(lambda _body: QUOTA)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    assert not await desk.handler([Received(request(1), REQUESTS.name, 0, 0)])


async def test_what_two_models_were_paid_is_told_of_each(make_desk: MakeDesk, scripted: Script) -> None:
    def reply(body: dict[str, Any]) -> Any:
        calls.append(body["model"])
        return QUOTA if calls.count(body["model"]) == 2 else good(body)

    calls: list[str] = []
    server = await scripted(one_by_one_of(reply))
    desk = make_desk(server.base_url)
    fallback = Fallback(provider="simulated", model="second", on=("quota_exhausted",))
    desk.jobs.apply(sampling(3, fallback=fallback))

    told = await hand_back(desk, request(1))

    assert {each.model: len(each.completions) for each in told.received} == {"simulated": 1, "second": 1}
    assert sorted(call.model for call in told.calls if call.usage) == ["second", "simulated"]


def one_by_one_of(reply: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda body: complaint("Unsupported parameter: 'n'.", "n") if "n" in body else reply(body)


async def test_answers_too_large_for_the_bus_are_left_out_and_the_payment_is_told(
    make_desk: MakeDesk, scripted: Script
) -> None:
    def reply(before: int) -> Any:
        return QUOTA if before == 1 else good({"model": "m", "messages": []}, content="x" * 5000)

    server = await scripted(one_by_one(reply))
    desk = make_desk(server.base_url, max_answer_bytes=4096)
    desk.jobs.apply(sampling(2))

    told = await hand_back(desk, request(1))

    assert not told.received
    assert told.usage


async def test_what_was_paid_before_an_asking_was_cut_off_is_counted_apart(
    make_desk: MakeDesk, scripted: Script
) -> None:
    asking: list[asyncio.Task[Any]] = []
    server = await scripted(one_by_one(lambda before: asking[0].cancel() if before == 1 else None))
    desk = make_desk(server.base_url)
    desk.jobs.apply(sampling(2))
    counted = MODEL_UNCOUNTED_TOKENS.labels("simulated", "simulated")
    before = counted._value.get()

    asking.append(asyncio.ensure_future(desk.handler([Received(request(1), REQUESTS.name, 0, 0)])))
    await asyncio.gather(*asking, return_exceptions=True)

    assert asking[0].cancelled()
    assert counted._value.get() > before


async def test_another_worker_goes_on_with_the_samples_of_one_that_is_gone(
    line: Line, start_worker: StartWorker, scripted: Script
) -> None:
    is_empty = False

    def quota_after_two(before: int) -> Any:
        nonlocal is_empty
        is_empty = is_empty or before == 2
        return QUOTA if is_empty else None

    server = await scripted(one_by_one(quota_after_two))
    told: list[AnnotationHandedBackV1] = []
    async with reading(
        line.connection, HANDED_BACK, lambda value, _: told.append(AnnotationHandedBackV1.from_json(value))
    ):
        one = start_worker(worker="one", provider={"base_url": server.base_url})
        await line.publish(sampling(3), request(1))
        await line.all_committed()
        await eventually(lambda: len(told) == 1)
        await one.stop()
        assert seeds_of(server) == [5, 6, 7]

        server.bodies.clear()
        server.reply = one_by_one(lambda _before: None)
        start_worker(worker="two", provider={"base_url": server.base_url})
        await line.publish(sampling(3, epoch=2), request(1, epoch=2))
        (answer,) = await line.answered(1)
        await line.all_committed()

    assert answer.worker == "two"
    assert len(answer.completions) == 3
    assert seeds_of(server) == [7]
    assert len(told) == 1
