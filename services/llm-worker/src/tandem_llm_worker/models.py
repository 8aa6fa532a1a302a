"""One model of one provider: its limits, what it takes, and a call to it from admission to settlement."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode

from tandem.events import ErrorKind, ModelCall, ModelParameters, Usage
from tandem.observability.logs import get_logger
from tandem.observability.metrics import MODEL_CALL_SECONDS, MODEL_CALLS, MODEL_IN_FLIGHT, MODEL_TOKENS
from tandem.observability.tracing import tracer
from tandem_llm_worker.limits import Limiter
from tandem_llm_worker.providers.capabilities import Capabilities
from tandem_llm_worker.providers.client import ChatAnswer, ProviderClient
from tandem_llm_worker.providers.errors import CallFailed, Verdict
from tandem_llm_worker.settings import ProviderSettings, RetrySettings

HOLD_SECONDS = 1.0
"""How long a refusal without a Retry-After holds the model's other calls."""
_LEARNING_RATE = 0.05

_log = get_logger(__name__)


@dataclass(slots=True)
class Question:
    """What to ask, and the record of the asking: every call, and the tokens of every answer."""

    messages: Sequence[dict[str, str]]
    parameters: ModelParameters
    response_format: dict[str, Any] | None
    max_tokens: int
    check_wanted: Callable[[], None]
    """Raises when the answer is of no use any more; called right before each call."""
    structured: bool = False
    calls: list[ModelCall] = field(default_factory=list)
    usage: Usage | None = None
    started: float | None = None


class TokenEstimate:
    """Tokens a call will use, learned from what calls used: so many a character of prompt, so many of answer."""

    def __init__(self) -> None:
        self._per_character = 0.25
        self._completion: float | None = None

    def of(self, question: Question) -> float:
        expected = question.max_tokens if self._completion is None else min(self._completion, question.max_tokens)
        return _characters(question) * self._per_character + expected

    def learn(self, question: Question, usage: Usage) -> None:
        if usage.prompt_tokens and (characters := _characters(question)):
            self._per_character += _LEARNING_RATE * (usage.prompt_tokens / characters - self._per_character)
        if usage.completion_tokens:
            known = question.max_tokens if self._completion is None else self._completion
            self._completion = known + _LEARNING_RATE * (usage.completion_tokens - known)


class Model:
    """Calls to one model. All of a worker's calls to it share its limiter and what is known of it."""

    def __init__(self, name: str, client: ProviderClient, settings: ProviderSettings, retry: RetrySettings) -> None:
        self.name = name
        self.provider = client.name
        self._client = client
        self._longest_hold = retry.max_retry_after_seconds
        self.limiter = Limiter(
            max_in_flight=settings.max_in_flight,
            requests_per_minute=settings.requests_per_minute,
            tokens_per_minute=settings.tokens_per_minute,
        )
        self.capabilities = Capabilities(structured_output=settings.structured_output)
        self._estimate = TokenEstimate()
        self._span_name = f"chat {name}"
        self._span_attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self.provider,
            "gen_ai.request.model": name,
        }
        self._seconds = MODEL_CALL_SECONDS.labels(self.provider, name)
        self._in_flight = MODEL_IN_FLIGHT.labels(self.provider, name)
        self._prompt_tokens = MODEL_TOKENS.labels(self.provider, name, "prompt")
        self._completion_tokens = MODEL_TOKENS.labels(self.provider, name, "completion")
        self._cached_tokens = MODEL_TOKENS.labels(self.provider, name, "cached")

    async def call(self, question: Question) -> ChatAnswer:
        """One call, within the limits. A parameter that the model does not take is dropped, and the call made again.

        Raises CallFailed, and whatever `check_wanted` raises.
        """
        while True:
            parameters = self._parameters(question)
            tokens = self._estimate.of(question) if self.limiter.counts_tokens else 0.0
            with await self.limiter.reserve(tokens) as reservation:
                question.check_wanted()
                try:
                    answer = await self._traced(question, parameters)
                except CallFailed as failed:
                    if failed.unsupported is not None:
                        self.capabilities.learn(failed.unsupported, sent=parameters)
                        if self._parameters(question) != parameters:
                            _log.info(
                                "worker.capability.dropped",
                                provider=self.provider,
                                model=self.name,
                                parameter=failed.unsupported.parameter,
                            )
                            continue
                    if failed.verdict is Verdict.RATE_LIMITED:
                        hold = HOLD_SECONDS if failed.retry_after is None else failed.retry_after
                        self.limiter.refused(min(hold, self._longest_hold))
                    raise
                self.limiter.accepted()
                usage = answer.usage
                reservation.used_tokens = usage.prompt_tokens + usage.completion_tokens
                if self.limiter.counts_tokens:
                    self._estimate.learn(question, usage)
            question.structured = "response_format" in parameters
            return answer

    def _parameters(self, question: Question) -> dict[str, Any]:
        return self.capabilities.parameters(
            question.parameters, response_format=question.response_format, max_tokens=question.max_tokens
        )

    async def _traced(self, question: Question, parameters: dict[str, Any]) -> ChatAnswer:
        if not trace.get_current_span().is_recording():  # not sampled; a span would cost and be thrown away
            return await self._measured(question, parameters, trace.INVALID_SPAN)
        with tracer().start_as_current_span(
            self._span_name,
            kind=SpanKind.CLIENT,
            attributes=self._span_attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            return await self._measured(question, parameters, span)

    async def _measured(self, question: Question, parameters: dict[str, Any], span: Span) -> ChatAnswer:
        began_at = datetime.now(UTC)
        began = time.monotonic()
        if question.started is None:
            question.started = began
        self._in_flight.inc()
        error: ErrorKind | None = None
        status: int | None = None
        try:
            answer = await self._client.chat({"model": self.name, "messages": question.messages, **parameters})
        except CallFailed as failed:
            error, status = failed.kind, failed.status
            span.set_status(StatusCode.ERROR, failed.kind)
            span.set_attribute("error.type", failed.kind)
            raise
        else:
            status = 200
            self._count(question, answer, span)
            return answer
        finally:
            seconds = time.monotonic() - began
            self._in_flight.dec()
            self._seconds.observe(seconds)
            if error is not None or status is not None:  # neither: cancelled
                MODEL_CALLS.labels(self.provider, self.name, error or "ok").inc()
                question.calls.append(
                    ModelCall(started_at=began_at, seconds=round(seconds, 6), status=status, error=error)
                )

    def _count(self, question: Question, answer: ChatAnswer, span: trace.Span) -> None:
        usage, before = answer.usage, question.usage
        self._prompt_tokens.inc(usage.prompt_tokens)
        self._completion_tokens.inc(usage.completion_tokens)
        if usage.cached_tokens:
            self._cached_tokens.inc(usage.cached_tokens)
        question.usage = usage if before is None else _sum(before, usage)
        if span.is_recording():
            span.set_attributes(
                {
                    "gen_ai.usage.input_tokens": usage.prompt_tokens,
                    "gen_ai.usage.output_tokens": usage.completion_tokens,
                    "gen_ai.response.finish_reasons": [each.finish_reason or "" for each in answer.completions],
                }
            )


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
    )


def _characters(question: Question) -> int:
    return sum(len(message["content"]) for message in question.messages)
