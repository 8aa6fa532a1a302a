"""A model provider that is not one: OpenAI's chat completions on loopback, deterministic, badly behaved on demand,
and counting.

The same prompt gets the same answer for the same seed, on any day and in any process. `Behaviour` says how slow it
is and how it fails; it can be changed while it runs. `Score` says what it was asked: a test of "paid once" reads it.

    python -m tandem.testing.provider --port 9009

    GET  /score        what happened since the start or the last reset; ?prompts=1 adds the calls of each prompt
    POST /reset        forget the score
    POST /behaviour    change settings (JSON, the fields of `Behaviour` that shall change); answers with all of them
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tandem.openai_chat import completion, error_body, read_choice, write_answer
from tandem.processes import LOOPBACK, Process, free_port, listens

MODEL = "simulated"

FailureKind = Literal[
    "server_error",
    "rate_limited",
    "quota_exhausted",
    "unauthorized",
    "timeout",
    "malformed",
    "reset",
    "refusal",
    "off_schema",
]
_OF_THE_PROMPT: tuple[FailureKind, ...] = ("refusal", "off_schema")  # a model that refuses does so every time
_OF_THE_CALL: tuple[FailureKind, ...] = (
    "server_error",
    "rate_limited",
    "quota_exhausted",
    "unauthorized",
    "timeout",
    "malformed",
    "reset",
)


class Behaviour(BaseModel):
    """How the provider answers. Rates are probabilities; everything random is drawn from the seed and the prompt."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    seed: int = 0
    latency_ms: float = Field(default=0, ge=0, description="The median.")
    latency_spread: float = Field(default=0, ge=0, le=3, description="Sigma of a log-normal; 0: always the median.")
    hold: bool = Field(default=False, description="Calls wait, already received, until this is false again.")
    failures: dict[FailureKind, float] = Field(default={}, description="Share of the calls that fail so.")
    first_calls: list[FailureKind] = Field(default=[], description="How the first calls of every prompt fail.")
    retry_after_seconds: float = Field(default=1, ge=0, description="Said with rate_limited.")
    sharpness: float = Field(default=3, ge=0, description="0: all options alike; the higher, the surer the answers.")
    token_length: int | None = Field(default=None, ge=1, description="Characters a token of a label; None: whole.")
    structured_output: bool = Field(default=True, description="False: a request with response_format is refused.")
    logprobs: bool = Field(default=True, description="False: none are given, asked for or not.")


class Score(BaseModel):
    """What happened. A prompt is the messages of a request, known by their hash."""

    received: int = 0
    answered: int = Field(default=0, description="Calls that got a completion, refusals included.")
    in_flight: int = 0
    most_in_flight: int = 0
    abandoned: int = Field(default=0, description="The caller went away before its answer.")
    by_kind: dict[str, int] = Field(default={}, description="Ended calls, by failure kind, or ok.")
    prompts: int = Field(default=0, description="Distinct prompts.")
    repeated: int = Field(default=0, description="Prompts called more than once.")
    answered_repeatedly: int = Field(default=0, description="Prompts answered more than once: paid more than once.")
    calls_by_prompt: dict[str, int] | None = None


class SimulatedProvider:
    """The server. Use it as an async context manager, or in a process of its own by `ProviderProcess`."""

    def __init__(self, behaviour: Behaviour | None = None, *, port: int = 0) -> None:
        self.behaviour = behaviour or Behaviour()
        self.port = port
        self._open = asyncio.Event()  # the gate that `hold` closes
        self._runner: web.AppRunner | None = None
        self.reset()

    @property
    def base_url(self) -> str:
        """What clients of OpenAI's API take as their base URL."""
        return f"http://{LOOPBACK}:{self.port}/v1"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/score", self._get_score)
        app.router.add_post("/reset", self._post_reset)
        app.router.add_post("/behaviour", self._post_behaviour)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self.port, backlog=1024)
        await site.start()
        self.port = site.port
        self._apply()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def reset(self) -> None:
        """Forget the score; calls in flight are still counted as such."""
        self._received = self._answered = self._abandoned = 0
        self._in_flight = getattr(self, "_in_flight", 0)
        self._most_in_flight = self._in_flight
        self._by_kind: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()

    def change(self, **settings: Any) -> None:
        """Change some of the behaviour, as `POST /behaviour` does. A `ValidationError` changes nothing."""
        self.behaviour = Behaviour.model_validate(self.behaviour.model_dump() | settings)
        self._apply()

    def score(self, *, with_prompts: bool = False) -> Score:
        return Score(
            received=self._received,
            answered=self._answered,
            in_flight=self._in_flight,
            most_in_flight=self._most_in_flight,
            abandoned=self._abandoned,
            by_kind=dict(self._by_kind),
            prompts=len(self._calls),
            repeated=sum(count > 1 for count in self._calls.values()),
            answered_repeatedly=sum(count > 1 for count in self._answers.values()),
            calls_by_prompt=dict(self._calls) if with_prompts else None,
        )

    def _apply(self) -> None:
        if self.behaviour.hold:
            self._open.clear()
        else:
            self._open.set()

    async def _complete(self, http: web.Request) -> web.StreamResponse:
        try:
            request = orjson.loads(await http.read())
        except orjson.JSONDecodeError:
            return _json(error_body("The body is not JSON.", kind="invalid_request_error"), status=400)
        prompt = blake2b(orjson.dumps(request.get("messages")), digest_size=8).hexdigest()
        self._received += 1
        self._calls[prompt] += 1
        nth = self._calls[prompt]
        self._in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self._in_flight)
        try:
            kind = self._draw_failure(prompt, nth)
            await self._delay(prompt, nth)
            response = await self._respond(http, request, prompt, kind)
        except asyncio.CancelledError:
            self._abandoned += 1
            raise
        finally:
            self._in_flight -= 1
        self._by_kind[kind or "ok"] += 1
        return response

    async def _respond(
        self, http: web.Request, request: Mapping[str, Any], prompt: str, kind: FailureKind | None
    ) -> web.StreamResponse:
        if kind in _OF_THE_CALL:
            return await _FAILURES[kind](self, http)
        if request.get("response_format") and not self.behaviour.structured_output:
            message = "This model does not support response_format."
            return _json(error_body(message, kind="invalid_request_error"), status=400)
        body = self._answer(request, prompt, kind)
        self._answered += 1
        self._answers[prompt] += 1
        return _json(body)

    def _draw_failure(self, prompt: str, nth: int) -> FailureKind | None:
        settings = self.behaviour
        if nth <= len(settings.first_calls):
            return settings.first_calls[nth - 1]
        if not settings.failures:
            return None
        return _draw(self._random("call", prompt, nth), settings.failures, _OF_THE_CALL) or _draw(
            self._random("prompt", prompt), settings.failures, _OF_THE_PROMPT
        )

    async def _delay(self, prompt: str, nth: int) -> None:
        settings = self.behaviour
        if settings.latency_ms:
            factor = 1.0
            if settings.latency_spread:
                factor = self._random("latency", prompt, nth).lognormvariate(0, settings.latency_spread)
            await asyncio.sleep(settings.latency_ms / 1000 * factor)
        if settings.hold:
            await self._open.wait()

    def _answer(self, request: Mapping[str, Any], prompt: str, kind: FailureKind | None) -> dict[str, Any]:
        asked = read_choice(request)
        content: str | None
        tokens: list[dict[str, Any]]
        refusal = None
        if kind == "refusal":
            content, tokens, refusal = None, [], "I cannot help with that."
        elif kind == "off_schema" or asked is None:
            content, tokens = "Well, that depends on how one looks at it.", []
        else:
            probabilities = self._probabilities(prompt, asked.options)
            chosen = max(probabilities, key=probabilities.__getitem__)
            length = self.behaviour.token_length
            content, tokens = write_answer(
                chosen, probabilities, property_name=asked.property_name, token_length=length
            )
        if not self.behaviour.logprobs:
            request = {**request, "logprobs": False}
        return completion(
            request, answer_id=prompt, created=int(time.time()), content=content, tokens=tokens, refusal=refusal
        )

    def _probabilities(self, prompt: str, options: tuple[str, ...]) -> dict[str, float]:
        draw = self._random("answer", prompt)
        weights = [math.exp(self.behaviour.sharpness * draw.gauss()) for _ in options]
        return {option: weight / sum(weights) for option, weight in zip(options, weights, strict=True)}

    def _random(self, *parts: object) -> random.Random:
        return random.Random(f"{self.behaviour.seed}:{parts}")  # noqa: S311 - a simulation, not a secret

    async def _server_error(self, _: web.Request) -> web.StreamResponse:
        return _json(error_body("The server had an error.", kind="server_error"), status=500)

    async def _rate_limited(self, _: web.Request) -> web.StreamResponse:
        body = error_body("Rate limit reached.", kind="requests", code="rate_limit_exceeded")
        return _json(body, status=429, headers={"Retry-After": f"{self.behaviour.retry_after_seconds:g}"})

    async def _quota_exhausted(self, _: web.Request) -> web.StreamResponse:
        message = "You exceeded your current quota."
        return _json(error_body(message, kind="insufficient_quota", code="insufficient_quota"), status=429)

    async def _unauthorized(self, _: web.Request) -> web.StreamResponse:
        body = error_body("Incorrect API key.", kind="invalid_request_error", code="invalid_api_key")
        return _json(body, status=401)

    async def _timeout(self, _: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()  # until the caller goes away
        raise AssertionError("unreachable")

    async def _malformed(self, _: web.Request) -> web.StreamResponse:
        return web.Response(body=b'{"id": "chatcmpl-', content_type="application/json")

    async def _reset(self, http: web.Request) -> web.StreamResponse:
        if http.transport is not None:
            http.transport.abort()
        return web.Response()

    async def _models(self, _: web.Request) -> web.Response:
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "tandem"}
        return _json({"object": "list", "data": [model]})

    async def _get_score(self, http: web.Request) -> web.Response:
        return _json(self.score(with_prompts="prompts" in http.query).model_dump())

    async def _post_reset(self, _: web.Request) -> web.Response:
        self.reset()
        return _json(self.score().model_dump())

    async def _post_behaviour(self, http: web.Request) -> web.Response:
        try:
            self.change(**orjson.loads(await http.read()))
        except (ValidationError, TypeError, orjson.JSONDecodeError) as error:
            return _json(error_body(str(error), kind="invalid_request_error"), status=422)
        return _json(self.behaviour.model_dump())


_FAILURES: dict[str, Callable[[SimulatedProvider, web.Request], Awaitable[web.StreamResponse]]] = {
    kind: getattr(SimulatedProvider, f"_{kind}") for kind in _OF_THE_CALL
}


def _draw(
    chance: random.Random, rates: Mapping[FailureKind, float], kinds: tuple[FailureKind, ...]
) -> FailureKind | None:
    point = chance.random()
    for kind in kinds:
        point -= rates.get(kind, 0.0)
        if point < 0:
            return kind
    return None


def _json(body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, headers=headers, content_type="application/json")


class ProviderProcess(Process):
    """The simulated provider in a process of its own, for tests that kill things and for benchmarks."""

    def __init__(self, *, log_file: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        command = [sys.executable, "-m", "tandem.testing.provider", "--port", str(self.port)]
        super().__init__("provider", command, log_file=log_file)

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/v1"

    @property
    def control_url(self) -> str:
        """Where /score, /reset and /behaviour are."""
        return f"http://{LOOPBACK}:{self.port}"

    def is_ready(self) -> bool:
        return listens(self.port)


async def _serve(port: int, behaviour: Behaviour) -> None:
    async with SimulatedProvider(behaviour, port=port) as provider:
        sys.stdout.write(f"simulated provider at {provider.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="A simulated model provider on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0: a free one, which is printed")
    parser.add_argument("--behaviour", default="{}", help="JSON, the fields of Behaviour")
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.port, Behaviour.model_validate_json(arguments.behaviour)))


if __name__ == "__main__":
    main()
