"""The ways in which a call fails, as the caller sees them on the wire."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from tandem.runtime.openai_chat import error_body
from tandem.testing.provider import headers
from tandem.testing.provider.behaviour import Behaviour, FailureKind
from tandem.testing.provider.draws import pick, uniform

OF_THE_PROMPT: tuple[FailureKind, ...] = ("too_long", "content_filter", "refusal", "off_schema")
"""Failures of a model that depend on the prompt alone and occur every time."""

TRICKLE_SECONDS = 0.05
"""Between two bytes of an answer that trickles."""
UNSUPPORTED = "logprobs"
"""Parameter that `unsupported` names by default."""

CONTEXT_WINDOW = 1_000_000
"""Context window that `too_long` names by default: a caller that believes it still sends other prompts."""

Failure = Callable[[Behaviour, web.BaseRequest], Awaitable[web.StreamResponse]]


def draw(settings: Behaviour, prompt: str, nth: int) -> FailureKind | None:
    """Draw how the `nth` call of the prompt fails; None: it does not."""
    if nth <= len(settings.first_calls):
        return settings.first_calls[nth - 1]
    if not settings.failures:
        return None
    of_the_call = {kind: rate for kind, rate in settings.failures.items() if kind not in OF_THE_PROMPT}
    of_the_prompt = {kind: rate for kind, rate in settings.failures.items() if kind in OF_THE_PROMPT}
    return pick(uniform(settings.seed, "call", prompt, nth), of_the_call) or pick(
        uniform(settings.seed, "prompt", prompt), of_the_prompt
    )


def json_response(
    body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, headers=headers, content_type="application/json")


async def _server_error(_: Behaviour, __: web.BaseRequest) -> web.StreamResponse:
    return json_response(error_body("The server had an error.", kind="server_error"), status=500)


async def _loading(_: Behaviour, __: web.BaseRequest) -> web.StreamResponse:
    return json_response(error_body("Loading model", kind="unavailable_error"), status=503)


async def _rate_limited(settings: Behaviour, _: web.BaseRequest) -> web.StreamResponse:
    body = error_body("Rate limit reached.", kind="requests", code="rate_limit_exceeded")
    said = headers.retry_after(settings.headers, settings.retry_after_seconds)
    return json_response(body, status=429, headers=said)


async def _quota_exhausted(_: Behaviour, __: web.BaseRequest) -> web.StreamResponse:
    message = "You exceeded your current quota."
    return json_response(error_body(message, kind="insufficient_quota", code="insufficient_quota"), status=429)


async def _unauthorized(_: Behaviour, __: web.BaseRequest) -> web.StreamResponse:
    body = error_body("Incorrect API key.", kind="invalid_request_error", code="invalid_api_key")
    return json_response(body, status=401)


async def _forbidden(_: Behaviour, __: web.BaseRequest) -> web.StreamResponse:
    message = "Project `proj-simulated` does not have access to model `simulated`."
    body = error_body(message, kind="invalid_request_error", code="model_not_found")
    return json_response(body, status=403)


async def _unsupported(settings: Behaviour, _: web.BaseRequest) -> web.StreamResponse:
    return unsupported(named(settings))


def named(settings: Behaviour) -> str:
    """Return the parameter that `unsupported` is about."""
    return settings.unsupported[0] if settings.unsupported else UNSUPPORTED


def unsupported(parameter: str) -> web.Response:
    """Says that the model does not take a parameter."""
    message = f"Unsupported parameter: '{parameter}' is not supported with this model."
    body = error_body(message, code="unsupported_parameter", param=parameter)
    return json_response(body, status=400)


async def _too_long(settings: Behaviour, _: web.BaseRequest) -> web.StreamResponse:
    return too_long(settings.context_window or CONTEXT_WINDOW, None)


def too_long(window: int, tokens: int | None) -> web.Response:
    """Says that the prompt is longer than the model's context; `tokens`: the prompt's, one too many where unsaid."""
    message = (
        f"This model's maximum context length is {window} tokens. However, your messages resulted in "
        f"{tokens or window + 1} tokens. Please reduce the length of the messages."
    )
    return json_response(error_body(message, code="context_length_exceeded", param="messages"), status=400)


async def _content_filter(_: Behaviour, __: web.BaseRequest) -> web.StreamResponse:
    message = "The response was filtered due to the prompt triggering the content management policy."
    return json_response(error_body(message, code="content_filter", param="prompt"), status=400)


async def _trickle(_: Behaviour, http: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "application/json"})
    await response.prepare(http)
    with contextlib.suppress(ConnectionResetError):
        while True:  # until the caller goes away
            await response.write(b" ")
            await asyncio.sleep(TRICKLE_SECONDS)
    return response


async def _empty(_: Behaviour, __: web.BaseRequest) -> web.StreamResponse:
    return web.Response(content_type="application/json")


async def _timeout(_: Behaviour, __: web.BaseRequest) -> web.StreamResponse:
    await asyncio.Event().wait()  # until the caller goes away
    raise AssertionError("unreachable")


async def _malformed(_: Behaviour, __: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=b'{"id": "chatcmpl-', content_type="application/json")


async def _reset(_: Behaviour, http: web.BaseRequest) -> web.StreamResponse:
    if http.transport is not None:
        http.transport.abort()
    return web.Response()


FAILURES: Mapping[FailureKind, Failure] = {
    "server_error": _server_error,
    "loading": _loading,
    "rate_limited": _rate_limited,
    "quota_exhausted": _quota_exhausted,
    "unauthorized": _unauthorized,
    "forbidden": _forbidden,
    "unsupported": _unsupported,
    "too_long": _too_long,
    "content_filter": _content_filter,
    "timeout": _timeout,
    "trickle": _trickle,
    "malformed": _malformed,
    "empty": _empty,
    "reset": _reset,
}
"""Kinds of which no completion comes; the others change the completion."""
