from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tandem.testing.provider import Behaviour, ProviderProcess, SimulatedProvider
from tandem.testing.waiting import eventually

SCHEMA = {"type": "object", "properties": {"label": {"enum": ["positive", "neutral", "negative"]}}}
RESPONSE_FORMAT: Any = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}


@pytest.fixture
async def provider() -> AsyncIterator[SimulatedProvider]:
    async with SimulatedProvider() as server:
        yield server


@pytest.fixture
async def client(provider: SimulatedProvider) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=provider.base_url, api_key="none", max_retries=0) as sdk:
        yield sdk


async def ask(client: openai.AsyncOpenAI, text: str, **more: Any) -> Any:
    messages: Any = [{"role": "user", "content": text}]
    return await client.chat.completions.create(
        model="simulated", messages=messages, response_format=RESPONSE_FORMAT, **more
    )


async def test_the_same_prompt_gets_the_same_label_with_its_probability(client: openai.AsyncOpenAI) -> None:
    first, second = [await ask(client, "Hello", logprobs=True, top_logprobs=5) for _ in range(2)]
    label = json.loads(first.choices[0].message.content)["label"]
    assert first.choices[0].message.content == second.choices[0].message.content
    token = next(t for t in first.choices[0].logprobs.content if t.token == label)
    alternatives = {entry.token: math.exp(entry.logprob) for entry in token.top_logprobs}
    assert set(alternatives) == {"positive", "neutral", "negative"}
    assert max(alternatives, key=alternatives.__getitem__) == label
    assert first.usage.total_tokens == first.usage.prompt_tokens + first.usage.completion_tokens


async def test_labels_differ_between_prompts_and_seeds(client: openai.AsyncOpenAI, provider: SimulatedProvider) -> None:
    async def labels() -> list[str]:
        answers = [await ask(client, f"text {number}") for number in range(30)]
        return [json.loads(answer.choices[0].message.content)["label"] for answer in answers]

    before = await labels()
    assert set(before) == {"positive", "neutral", "negative"}
    provider.change(seed=1)
    assert await labels() != before


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("server_error", openai.InternalServerError),
        ("rate_limited", openai.RateLimitError),
        ("quota_exhausted", openai.RateLimitError),
        ("unauthorized", openai.AuthenticationError),
        ("forbidden", openai.PermissionDeniedError),
        ("unsupported", openai.BadRequestError),
        ("too_long", openai.BadRequestError),
        ("content_filter", openai.BadRequestError),
        ("trickle", TimeoutError),
        ("empty", json.JSONDecodeError),
        ("timeout", openai.APITimeoutError),
        ("malformed", json.JSONDecodeError),
        ("reset", openai.APIConnectionError),
    ],
)
async def test_each_failure_reaches_the_caller_as_the_real_one_would(
    client: openai.AsyncOpenAI, provider: SimulatedProvider, kind: str, error: type[Exception]
) -> None:
    provider.change(failures={kind: 1.0})
    with pytest.raises(error):
        async with asyncio.timeout(0.6):  # an answer that trickles is on its way for ever
            await ask(client, "Hello", timeout=0.3, logprobs=True)
    assert provider.score().answered == 0


async def test_failures_come_by_rate_and_by_seed(client: openai.AsyncOpenAI, provider: SimulatedProvider) -> None:
    async def failed(seed: int) -> list[int]:
        provider.change(seed=seed, failures={"server_error": 0.3}, count_prompts=False)
        found = []
        for number in range(60):
            try:
                await ask(client, f"text {number}")
            except openai.InternalServerError:
                found.append(number)
        return found

    first, again, other = await failed(1), await failed(1), await failed(2)
    assert first == again != other
    assert 6 <= len(first) <= 32


async def test_a_model_says_what_it_does_not_take(client: openai.AsyncOpenAI, provider: SimulatedProvider) -> None:
    provider.change(unsupported=["temperature"], context_window=30)
    with pytest.raises(openai.BadRequestError) as caught:
        await ask(client, "Hello", temperature=0.5)
    assert (caught.value.param, caught.value.code) == ("temperature", "unsupported_parameter")
    with pytest.raises(openai.BadRequestError) as caught:
        await ask(client, "Hello " * 100)
    assert caught.value.code == "context_length_exceeded"
    await ask(client, "Hello")
    assert provider.score().by_kind == {"complaint": 2, "ok": 1}


async def test_an_answer_that_is_cut_is_paid_and_is_no_answer(
    client: openai.AsyncOpenAI, provider: SimulatedProvider
) -> None:
    provider.change(first_calls=["truncated"])
    cut = await ask(client, "Hello")
    whole = await ask(client, "Hello")
    assert (cut.choices[0].finish_reason, whole.choices[0].finish_reason) == ("length", "stop")
    assert whole.choices[0].message.content.startswith(cut.choices[0].message.content)
    score = provider.score()
    assert (score.answered, score.answered_repeatedly) == (1, 0)
    assert score.completion_tokens == cut.usage.completion_tokens + whole.usage.completion_tokens


async def test_a_rate_limit_says_when_to_come_back(client: openai.AsyncOpenAI, provider: SimulatedProvider) -> None:
    provider.change(failures={"rate_limited": 1.0}, retry_after_seconds=7)
    with pytest.raises(openai.RateLimitError) as caught:
        await ask(client, "Hello")
    assert caught.value.response.headers["retry-after"] == "7"


async def test_first_calls_fail_as_told_and_the_next_succeeds(
    client: openai.AsyncOpenAI, provider: SimulatedProvider
) -> None:
    provider.change(first_calls=["server_error", "rate_limited"])
    with pytest.raises(openai.InternalServerError):
        await ask(client, "Hello")
    with pytest.raises(openai.RateLimitError):
        await ask(client, "Hello")
    assert (await ask(client, "Hello")).choices[0].message.content
    assert provider.score().by_kind == {"server_error": 1, "rate_limited": 1, "ok": 1}


async def test_a_refusal_and_an_answer_off_the_schema_are_answers(
    client: openai.AsyncOpenAI, provider: SimulatedProvider
) -> None:
    provider.change(failures={"refusal": 1.0})
    refused = (await ask(client, "Hello")).choices[0].message
    assert (refused.content, bool(refused.refusal)) == (None, True)
    provider.change(failures={"off_schema": 1.0})
    with pytest.raises(json.JSONDecodeError):
        json.loads((await ask(client, "Hello")).choices[0].message.content)
    assert provider.score().answered == 2


async def test_held_calls_wait_until_the_gate_opens_and_are_counted_in_flight(
    client: openai.AsyncOpenAI, provider: SimulatedProvider
) -> None:
    provider.change(hold=True)
    calls = [asyncio.create_task(ask(client, f"text {number}")) for number in range(5)]
    await eventually(lambda: provider.score().in_flight == 5)
    assert not any(call.done() for call in calls)
    provider.change(hold=False)
    await asyncio.gather(*calls)
    assert provider.score().in_flight == 0
    assert provider.score().most_in_flight == 5


async def test_the_score_tells_prompts_called_and_paid_more_than_once(
    client: openai.AsyncOpenAI, provider: SimulatedProvider
) -> None:
    provider.change(hold=True)
    lost = asyncio.create_task(ask(client, "once lost"))
    await eventually(lambda: provider.score().in_flight == 1)
    lost.cancel()
    await eventually(lambda: provider.score().abandoned == 1)
    provider.change(hold=False)
    for text in ("once lost", "twice", "twice", "once"):
        await ask(client, text)
    score = provider.score(with_prompts=True)
    assert (score.received, score.prompts, score.repeated, score.answered_repeatedly) == (5, 3, 2, 1)
    assert sorted((score.calls_by_prompt or {}).values()) == [1, 2, 2]


@pytest.fixture
def provider_process(tmp_path: Path) -> Iterator[ProviderProcess]:
    with ProviderProcess(log_file=tmp_path / "provider.log") as process:
        yield process


async def test_a_provider_in_its_own_process_is_steered_over_http(provider_process: ProviderProcess) -> None:
    async with httpx.AsyncClient(base_url=provider_process.control_url) as control:
        changed = (await control.post("/behaviour", json={"latency_ms": 1, "seed": 3})).json()
        assert Behaviour.model_validate(changed) == Behaviour(latency_ms=1, seed=3)
        assert (await control.post("/behaviour", json={"no_such": 1})).status_code == 422
        async with openai.AsyncOpenAI(base_url=provider_process.base_url, api_key="none") as client:
            await ask(client, "Hello")
            assert [model.id async for model in client.models.list()] == ["simulated"]
        assert (await control.get("/score")).json()["received"] == 1
        assert (await control.post("/reset")).json()["received"] == 0
