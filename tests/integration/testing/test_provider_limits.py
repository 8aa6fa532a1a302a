from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tandem.testing.provider import ProviderLimits, SimulatedProvider

QUESTION = {"model": "simulated", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 10}


@pytest.fixture
async def provider() -> AsyncIterator[SimulatedProvider]:
    async with SimulatedProvider() as server:
        yield server


@pytest.fixture
async def client(provider: SimulatedProvider) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{provider.port}", trust_env=False) as http:
        yield http


async def ask(client: httpx.AsyncClient, model: str = "simulated") -> httpx.Response:
    return await client.post("/v1/chat/completions", json=QUESTION | {"model": model})


async def test_calls_over_the_limit_are_told_so_and_the_score_knows_what_was_allowed(
    provider: SimulatedProvider, client: httpx.AsyncClient
) -> None:
    provider.change(limits={"requests_per_minute": 2, "tokens_per_minute": 1000})
    answers = [await ask(client) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["x-ratelimit-remaining-requests"] == "1"
    assert answers[2].json()["error"]["code"] == "rate_limit_exceeded"
    assert 28_000 < int(answers[2].headers["retry-after-ms"]) <= 30_000
    score = provider.score(with_seconds=True)
    assert (score.received, score.accepted, score.refused, score.answered) == (3, 2, 1, 2)
    assert score.by_kind == {"ok": 2, "over_limit": 1}
    use = score.limits["simulated"]["requests"]
    assert (use.taken, use.refused, use.per_minute) == (2, 1, 2)
    assert 2 <= use.allowed_until_last <= use.allowed < 2.5
    assert score.per_second is not None
    assert (sum(score.per_second.accepted), sum(score.per_second.refused)) == (2, 1)


async def test_each_model_has_limits_of_its_own_and_settings_of_its_own(
    provider: SimulatedProvider, client: httpx.AsyncClient
) -> None:
    provider.change(limits=ProviderLimits(requests_per_minute=1).model_dump(), models={"wide": {"limits": {}}})
    statuses = [(await ask(client, model)).status_code for model in ("one", "one", "two", "wide", "wide")]
    assert statuses == [200, 429, 200, 200, 200]
    assert [model["id"] for model in (await client.get("/v1/models")).json()["data"]] == ["simulated", "wide"]


async def test_limits_are_switched_live_and_a_reset_begins_the_count_anew(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/behaviour", json={"limits": {"requests_per_minute": 1}})
    assert [(await ask(client)).status_code for _ in range(2)] == [200, 429]
    assert (await client.post("/reset")).json()["limits"]["simulated"]["requests"]["allowed"] == 0
    assert (await ask(client)).status_code == 429
    await client.post("/behaviour", json={"limits": {}})
    assert (await ask(client)).status_code == 200
    assert (await client.get("/score")).json()["received"] == 2
    refused = await client.post("/behaviour", json={"models": {"x": {"no_such": 1}}})
    assert refused.status_code == 422
    assert (await client.get("/behaviour")).json()["limits"]["requests_per_minute"] is None


async def test_a_refused_call_leaves_no_trace_on_its_prompt(
    provider: SimulatedProvider, client: httpx.AsyncClient
) -> None:
    provider.change(limits={"requests_per_minute": 600, "capacity_seconds": 0.1}, first_calls=["server_error"])
    statuses = [(await ask(client)).status_code for _ in range(2)]
    assert statuses == [500, 429]
    assert provider.score().repeated == 0
