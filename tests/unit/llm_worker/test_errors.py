"""What the SDK's errors mean. The errors are real: raised by the SDK for answers that a server on loopback gave."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from tandem.events import ErrorKind
from tandem_llm_worker.providers.chat import read as read_answer
from tandem_llm_worker.providers.client import ProviderClient
from tandem_llm_worker.providers.errors import CallFailed, CallVerdict, retry_after_seconds, without_record_text
from tandem_llm_worker.settings import ProviderSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BODY = {"temperature": 0.0, "max_tokens": 5, "logprobs": True, "response_format": {}}


@asynccontextmanager
async def serving(answer: Callable[[], web.Response]) -> AsyncIterator[str]:
    async def complete(_: web.Request) -> web.Response:
        return answer()

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{site.port}/v1"
    await runner.cleanup()


async def failure(status: int, error: Any = None, *, headers: dict[str, str] | None = None) -> CallFailed:
    """How a call fails that is answered so."""

    def answer() -> web.Response:
        if isinstance(error, str):
            return web.Response(status=status, text=error, headers=headers, content_type="text/html")
        return web.json_response({"error": error} if error else {}, status=status, headers=headers)

    async with serving(answer) as base_url:
        client = ProviderClient("p", ProviderSettings(base_url=base_url))
        try:
            with pytest.raises(CallFailed) as raised:
                await client.call("chat", "m", [], BODY)
        finally:
            await client.close()
    assert raised.value.status == status
    return raised.value


def error(message: str = "", code: str | None = None, kind: str | None = None, param: str | None = None) -> Any:
    return {"message": message, "code": code, "type": kind, "param": param}


@pytest.mark.parametrize(
    ("status", "body", "kind", "verdict"),
    [
        (429, error("slow down", "rate_limit_exceeded"), ErrorKind.RATE_LIMITED, CallVerdict.RATE_LIMITED),
        (429, error("no money", "insufficient_quota"), ErrorKind.QUOTA_EXHAUSTED, CallVerdict.STOPPED),
        (429, error("You exceeded your current quota"), ErrorKind.QUOTA_EXHAUSTED, CallVerdict.STOPPED),
        (402, error("Insufficient credits"), ErrorKind.QUOTA_EXHAUSTED, CallVerdict.STOPPED),
        (401, error("Incorrect API key: sk-abcdef"), ErrorKind.AUTHENTICATION, CallVerdict.STOPPED),
        (403, error("not your model"), ErrorKind.AUTHENTICATION, CallVerdict.STOPPED),
        (404, error("no such model", "model_not_found"), ErrorKind.BAD_REQUEST, CallVerdict.STOPPED),
        (400, error("odd"), ErrorKind.BAD_REQUEST, CallVerdict.PERMANENT),
        (400, error("long", "context_length_exceeded"), ErrorKind.TOO_LONG, CallVerdict.PERMANENT),
        (400, error("This model's maximum context length is 10 tokens"), ErrorKind.TOO_LONG, CallVerdict.PERMANENT),
        (413, None, ErrorKind.TOO_LONG, CallVerdict.PERMANENT),
        (400, error("filtered", "content_filter"), ErrorKind.CONTENT_FILTER, CallVerdict.PERMANENT),
        (408, None, ErrorKind.TIMEOUT, CallVerdict.TRANSIENT),
        (409, None, ErrorKind.SERVER_ERROR, CallVerdict.TRANSIENT),
        (500, error("oops"), ErrorKind.SERVER_ERROR, CallVerdict.TRANSIENT),
        (503, "<html>a proxy's page</html>", ErrorKind.SERVER_ERROR, CallVerdict.TRANSIENT),
        (529, None, ErrorKind.SERVER_ERROR, CallVerdict.TRANSIENT),
    ],
)
async def test_a_status_has_one_meaning(status: int, body: Any, kind: ErrorKind, verdict: CallVerdict) -> None:
    failed = await failure(status, body)

    assert (failed.kind, failed.verdict) == (kind, verdict)
    assert failed.complaint is None or failed.complaint.context_window
    assert "sk-" not in failed.message
    assert "<html" not in failed.message
    assert failed.message


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (error("Unsupported value", "unsupported_value", param="temperature"), "temperature"),
        (
            error("'max_tokens' is not supported with this model. Use 'max_completion_tokens'.", param="max_tokens"),
            "max_tokens",
        ),
        (error("Invalid schema", param="response_format.json_schema"), "response_format"),
        (error("This model does not support json_schema output"), "response_format"),
        (error("You are not allowed to request logprobs"), "logprobs"),
        (error("log probabilities: unknown field 'logprobs'"), "logprobs"),
        (error("Unknown parameter: 'seed'"), None),  # it was not sent
        (error("Invalid 'messages[0].content': temperature is no word", param="messages"), None),
        (error("temperature today: mild"), None),
        (error("max_tokens is too large: 5. Must be at most 4", param="max_tokens"), "max_tokens"),
    ],
)
async def test_a_complaint_names_the_parameter_that_was_sent(body: Any, parameter: str | None) -> None:
    failed = await failure(400, body)

    assert (failed.complaint.parameter if failed.complaint else None) == parameter


async def test_retry_after_travels_with_the_failure() -> None:
    failed = await failure(429, error("slowly"), headers={"retry-after-ms": "1500", "Retry-After": "9"})

    assert failed.retry_after == 1.5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=20))}, 20.0),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=20))}, 0.0),
        ({"retry-after": "later"}, None),
        ({"retry-after": "-4"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_every_form_of_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, now=NOW) == seconds


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b'{"choices": []}',
        b'{"choices": [{}]}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": null}, "finish_reason": "stop"}]}',
        b'{"choices": [{"message": {"content": [{"type": "image"}]}, "finish_reason": "stop"}]}',
        b'{"choices"',
    ],
)
def test_whatever_is_not_a_chat_completion_is_malformed_and_tried_again(content: bytes) -> None:
    with pytest.raises(CallFailed) as raised:
        read_answer(content)

    assert (raised.value.kind, raised.value.verdict) == (ErrorKind.MALFORMED, CallVerdict.TRANSIENT)


def test_half_of_the_log_probabilities_are_none() -> None:
    answer = read_answer(
        b'{"choices": [{"message": {"content": "x"}, "finish_reason": "stop",'
        b' "logprobs": {"content": [{"token": "x", "logprob": -0.5}, {"token": "y", "logprob": null}]}}]}'
    )

    assert answer.completions[0].logprobs is None
    assert answer.completions[0].text == "x"


def test_a_message_is_left_out_when_it_repeats_the_record() -> None:
    record = "the quick brown fox jumps over the lazy dog"
    assert without_record_text(f"cannot read: {record[5:40]}", [record]) != f"cannot read: {record[5:40]}"
    assert without_record_text("no such model", [record, "a"]) == "no such model"
