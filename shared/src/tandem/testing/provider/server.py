"""The server: what happens to a call, from the wire to the wire."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2b
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import web
from pydantic import ValidationError

from tandem.runtime.openai_chat import completion, error_body, message_text, read_choice, write_answer
from tandem.runtime.processes import LOOPBACK
from tandem.testing.provider import failures, headers, latency
from tandem.testing.provider.behaviour import Behaviour, FailureKind
from tandem.testing.provider.draws import normal
from tandem.testing.provider.failures import json_response
from tandem.testing.provider.ledger import CallLedger
from tandem.testing.provider.limits import AccountBuckets, Admission
from tandem.testing.provider.score import End, Score, Scorekeeper

MODEL = "simulated"
_DEFAULT_ROOM = 16  # tokens that count for an answer when a request does not bound it, as OpenAI counts


class SimulatedProvider:
    """The server. Use it as an async context manager, or in a process of its own by `ProviderProcess`."""

    def __init__(self, behaviour: Behaviour | None = None, *, port: int = 0) -> None:
        self.behaviour = behaviour or Behaviour()
        self.port = port
        self._began = time.monotonic()
        self._open = asyncio.Event()  # the gate that `hold` closes
        self._runner: web.ServerRunner | None = None
        self._accounts: dict[str, AccountBuckets] = {}
        self._keeper = Scorekeeper()
        self._ledger = CallLedger()
        self._routes: dict[tuple[str, str], Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]] = {
            ("POST", "/v1/chat/completions"): self._complete,
            ("GET", "/v1/models"): self._models,
            ("GET", "/score"): self._get_score,
            ("GET", "/ledger"): self._get_ledger,
            ("POST", "/reset"): self._post_reset,
            ("GET", "/behaviour"): self._get_behaviour,
            ("POST", "/behaviour"): self._post_behaviour,
        }

    @property
    def base_url(self) -> str:
        """Return the base URL for clients of OpenAI's API."""
        return f"http://{LOOPBACK}:{self.port}/v1"

    async def __aenter__(self) -> Self:
        server = web.Server(self._route, access_log=None, handler_cancellation=True)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self.port, backlog=4096)
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
        """Forget the score; calls in flight are still counted as such, and limits stay as full as they are."""
        self._keeper.reset()
        self._ledger.forget()
        for account in self._accounts.values():
            for bucket in account.buckets.values():
                bucket.forget_tally()

    def change(self, **settings: Any) -> None:
        """Change some of the behaviour, as `POST /behaviour` does. A `ValidationError` changes nothing."""
        self.behaviour = Behaviour.model_validate(self.behaviour.model_dump() | settings)
        self._apply()

    def score(self, *, with_prompts: bool = False, with_seconds: bool = False) -> Score:
        return self._keeper.score(self._accounts, self._now(), with_prompts=with_prompts, with_seconds=with_seconds)

    def _apply(self) -> None:
        if self.behaviour.hold:
            self._open.clear()
        else:
            self._open.set()
        self._keeper.count_prompts = self.behaviour.count_prompts
        for model, account in self._accounts.items():
            account.change(self.behaviour.of(model).limits, self._now())

    def _now(self) -> float:
        return time.monotonic() - self._began

    async def _route(self, http: web.BaseRequest) -> web.StreamResponse:
        route = self._routes.get((http.method, http.path))
        if route is None:
            return json_response(error_body(f"Unknown request URL: {http.method} {http.path}."), status=404)
        return await route(http)

    async def _complete(self, http: web.BaseRequest) -> web.StreamResponse:
        now = self._now()
        self._keeper.receive(now)
        try:
            request = orjson.loads(await http.read())
            messages = orjson.dumps(request["messages"])
            model = str(request.get("model"))
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            self._keeper.reject()
            return json_response(error_body("The body is no request with messages."), status=400)
        settings = self.behaviour.of(model)
        account = self._account(model, settings)
        admission = account.admit(*_expected_tokens(request), now)
        if admission.refused_by is not None:
            self._keeper.refuse(now)
            return _over_limit(settings, account, admission, model, now)
        prompt = blake2b(messages, digest_size=8).hexdigest()
        nth = self._keeper.begin(prompt, now)
        row = self._ledger.open(settings.ledger, request)
        end: End = "failed"
        kind: str | None = None
        body: dict[str, Any] | None = None
        try:
            failing = settings.failing_text is None or settings.failing_text.encode() in messages
            failure = failures.draw(settings, prompt, nth) if failing else None
            if failure == "unsupported" and failures.named(settings) not in request:
                failure = None
            said = _complaint(settings, request)
            kind = failure or "ok" if said is None else "complaint"
            body, end = (None, end) if said is not None else self._answer(request, prompt, failure)
            await self._delay(settings, prompt, nth, body)
            response = await self._respond(settings, http, body, failure) if said is None else said
            self._settle(account, admission, body)
        except asyncio.CancelledError:
            end, kind = "abandoned", None
            raise
        finally:
            self._keeper.end(prompt, end, kind, self._now())
            if row is not None:
                row.close(end, body["usage"] if body else None)
        if account.buckets and not response.prepared:
            response.headers.update(headers.of_limits(settings.headers, account, self._now()))
        return response

    def _account(self, model: str, settings: Behaviour) -> AccountBuckets:
        if (account := self._accounts.get(model)) is None:
            account = self._accounts[model] = AccountBuckets(settings.limits, self._now())
        return account

    async def _delay(self, settings: Behaviour, prompt: str, nth: int, body: Mapping[str, Any] | None) -> None:
        tokens = body["usage"]["completion_tokens"] if body else 0
        if seconds := latency.seconds(settings, prompt, nth, tokens):
            await asyncio.sleep(seconds)
        if not self._open.is_set():
            await self._open.wait()

    async def _respond(
        self, settings: Behaviour, http: web.BaseRequest, body: Mapping[str, Any] | None, failure: FailureKind | None
    ) -> web.StreamResponse:
        if body is not None:
            return json_response(body)
        if failure is not None and failure in failures.FAILURES:
            return await failures.FAILURES[failure](settings, http)
        return json_response(error_body("This model does not support response_format."), status=400)

    def _settle(self, account: AccountBuckets, admission: Admission, body: Mapping[str, Any] | None) -> None:
        usage = body["usage"] if body else {"prompt_tokens": 0, "completion_tokens": 0}
        account.settle(admission, usage["prompt_tokens"], usage["completion_tokens"], self._now())
        self._keeper.pay(usage["prompt_tokens"], usage["completion_tokens"], 0)

    def _answer(
        self, request: Mapping[str, Any], prompt: str, kind: FailureKind | None
    ) -> tuple[dict[str, Any] | None, End]:
        if kind in failures.FAILURES:
            return None, "failed"
        if request.get("response_format") and not self.behaviour.structured_output:
            return None, "failed"
        asked = read_choice(request)
        content: str | None
        tokens: list[dict[str, Any]]
        refusal = None
        if kind == "refusal":
            content, tokens, refusal = None, [], "I cannot help with that."
        elif self.behaviour.says is not None:
            content, tokens = self.behaviour.says, []
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
        cut = kind == "truncated"
        if cut:
            tokens = tokens[: len(tokens) // 2]
            content = "".join(token["token"] for token in tokens)
        body = completion(
            request,
            answer_id=prompt,
            created=int(time.time()),
            content=content,
            tokens=tokens,
            refusal=refusal,
            finish_reason="length" if cut else "stop",
        )
        return body, "failed" if cut else "answered"

    def _probabilities(self, prompt: str, options: tuple[str, ...]) -> dict[str, float]:
        weights = [
            math.exp(self.behaviour.sharpness * normal(self.behaviour.seed, "answer", prompt, option))
            for option in options
        ]
        return {option: weight / sum(weights) for option, weight in zip(options, weights, strict=True)}

    async def _models(self, _: web.BaseRequest) -> web.Response:
        names = dict.fromkeys([MODEL, *self.behaviour.models])
        window = self.behaviour.context_window
        more = {} if window is None else {"max_model_len": window}
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "tandem", **more} for name in names]
        return json_response({"object": "list", "data": models})

    async def _get_score(self, http: web.BaseRequest) -> web.Response:
        score = self.score(with_prompts="prompts" in http.query, with_seconds="seconds" in http.query)
        return json_response(score.model_dump())

    async def _get_ledger(self, _: web.BaseRequest) -> web.Response:
        return web.Response(body=orjson.dumps(self._ledger.rows()), content_type="application/json")

    async def _post_reset(self, _: web.BaseRequest) -> web.Response:
        self.reset()
        return json_response(self.score().model_dump())

    async def _get_behaviour(self, _: web.BaseRequest) -> web.Response:
        return json_response(self.behaviour.model_dump())

    async def _post_behaviour(self, http: web.BaseRequest) -> web.Response:
        try:
            self.change(**orjson.loads(await http.read()))
        except (ValidationError, TypeError, orjson.JSONDecodeError) as error:
            return json_response(error_body(str(error)), status=422)
        return json_response(self.behaviour.model_dump())


def _complaint(settings: Behaviour, request: Mapping[str, Any]) -> web.Response | None:
    """Return the model's error for a request that it does not accept; None for one that it accepts."""
    for parameter in settings.unsupported:
        if parameter in request:
            return failures.unsupported(parameter)
    if settings.context_window is not None and (tokens := _expected_tokens(request)[0]) > settings.context_window:
        return failures.too_long(settings.context_window, tokens)
    return None


def _expected_tokens(request: Mapping[str, Any]) -> tuple[int, int]:
    """Tokens of the prompt, estimated, and the room asked for its answers."""
    prompt = sum(len(message_text(message)) // 4 + 4 for message in request["messages"])
    room = request.get("max_completion_tokens") or request.get("max_tokens") or _DEFAULT_ROOM
    return prompt, int(room) * int(request.get("n") or 1)


def _over_limit(
    settings: Behaviour, account: AccountBuckets, admission: Admission, model: str, now: float
) -> web.StreamResponse:
    name = admission.refused_by or "requests"
    bucket = account.buckets[name]
    abbreviation = {"requests": "RPM", "requests_per_day": "RPD"}.get(name, "TPM")
    message = (
        f"Rate limit reached for {model} in organization org-simulated on {name.replace('_', ' ')} ({abbreviation}): "
        f"Limit {bucket.rate * 60:.0f}. Please try again in {headers.duration(admission.retry_after)}."
    )
    said = headers.of_limits(settings.headers, account, now) | headers.of_refusal(settings.headers, admission)
    kind = "requests" if name.startswith("requests") else "tokens"
    return json_response(error_body(message, kind=kind, code="rate_limit_exceeded"), status=429, headers=said)
