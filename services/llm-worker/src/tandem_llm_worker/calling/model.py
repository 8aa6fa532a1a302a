"""Model of a provider: its limits, the parameters it accepts, and a call from admission to settlement."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode

from tandem.events import ErrorKind, ModelCall, Usage
from tandem.observability.logs import get_logger
from tandem.observability.metrics import (
    MODEL_CALL_SECONDS,
    MODEL_CALLS,
    MODEL_IN_FLIGHT,
    MODEL_TOKENS,
    MODEL_UNCOUNTED_TOKENS,
)
from tandem.observability.series import start_at_zero
from tandem.observability.tracing import tracer
from tandem.pricing import PriceTable, room_after_truncation
from tandem.text.tokens import counter_for
from tandem_llm_worker.accounts.outages import Outages
from tandem_llm_worker.calling.costs import CostMeter
from tandem_llm_worker.calling.question import NotCertain, Question
from tandem_llm_worker.pacing import Limiter, Reservation, TokenEstimate
from tandem_llm_worker.pacing.limits import NOTHING, Need
from tandem_llm_worker.providers.answers import Answer
from tandem_llm_worker.providers.attempts import QuestionCalls
from tandem_llm_worker.providers.capabilities import Api, Capabilities
from tandem_llm_worker.providers.client import ProviderClient
from tandem_llm_worker.providers.errors import CallFailed, CallVerdict
from tandem_llm_worker.providers.first_calls import Lead, Opening
from tandem_llm_worker.providers.refusals import Refusal
from tandem_llm_worker.settings import ProviderSettings

SURELY = 0.8
"""Share of a prompt's estimated tokens that is certain: the provider judges a prompt that might fit."""
MOST_CHANGES = 12
"""Limit of changes to one call after complaints of the provider; after that its complaint is final."""

_log = get_logger(__name__)


class Model:
    """Calls to one model. All of a worker's calls to it share its limiter and its capabilities."""

    def __init__(self, name: str, client: ProviderClient, settings: ProviderSettings, prices: PriceTable) -> None:
        self.name = name
        self.provider = client.name
        self._client = client
        self.limiter = Limiter(settings.limits_of(name))
        self.capabilities = Capabilities(
            settings.model(name),
            structured_output=settings.structured_output,
            reasons=settings.reasons(name),
            is_openai=settings.is_openai,
        )
        self.outages = Outages(self.provider, name, probe=self.probe, on_outage=self.limiter.restart)
        self._opening = Opening()
        self._estimate = TokenEstimate(counter_for(name))
        self._span_name = f"chat {name}"
        self._span_attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self.provider,
            "gen_ai.request.model": name,
        }
        start_at_zero(MODEL_CALLS, [self.provider], [name], ("ok", *ErrorKind))
        start_at_zero(MODEL_UNCOUNTED_TOKENS, [self.provider], [name])
        self._seconds = MODEL_CALL_SECONDS.labels(self.provider, name)
        self._in_flight = MODEL_IN_FLIGHT.labels(self.provider, name)
        self._prompt_tokens = MODEL_TOKENS.labels(self.provider, name, "prompt")
        self._completion_tokens = MODEL_TOKENS.labels(self.provider, name, "completion")
        self._cached_tokens = MODEL_TOKENS.labels(self.provider, name, "cached")
        self._cost = CostMeter(prices, self.provider, name)

    async def call(self, question: Question) -> Answer:
        """Call the model once, within the limits. What the provider complains about is changed, and the call repeated.

        The first call of an agent goes ahead of its others, so that few of them meet the same complaint.
        Raises CallFailed, StillLimited, and whatever `check_wanted` raises.
        """
        if not self._opening.is_open(question.agent_key):
            lead = await self._lead(question)
            if lead is not None:
                with lead:
                    return await self._call(question, lead)
        return await self._call(question, None)

    async def probe(self) -> None:
        """Make the smallest call, outside the limits, to see whether the account accepts calls. Raises CallFailed."""
        room = {self.capabilities.room: 1}
        await self._client.call(self.capabilities.api, self.name, [{"role": "user", "content": "Hi"}], room)

    def make_room(self, question: Question, answer: Answer) -> bool:
        """Give an answer that was cut off more room. Return False if there is no more to give."""
        before = self._parameters(question)
        if answer.reasoned or not any(each.text for each in answer.completions):
            question.more_reasoning = self.capabilities.reasons
            self.capabilities.needs_room_to_reason(question.parameters.reasoning_effort)
        question.max_tokens = room_after_truncation(question.max_tokens)
        return self._parameters(question) != before

    async def _lead(self, question: Question) -> Lead | None:
        if not question.history.calls:
            return await self._opening.lead(question.agent_key)
        async with question.waits.turn():
            return await self._opening.lead(question.agent_key)

    async def _admitted(self, question: Question, need: Need) -> Reservation:
        """Wait for the turn of a call whose answer is still wanted when its turn came.

        Raises what `check_account` and `check_wanted` raise, and StillLimited where a further call for a record waits
        too long.
        """
        while True:
            reservation = await self._turn(question, need)
            try:
                question.check_account()
                question.check_wanted()
            except BaseException as error:
                with reservation:
                    reservation.not_called()
                if not isinstance(error, NotCertain):
                    raise
                await error.known()
            else:
                return reservation

    async def _turn(self, question: Question, need: Need) -> Reservation:
        reserve = partial(self.limiter.reserve, need, job=question.job, weight=question.weight)
        if not question.history.calls:  # the handler of requests bounds the wait for the first
            return await reserve()
        async with question.waits.turn():
            return await reserve(again=True)

    async def _call(self, question: Question, lead: Lead | None) -> Answer:
        trial = self.capabilities.trial(question.parameters, question.schema_key, partial(self._parameters, question))
        attempt = QuestionCalls(self.capabilities, question, trial)
        try:
            return await self._called(question, lead, attempt)
        finally:
            attempt.end()

    async def _called(self, question: Question, lead: Lead | None, attempt: QuestionCalls) -> Answer:
        for _ in range(MOST_CHANGES):
            self._check_length(question)
            api, parameters = self.capabilities.api_for(attempt.trial), self._parameters(question, attempt.trial)
            need = NOTHING
            if self.limiter.counts_tokens:
                need = self._estimate.of(
                    question.messages,
                    max_tokens=question.max_tokens,
                    samples=parameters.get("n", 1),
                    exactly=self.limiter.tokens_bind,
                )
            with await self._admitted(question, need) as reservation:
                # Others may have learned something while this one waited.
                api, parameters = self.capabilities.api_for(attempt.trial), self._parameters(question, attempt.trial)
                if lead is not None:
                    lead.sent()
                try:
                    answer = await self._traced(question, api, parameters)
                except CallFailed as failed:
                    if attempt.changed(failed, api, parameters, self._parameters):
                        self._log_learned(failed, question)
                        last = failed
                        continue
                    self._observe_failure(failed, reservation)
                    raise self.outages.failed(question, failed, began=reservation.admitted_at) from failed.__cause__
                if lead is not None:
                    lead.taken()
                self.outages.answered(question, began=reservation.admitted_at)
                self._settled_by(answer, question, reservation)
            question.structured = "response_format" in parameters
            attempt.succeeded(answer, api, parameters)
            return answer
        raise last

    def _observe_failure(self, failed: CallFailed, reservation: Reservation) -> None:
        """Update the limits by what a failed call says of them."""
        if failed.verdict is CallVerdict.RATE_LIMITED:
            reservation.refused()
        if failed.headers is not None:
            self.limiter.observe_headers(failed.headers)
        if failed.verdict is CallVerdict.RATE_LIMITED:
            self.limiter.refused(failed.retry_after)
        elif failed.kind is ErrorKind.TIMEOUT:
            reservation.timed_out()

    def _settled_by(self, answer: Answer, question: Question, reservation: Reservation) -> None:
        """Update the limits by what an answer says of them, and settle what it used."""
        self.limiter.accepted()
        self.limiter.observe_headers(answer.headers)
        usage = answer.usage
        if not usage.prompt_tokens:
            return
        reservation.settle(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens)
        if self.limiter.counts_tokens or self.capabilities.context_window is not None:
            self._estimate.learn(
                question.messages,
                input_tokens=usage.prompt_tokens,
                output_tokens=usage.completion_tokens / max(1, len(answer.completions)),
            )

    def _parameters(self, question: Question, trying: Refusal | None = None) -> dict[str, Any]:
        return self.capabilities.parameters(
            question.parameters,
            response_format=question.response_format,
            schema_key=question.schema_key,
            max_tokens=question.max_tokens,
            most_tokens=question.most_tokens,
            samples=question.samples,
            drawn=question.drawn,
            more_reasoning=question.more_reasoning,
            plainer=question.plainer,
            trying=trying,
        )

    def _check_length(self, question: Question) -> None:
        """Raise CallFailed, before any call, for a prompt that is certainly longer than the model's context."""
        window = self.capabilities.believed_window
        if window is None or (tokens := self._estimate.prompt(question.messages)) * SURELY <= window:
            return
        message = f"the prompt has about {tokens:.0f} tokens, the model's context {window}"
        raise CallFailed(ErrorKind.TOO_LONG, CallVerdict.PERMANENT, message)

    def _log_learned(self, failed: CallFailed, question: Question) -> None:
        complaint = failed.complaint
        if complaint is None:
            return
        _log.info(
            "worker.capability.learned",
            provider=self.provider,
            model=self.name,
            parameters=complaint.parameters,
            most=complaint.most,
            keywords=complaint.keywords,
            context_window=complaint.context_window,
            api=self.capabilities.api,
            effort=question.parameters.reasoning_effort,
        )

    async def _traced(self, question: Question, api: Api, parameters: dict[str, Any]) -> Answer:
        if not trace.get_current_span().is_recording():  # not sampled; a span would cost and be thrown away
            return await self._measured(question, api, parameters, trace.INVALID_SPAN)
        with tracer().start_as_current_span(
            self._span_name,
            kind=SpanKind.CLIENT,
            attributes=self._span_attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            return await self._measured(question, api, parameters, span)

    async def _measured(self, question: Question, api: Api, parameters: dict[str, Any], span: Span) -> Answer:
        history = question.history
        began_at = datetime.now(UTC)
        began = time.monotonic()
        if history.started is None:
            history.started = began
        self._in_flight.inc()
        error: ErrorKind | None = None
        status: int | None = None
        usage: Usage | None = None
        try:
            answer = await self._client.call(api, self.name, question.messages, parameters)
        except CallFailed as failed:
            error, status, usage = failed.kind, failed.status, failed.usage
            if usage is not None:
                self._count(question, usage)
            if span.is_recording():
                span.set_attribute("error.type", str(error))
                span.set_status(StatusCode.ERROR)
            raise
        else:
            status, usage = 200, answer.usage
            self._count(question, usage)
            if span.is_recording():
                span.set_attributes(
                    {
                        "gen_ai.usage.input_tokens": usage.prompt_tokens,
                        "gen_ai.usage.output_tokens": usage.completion_tokens,
                        "gen_ai.response.finish_reasons": [each.finish_reason or "" for each in answer.completions],
                    }
                )
            return answer
        finally:
            seconds = time.monotonic() - began
            self._in_flight.dec()
            self._seconds.observe(seconds)
            if error is not None or status is not None:  # neither: cancelled
                MODEL_CALLS.labels(self.provider, self.name, error or "ok").inc()
                history.calls.append(
                    ModelCall(started_at=began_at, seconds=round(seconds, 6), status=status, error=error, usage=usage)
                )

    def _count(self, question: Question, usage: Usage) -> None:
        self._prompt_tokens.inc(usage.prompt_tokens)
        self._completion_tokens.inc(usage.completion_tokens)
        if usage.cached_tokens:
            self._cached_tokens.inc(usage.cached_tokens)
        self._cost.count(usage)
        question.history.add(usage)
