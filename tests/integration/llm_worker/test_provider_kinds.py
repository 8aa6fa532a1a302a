"""Azure's addresses and keys, headers of an operator's choice, the Responses API, and an answer that trickles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError

from llm_worker_desk import MakeDesk, complaint, good
from llm_worker_line import agent, published, request
from tandem.events import ErrorKind, ModelParameters
from tandem.pricing.bound import REASONING_ROOM
from tandem_llm_worker.settings import ProviderSettings

NOT_CHAT = "This model is only supported in v1/responses and not in v1/chat/completions."


def response(text: str, **more: Any) -> dict[str, Any]:
    token = {
        "token": text,
        "logprob": -0.1,
        "bytes": [],
        "top_logprobs": [{"token": text, "logprob": -0.1, "bytes": []}],
    }
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": [token]}],
            },
        ],
        "usage": {
            "input_tokens": 40,
            "input_tokens_details": {"cached_tokens": 32},
            "output_tokens": 7,
            "output_tokens_details": {"reasoning_tokens": 0},
        },
        **more,
    }


class Anything:
    """Answers every path by `reply(path, body)` and keeps the requests."""

    def __init__(self, reply: Callable[[str, dict[str, Any]], tuple[int, Any]]) -> None:
        self.reply = reply
        self.seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.url = ""

    async def serve(self, http: web.Request) -> web.Response:
        body = await http.json()
        self.seen.append((http.path_qs, {key.lower(): value for key, value in http.headers.items()}, body))
        status, answer = self.reply(http.path, body)
        return web.json_response(answer, status=status)


Serve = Callable[..., Any]


@pytest.fixture
async def anything() -> AsyncIterator[Serve]:
    async with AsyncExitStack() as closing:

        async def serve(reply: Callable[[str, dict[str, Any]], tuple[int, Any]]) -> Anything:
            server = Anything(reply)
            app = web.Application()
            app.router.add_post("/{path:.*}", server.serve)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            closing.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            server.url = f"http://127.0.0.1:{site.port}"
            return server

        yield serve


async def test_azure_is_called_by_deployment_with_its_version_and_its_key(make_desk: MakeDesk, anything: Serve) -> None:
    server = await anything(lambda _, body: good(body))
    desk = make_desk(
        server.url,
        kind="azure",
        api_version="2024-10-21",
        api_key=SecretStr("azure-key"),
        models={"simulated": {"deployment": "my-deployment"}},
    )
    desk.jobs.apply(published())

    for seq in range(2):  # the second call goes by the head that was kept of the first
        assert (await desk.answer(request(seq))).error is None

    for path, headers, _ in server.seen:
        assert path == "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21"
        assert headers["api-key"] == "azure-key"
        assert "authorization" not in headers


async def test_headers_of_the_operators_choice_are_sent(make_desk: MakeDesk, anything: Serve) -> None:
    server = await anything(lambda _, body: good(body))
    desk = make_desk(f"{server.url}/api/v1", headers={"X-Title": SecretStr("labels")}, api_key=SecretStr("a-key"))
    desk.jobs.apply(published())

    await desk.answer(request(1))

    ((path, headers, _),) = server.seen
    assert path == "/api/v1/chat/completions"
    assert headers["x-title"] == "labels"
    assert headers["authorization"] == "Bearer a-key"


def test_azure_without_a_version_does_not_start() -> None:
    with pytest.raises(ValidationError, match="api_version"):
        ProviderSettings(base_url="https://mine.openai.azure.com", kind="azure")


async def test_a_model_of_the_responses_api_is_asked_there_once_the_provider_says_so(
    make_desk: MakeDesk, anything: Serve
) -> None:
    def reply(path: str, _: dict[str, Any]) -> Any:
        if path.endswith("/chat/completions"):
            return complaint(NOT_CHAT, "model", status=404)
        return 200, response('{"sentiment": "neutral"}')

    server = await anything(reply)
    desk = make_desk(f"{server.url}/v1")
    parameters = ModelParameters(max_tokens=8, reasoning_effort="low", seed=3)
    desk.jobs.apply(published(agent=agent(parameters=parameters)))

    answers = [await desk.answer(request(seq)) for seq in range(2)]

    assert [path for path, _, _ in server.seen] == ["/v1/chat/completions", "/v1/responses", "/v1/responses"]
    body = server.seen[-1][2]
    assert body["store"] is False
    assert body["max_output_tokens"] == 8 + REASONING_ROOM
    assert body["include"] == ["message.output_text.logprobs"]
    assert body["reasoning"] == {"effort": "low"}
    assert body["text"]["format"]["type"] == "json_schema"
    assert body["text"]["format"]["strict"] is True
    assert not body.keys() & {"seed", "n", "messages", "response_format"}
    for answer in answers:
        assert answer.completions[0].logprobs
        assert answer.structured
    assert answers[1].usage
    assert (answers[1].usage.prompt_tokens, answers[1].usage.completion_tokens) == (40, 7)
    assert answers[1].usage.cached_tokens == 32


async def test_the_responses_api_is_asked_for_no_fewer_tokens_than_it_takes(
    make_desk: MakeDesk, anything: Serve
) -> None:
    def reply(path: str, _: dict[str, Any]) -> Any:
        if path.endswith("/chat/completions"):
            return complaint(NOT_CHAT, "model", status=404)
        return 200, response('{"sentiment": "neutral"}')

    server = await anything(reply)
    desk = make_desk(f"{server.url}/v1")
    desk.jobs.apply(published(agent=agent(parameters=ModelParameters(max_tokens=8))))

    assert (await desk.answer(request(1))).error is None

    body = server.seen[-1][2]
    assert body["max_output_tokens"] == 16
    assert "reasoning" not in body


@pytest.mark.parametrize(
    ("body", "kind", "calls"),
    [
        (
            response("", output=[{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]),
            ErrorKind.REFUSAL,
            1,
        ),
        (
            response("", status="incomplete", incomplete_details={"reason": "content_filter"}, output=[]),
            ErrorKind.CONTENT_FILTER,
            1,
        ),
        (
            response('{"sent', status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            ErrorKind.TRUNCATED,
            2,
        ),
        (response("", output=[]), ErrorKind.MALFORMED, 2),
        (
            response("", status="failed", error={"code": "server_error", "message": "Something went wrong."}),
            ErrorKind.SERVER_ERROR,
            2,
        ),
        ({"id": "resp_1"}, ErrorKind.MALFORMED, 2),
    ],
)
async def test_each_end_of_a_response_has_its_reason(
    make_desk: MakeDesk, anything: Serve, body: Any, kind: ErrorKind, calls: int
) -> None:
    server = await anything(lambda _path, sent: (200, response("Hi") if "Hi" in str(sent["input"]) else body))
    desk = make_desk(f"{server.url}/v1", models={"simulated": {"api": "responses"}})
    desk.jobs.apply(published())

    answer = await desk.answer(request(1))

    assert answer.error
    assert answer.error.kind is kind
    assert len(answer.calls) == calls


async def test_an_answer_that_trickles_for_ever_ends_at_the_deadline(make_desk: MakeDesk) -> None:
    async def trickle(http: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(http)
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.02)

    app = web.Application()
    app.router.add_post("/v1/chat/completions", trickle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        desk = make_desk(f"http://127.0.0.1:{site.port}/v1")
        desk.jobs.apply(published())

        assert await desk.ask(request(1)) is None
    finally:
        await runner.cleanup()

    assert desk.account.report().reason == "timeout"
