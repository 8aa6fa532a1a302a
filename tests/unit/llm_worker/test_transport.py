"""The transport: what goes over the wire is what the SDK would send, and what comes back is understood by the SDK."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import openai
import pytest
from aiohttp import web
from yarl import URL

from tandem_llm_worker.providers.errors import TRANSPORT_ERRORS
from tandem_llm_worker.providers.transport import HEAD_SECONDS, AccountCaller, Wire, proxy_options

BODY = {"model": "m", "messages": [{"role": "user", "content": "Grüße"}]}
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Provider:
    """A server that keeps what it was sent and answers as told."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], Any]] = []
        self.answers: list[Answer] = []

    async def answer(self, http: web.Request) -> web.StreamResponse:
        self.received.append((http.path_qs, dict(http.headers), await http.json()))
        if self.answers:
            return await self.answers.pop(0)(http)
        return web.json_response({"ok": True})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    port = 0


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.port = site.port
    yield provider
    await runner.cleanup()


@pytest.fixture
async def caller(provider: Provider) -> AsyncIterator[AccountCaller]:
    wire = Wire()
    sdk = openai.AsyncOpenAI(
        base_url=f"{provider.url}/v1", api_key="key-1", max_retries=0, http_client=wire.http_client()
    )
    yield AccountCaller(sdk, wire)
    await sdk.close()


def answering(status: int, body: Any = None, **headers: str) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status, headers=headers)

    return answer


async def test_later_calls_look_on_the_wire_like_those_of_the_sdk(provider: Provider, caller: AccountCaller) -> None:
    for _ in range(3):
        await caller.post("/chat/completions", BODY)
    by_the_sdk, *straight = provider.received
    assert by_the_sdk[0] == "/v1/chat/completions"
    assert by_the_sdk[1]["Authorization"] == "Bearer key-1"
    assert straight == [by_the_sdk] * 2


async def test_a_call_of_the_sdk_carries_nothing_that_is_new_each_time(provider: Provider) -> None:
    async with openai.AsyncOpenAI(base_url=provider.url, api_key="k", max_retries=0) as sdk:
        for _ in range(2):
            await sdk.post("/chat/completions", cast_to=object, body=BODY)
    first, second = provider.received
    assert first == second


async def test_the_answer_comes_with_its_headers_in_lower_case(provider: Provider, caller: AccountCaller) -> None:
    for _ in range(2):
        provider.answers = [answering(200, {"a": 1}, **{"X-RateLimit-Remaining-Requests": "7"})]
        reply = await caller.post("/chat/completions", BODY)
        assert reply.headers["x-ratelimit-remaining-requests"] == "7"
        assert (reply.status, reply.content) == (200, b'{"a": 1}')


@pytest.mark.parametrize("calls_before", [0, 1])
async def test_an_error_is_the_error_of_the_sdk(provider: Provider, caller: AccountCaller, calls_before: int) -> None:
    for _ in range(calls_before):
        await caller.post("/chat/completions", BODY)
    body = {"error": {"message": "Slow down.", "type": "requests", "code": "rate_limit_exceeded"}}
    provider.answers = [answering(429, body, **{"Retry-After": "7"})]
    with pytest.raises(openai.RateLimitError) as raised:
        await caller.post("/chat/completions", BODY)
    assert raised.value.code == "rate_limit_exceeded"
    assert raised.value.response.headers["retry-after"] == "7"
    assert len(provider.received) == calls_before + 1


async def test_a_packed_answer_is_unpacked_once(provider: Provider, caller: AccountCaller) -> None:
    async def packed(_: web.Request) -> web.StreamResponse:
        return web.Response(body=gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"})

    async def packed_error(_: web.Request) -> web.StreamResponse:
        body = gzip.compress(b'{"error": {"message": "No.", "code": "c"}}')
        return web.Response(status=400, body=body, headers={"Content-Encoding": "gzip"})

    provider.answers = [packed, packed, packed_error]
    for _ in range(2):
        assert (await caller.post("/chat/completions", BODY)).content == b'{"a": 1}'
    with pytest.raises(openai.BadRequestError) as raised:
        await caller.post("/chat/completions", BODY)
    assert raised.value.code == "c"


async def test_a_redirect_is_followed(provider: Provider, caller: AccountCaller) -> None:
    for _ in range(2):
        provider.answers = [answering(307, Location="/v2/chat/completions"), answering(200, {"a": 2})]
        assert (await caller.post("/chat/completions", BODY)).content == b'{"a": 2}'
        await caller.post("/chat/completions", BODY)
    paths = [path for path, _, _ in provider.received]
    assert paths == ["/v1/chat/completions", "/v2/chat/completions", "/v1/chat/completions"] * 2
    assert all(body == BODY for _, _, body in provider.received)


async def test_a_renewed_key_is_used_after_a_refusal_and_after_a_minute(
    provider: Provider,
) -> None:
    now = 0.0
    wire = Wire()
    sdk = openai.AsyncOpenAI(base_url=provider.url, api_key="old", max_retries=0, http_client=wire.http_client())
    caller = AccountCaller(sdk, wire, clock=lambda: now)
    try:
        await caller.post("/chat/completions", BODY)
        sdk.api_key = "new"
        provider.answers = [answering(401, {"error": {"message": "No."}})]
        with pytest.raises(openai.AuthenticationError):
            await caller.post("/chat/completions", BODY)
        await caller.post("/chat/completions", BODY)
        sdk.api_key = "newer"
        now += HEAD_SECONDS
        await caller.post("/chat/completions", BODY)
    finally:
        await sdk.close()
    keys = [headers["Authorization"] for _, headers, _ in provider.received]
    assert keys == ["Bearer old", "Bearer old", "Bearer new", "Bearer newer"]


async def test_azure_addresses_name_the_deployment_of_each_model(provider: Provider) -> None:
    wire = Wire()
    sdk = openai.AsyncAzureOpenAI(
        azure_endpoint=provider.url,
        api_version="2026-01-01",
        api_key="k",
        max_retries=0,
        http_client=wire.http_client(),
    )
    caller = AccountCaller(sdk, wire)
    try:
        for model in ("one", "two", "one", "two"):
            await caller.post("/chat/completions", BODY | {"model": model})
    finally:
        await sdk.close()
    paths = [path for path, _, _ in provider.received]
    one, two = (f"/openai/deployments/{m}/chat/completions?api-version=2026-01-01" for m in ("one", "two"))
    assert paths == [one, two, one, two]
    assert all(headers["api-key"] == "k" for _, headers, _ in provider.received)


async def test_a_lost_connection_is_an_error_that_is_known(provider: Provider, caller: AccountCaller) -> None:
    async def lost(http: web.Request) -> web.StreamResponse:
        assert http.transport is not None
        http.transport.abort()
        return web.Response()

    for _ in range(2):
        provider.answers = [lost]
        with pytest.raises(TRANSPORT_ERRORS):
            await caller.post("/chat/completions", BODY)
        await caller.post("/chat/completions", BODY)


async def test_a_call_given_up_leaves_the_connections_usable(provider: Provider, caller: AccountCaller) -> None:
    released = asyncio.Event()

    async def hanging(_: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    await caller.post("/chat/completions", BODY)
    provider.answers = [hanging]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await caller.post("/chat/completions", BODY)
    assert (await caller.post("/chat/completions", BODY)).status == 200
    released.set()


def test_the_proxy_of_the_environment_is_taken_except_where_it_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:word@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    taken = proxy_options(URL("https://api.example/v1"))
    assert taken["proxy"] == URL("http://proxy.example:3128")
    assert taken["proxy_headers"] == {"Proxy-Authorization": aiohttp.encode_basic_auth("user", "word")}
    assert proxy_options(URL("https://inside.example/v1")) == {}
    assert proxy_options(URL("http://api.example/v1")) == {}


async def test_a_cookie_of_the_provider_is_never_sent_back(provider: Provider, caller: AccountCaller) -> None:
    cookie = {"Set-Cookie": "session=theirs; Path=/"}
    error = {"error": {"message": "No."}}
    provider.answers = [
        answering(400, error, **cookie),  # read by the SDK
        answering(200, {"ok": True}, **cookie),
        answering(200, {"ok": True}, **cookie),  # read without the SDK
        answering(307, Location="/v2/chat/completions", **cookie),
    ]
    with pytest.raises(openai.BadRequestError):
        await caller.post("/chat/completions", BODY)
    for _ in range(4):
        await caller.post("/chat/completions", BODY)
    assert len(provider.received) == 6
    assert not [headers for _, headers, _ in provider.received if "Cookie" in headers]
