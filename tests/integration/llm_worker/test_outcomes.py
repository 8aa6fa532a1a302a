"""How a request ends, by what the provider does; the handler alone, without a broker."""

from __future__ import annotations

import asyncio

import pytest

from llm_worker_desk import Desk, MakeDesk
from llm_worker_line import agent, published, request
from tandem.events import ErrorKind, JobState, ModelParameters
from tandem.events.catalog import REQUESTS
from tandem.observability.metrics import SKIPPED
from tandem.testing.provider import SimulatedProvider
from tandem.testing.waiting import eventually


@pytest.fixture
def desk(make_desk: MakeDesk, provider: SimulatedProvider) -> Desk:
    desk = make_desk(provider.base_url)
    desk.jobs.apply(published())
    return desk


def skipped(reason: str) -> float:
    value: float = SKIPPED.labels(REQUESTS.name, reason)._value.get()
    return value


@pytest.mark.parametrize("state", [JobState.PAUSED, JobState.WAITING, JobState.CANCELLED, JobState.COMPLETED])
async def test_requests_of_a_job_that_does_not_run_are_skipped(
    desk: Desk, provider: SimulatedProvider, state: JobState
) -> None:
    desk.jobs.apply(published(state=state, revision=2))
    before = skipped(f"job_{state}")

    assert await desk.ask(request(1)) is None

    assert provider.score().received == 0
    assert skipped(f"job_{state}") == before + 1


async def test_a_request_of_a_newer_epoch_than_the_jobs_holds_before_the_news_of_the_job(desk: Desk) -> None:
    desk.jobs.apply(published(state=JobState.PAUSED, revision=2))

    answer = await desk.answer(request(1, epoch=2))

    assert answer.error is None


async def test_a_request_whose_job_never_appears_is_skipped(desk: Desk) -> None:
    before = skipped("unknown_job")

    assert await desk.ask(request(1, job_id="never")) is None

    assert skipped("unknown_job") == before + 1


async def test_a_request_for_what_is_under_way_is_left_to_the_call_that_runs(
    desk: Desk, provider: SimulatedProvider
) -> None:
    provider.change(hold=True)
    running = asyncio.create_task(desk.answer(request(1)))
    await eventually(lambda: provider.score().in_flight == 1)

    assert await desk.ask(request(1, ask=2)) is None
    provider.change(hold=False)

    assert (await running).error is None
    assert provider.score().received == 1


async def test_a_request_of_the_new_epoch_keeps_the_waiting_one_of_the_old_alive(
    make_desk: MakeDesk, provider: SimulatedProvider
) -> None:
    desk = make_desk(provider.base_url, max_in_flight=1, timeout_seconds=10)
    desk.jobs.apply(published())
    provider.change(hold=True)
    first = asyncio.create_task(desk.answer(request(1)))
    await eventually(lambda: provider.score().in_flight == 1)
    waiting, void = asyncio.create_task(desk.ask(request(2))), asyncio.create_task(desk.ask(request(3)))
    await asyncio.sleep(0)

    desk.jobs.apply(published(epoch=2, revision=2))
    assert await desk.ask(request(2, epoch=2)) is None
    provider.change(hold=False)

    assert (await first).seq == 1
    answer = await waiting
    assert answer
    assert answer.error is None
    assert await void is None


@pytest.mark.parametrize(
    ("failure", "kind", "calls", "probes"),
    [
        ("refusal", ErrorKind.REFUSAL, 1, 0),
        ("malformed", ErrorKind.MALFORMED, 2, 0),
        ("empty", ErrorKind.MALFORMED, 2, 0),
        ("timeout", ErrorKind.TIMEOUT, 2, 1),
        ("trickle", ErrorKind.TIMEOUT, 2, 1),
        ("truncated", ErrorKind.TRUNCATED, 2, 0),
        ("content_filter", ErrorKind.CONTENT_FILTER, 1, 0),
        ("too_long", ErrorKind.TOO_LONG, 1, 0),
        ("reset", ErrorKind.CONNECTION, 2, 1),
        ("server_error", ErrorKind.SERVER_ERROR, 2, 1),
    ],
)
async def test_what_the_provider_never_answers_ends_with_its_reason(
    desk: Desk, provider: SimulatedProvider, *, failure: str, kind: ErrorKind, calls: int, probes: int
) -> None:
    provider.change(failures={failure: 1}, failing_text="text number 1,")

    answer = await desk.answer(request(1))

    assert answer.error
    assert answer.error.kind is kind
    assert not answer.completions
    assert "text number" not in answer.error.message
    assert len(answer.calls) == calls
    assert provider.score().received == calls + probes  # no layer below calls again by itself


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ("timeout", "timeout"),
        ("trickle", "timeout"),
        ("reset", "connection"),
        ("server_error", "server_error"),
        ("loading", "server_error"),
    ],
)
async def test_a_provider_that_takes_no_minimal_call_either_fails_no_record(
    desk: Desk, provider: SimulatedProvider, failure: str, reason: str
) -> None:
    provider.change(failures={failure: 1})

    assert await desk.ask(request(1)) is None

    assert desk.account.report().reason == reason
    assert provider.score().received == 3  # two calls for the record, and the minimal one


@pytest.mark.parametrize("failure", ["unauthorized", "forbidden", "quota_exhausted"])
async def test_an_account_that_needs_its_operator_fails_no_record(
    desk: Desk, provider: SimulatedProvider, failure: str
) -> None:
    provider.change(failures={failure: 1})
    before = skipped("account_stopped")

    assert await desk.ask(request(1)) is None

    assert provider.score().received == 1
    assert skipped("account_stopped") == before + 1


async def test_a_provider_that_is_not_there_fails_no_record(make_desk: MakeDesk) -> None:
    desk = make_desk("http://127.0.0.1:9/v1")
    desk.jobs.apply(published())

    assert await desk.ask(request(1)) is None

    said = desk.account.report()
    assert (said.reason, said.message) == ("connection", "connection refused")


async def test_a_prompt_that_cannot_be_rendered_fails_without_a_call(desk: Desk, provider: SimulatedProvider) -> None:
    desk.jobs.apply(published(agent=agent(user_template="{{ fields.title }}", fingerprint="b" * 64), revision=2))

    answer = await desk.answer(request(1))

    assert answer.error
    assert answer.error.kind is ErrorKind.PROMPT
    assert "title" in answer.error.message
    assert provider.score().received == 0


async def test_requests_are_left_unanswered_where_the_templates_do_not_compile(
    desk: Desk, provider: SimulatedProvider
) -> None:
    desk.jobs.apply(published(agent=agent(user_template="{% if %}", fingerprint="d" * 64), revision=2))
    before = skipped("prompt_refused")

    assert [await desk.ask(request(seq)) for seq in (1, 2)] == [None, None]

    assert skipped("prompt_refused") == before + 2
    assert provider.score().received == 0


async def test_a_request_for_an_unknown_provider_is_handed_back_and_the_job_waits_for_it(desk: Desk) -> None:
    desk.jobs.apply(published(agent=agent(provider="elsewhere", fingerprint="e" * 64), revision=2))

    assert await desk.ask(request(1)) is None


async def test_an_answer_too_large_for_the_bus_ends_as_failed_and_keeps_its_usage(
    make_desk: MakeDesk, provider: SimulatedProvider
) -> None:
    provider.change(token_length=1)
    desk = make_desk(provider.base_url, max_answer_bytes=1024)
    desk.jobs.apply(published(agent=agent(parameters=ModelParameters(top_logprobs=20))))

    answer = await desk.answer(request(1))

    assert answer.error
    assert answer.error.kind is ErrorKind.TOO_LARGE
    assert answer.usage
    assert answer.usage.completion_tokens > 0
