"""Asks a job's model about one record: from the prompt over the calls to the answer that goes out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from tandem.events import (
    AnnotationHandedBackV1,
    AnnotationRequestedV1,
    AnnotationRespondedV1,
    Completion,
    ErrorKind,
    JobPublishedV1,
    Price,
)
from tandem.labeling.prompts import PromptError
from tandem.pricing import price_of
from tandem.rendering.refusals import PromptRefusedError
from tandem_llm_worker.answering.result import INVALID, Result, after_fallback, error_of
from tandem_llm_worker.answering.sampling import completions, repaired, why_unreadable
from tandem_llm_worker.calling.compiled_prompts import Prompts
from tandem_llm_worker.calling.model import Model
from tandem_llm_worker.calling.models import Models
from tandem_llm_worker.calling.question import CallHistory, Got, Question
from tandem_llm_worker.providers.errors import AccountStopped, CallFailed, CallVerdict, without_record_text
from tandem_llm_worker.providers.retry import Budget, Retry
from tandem_llm_worker.providers.waits import FailedBefore, StillLimited


class Asker:
    """Turns a request into the event that answers it; raises AccountStopped and StillLimited alone."""

    def __init__(
        self,
        *,
        models: Models,
        prompts: Prompts,
        retry: Retry,
        worker: str,
        max_answer_bytes: int,
        on_stopped: Callable[[AccountStopped], None] = lambda _: None,
        known_stop: Callable[[str, str], AccountStopped | None] = lambda _provider, _model: None,
    ) -> None:
        self._models = models
        self._prompts = prompts
        self._retry = retry
        self._worker = worker
        self._max_answer_bytes = max_answer_bytes
        self._on_stopped = on_stopped
        self._known_stop = known_stop
        self._failed_before = FailedBefore()

    async def ask(
        self,
        request: AnnotationRequestedV1,
        job: JobPublishedV1,
        *,
        check_wanted: Callable[[], None],
        history: CallHistory | None = None,
    ) -> tuple[AnnotationRespondedV1, bytes]:
        """Return the answer, and its JSON. `history` records what is paid; it holds earlier askings at most.

        Raises AccountStopped, StillLimited, and what `check_wanted` raises, which is called right before each call.
        Where the agent has a fallback for it, a stopped account is reported to `on_stopped` and not raised. Raises
        PromptRefusedError for an agent whose templates are not rendered, and RenderersBusyError.
        """
        history = CallHistory() if history is None else history
        result = await self._result(request, job, history, check_wanted)
        answer = self._event(request, result, history)
        encoded = answer.to_json()
        if len(encoded) > self._max_answer_bytes:
            message = f"the answer has {len(encoded)} bytes; at most {self._max_answer_bytes} can be sent"
            result = replace(result, completions=(), error=error_of(ErrorKind.TOO_LARGE, message))
            answer = self._event(request, result, history)
            encoded = answer.to_json()
        return answer, encoded

    def handed_back(
        self, request: AnnotationRequestedV1, history: CallHistory, *, reason: str
    ) -> AnnotationHandedBackV1 | None:
        """Return the event that reports what was paid for a request that is given up; None if nothing was."""
        if history.usage is None:
            return None
        provider, model = history.asked
        event = AnnotationHandedBackV1(
            causation_id=request.event_id,
            job_id=request.job_id,
            project_id=request.project_id,
            seq=request.seq,
            attempt=request.attempt,
            record_id=request.record_id,
            epoch=request.epoch,
            ask=request.ask,
            content_hash=request.content_hash,
            provider=provider,
            model=model,
            worker=self._worker,
            reason=reason,
            received=history.received,
            usage=history.usage,
            price=self._price(provider, model, history),
            calls=tuple(history.calls),
        )
        if event.received and len(event.to_json()) > self._max_answer_bytes:
            return event.model_copy(update={"received": ()})
        return event

    async def _result(
        self,
        request: AnnotationRequestedV1,
        job: JobPublishedV1,
        history: CallHistory,
        check_wanted: Callable[[], None],
    ) -> Result:
        agent = job.agent
        failed = partial(Result, agent.provider, agent.model)
        try:
            prompt = await self._prompts.of(job)
            messages = await prompt.prompts.messages(request.fields, request.examples)
        except PromptRefusedError:
            raise
        except PromptError as error:
            return failed(error=error_of(ErrorKind.PROMPT, str(error)))
        acts_on_invalid = agent.repair or (agent.fallback is not None and INVALID in agent.fallback.on)
        question = Question(
            messages,
            agent.parameters,
            prompt.response_format,
            check_wanted,
            history,
            self._retry.waits(),
            private=request.fields,
            job=job.job_id,
            record=request.effect_key,
            weight=job.weight,
            agent_key=prompt.key,
            schema_key=prompt.schema_key,
            reader=prompt.labeler,
            labeler=prompt.labeler if acts_on_invalid else None,
            repair=agent.repair,
        )
        result = await self._of(agent.provider, agent.model, question)
        fallback = agent.fallback
        if fallback is not None and result.outcome in fallback.on:
            self._report_stop(result.stopped)
            history.name_calls(agent.provider, agent.model)
            again = replace(
                question,
                max_tokens=agent.parameters.max_tokens,
                most_tokens=None,
                more_reasoning=False,
                plainer=0,
                failing_since=None,
            )
            second = await self._of(fallback.provider, fallback.model, again)
            history.name_calls(fallback.provider, fallback.model)
            if result.stopped is None:
                self._report_stop(second.stopped)
            result = after_fallback(result, second)
        if result.limited is not None:
            raise result.limited
        if result.stopped is not None:
            raise result.stopped
        return result

    def _check_account(self, provider: str, model: str) -> None:
        """Raise CallFailed if the account stopped since the request was accepted."""
        if (known := self._known_stop(provider, model)) is not None:
            raise CallFailed(known.kind, CallVerdict.STOPPED, known.message)

    def _report_stop(self, stopped: AccountStopped | None) -> None:
        if stopped is not None and self._known_stop(stopped.provider, stopped.model) is None:
            self._on_stopped(stopped)

    async def _of(self, provider: str, name: str, question: Question) -> Result:
        """Return the result of asking one model, also when its account is stopped."""
        model = self._models.of(provider, name)
        if model is None:
            message = f"no worker knows a provider named {provider!r}"
            return Result(provider, name, error=error_of(ErrorKind.BAD_REQUEST, message))
        if (known := self._known_stop(provider, name)) is not None:
            return Result(provider, name, error=error_of(known.kind, known.message, known.status), stopped=known)
        history = question.history
        history.asked = (provider, name)
        question.got = history.got.setdefault((provider, name), Got())
        question.structured = question.got.structured
        question.check_account = partial(self._check_account, provider, name)
        before = self._failed_before.calls(_asked(question)) if self._failed_before else 0
        budget = self._retry.budget(question.waits, failed=before)
        answers = await self._completions(model, question, budget)
        if isinstance(answers, Result):
            return answers
        result = Result(provider, name, answers, structured=question.structured)
        if question.labeler is None or (reason := why_unreadable(question.labeler, answers, question.private)) is None:
            return result
        if question.repair:
            with contextlib.suppress(CallFailed):  # what came first is an answer still
                better = await repaired(model, question, answers[0], reason, budget)
                invalid = why_unreadable(question.labeler, better, question.private) is not None
                return Result(provider, name, better, structured=question.structured, repaired=True, invalid=invalid)
        return replace(result, invalid=True)

    async def _completions(self, model: Model, question: Question, budget: Budget) -> tuple[Completion, ...] | Result:
        """Return the answers of a model, or the result that says why there are none."""
        try:
            answers = await completions(model, question, budget)
        except StillLimited as limited:
            self._failed_before.remember(_asked(question), budget.failed)
            error = error_of(ErrorKind.RATE_LIMITED, limited.message, limited.status)
            return Result(model.provider, model.name, error=error, limited=limited)
        except CallFailed as last:
            self._failed_before.forget(_asked(question))
            message = without_record_text(last.message, question.private.values())
            stopped = AccountStopped(model.provider, model.name, last) if last.verdict is CallVerdict.STOPPED else None
            return Result(model.provider, model.name, error=error_of(last.kind, message, last.status), stopped=stopped)
        if self._failed_before:
            self._failed_before.forget(_asked(question))
        return answers

    def _event(self, request: AnnotationRequestedV1, result: Result, history: CallHistory) -> AnnotationRespondedV1:
        started = history.started
        return AnnotationRespondedV1(
            causation_id=request.event_id,
            job_id=request.job_id,
            project_id=request.project_id,
            seq=request.seq,
            attempt=request.attempt,
            record_id=request.record_id,
            epoch=request.epoch,
            ask=request.ask,
            content_hash=request.content_hash,
            provider=result.provider,
            model=result.model,
            worker=self._worker,
            structured=result.structured,
            completions=result.completions,
            error=result.error,
            usage=history.usage,
            price=self._price(result.provider, result.model, history),
            seconds=None if started is None else round(time.monotonic() - started, 6),
            calls=tuple(history.calls),
            fallback_used=result.fallback_used,
            repaired=result.repaired,
        )

    def _price(self, provider: str, model: str, history: CallHistory) -> Price | None:
        return price_of(
            self._models.prices,
            provider=provider,
            model=model,
            usage=history.usage,
            calls=history.calls,
            at=datetime.now(UTC),
        )


def _asked(question: Question) -> Hashable:
    return (*question.history.asked, question.record)
