"""Asks a job's model about one record: from the prompt over the calls to the answer that goes out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from tandem.events import (
    AnnotationRequestedV1,
    AnnotationRespondedV1,
    Completion,
    ErrorKind,
    JobPublishedV1,
    ResponseError,
)
from tandem.labeling.prompts import PromptError
from tandem_llm_worker.models import Model, Question
from tandem_llm_worker.prompts import Prompts
from tandem_llm_worker.providers.client import ProviderClient
from tandem_llm_worker.providers.errors import AccountStopped, CallFailed, Verdict, without_record_text
from tandem_llm_worker.providers.retry import Retry
from tandem_llm_worker.settings import ProviderSettings, RetrySettings

MOST_TOKENS = 32_768
MORE_ROOM = 4
LEAST_MORE_TOKENS = 256
_MOST_MESSAGE_CHARACTERS = 2000


class Models:
    """Every model that was asked of, made when it is first needed."""

    def __init__(
        self,
        clients: Mapping[str, ProviderClient],
        providers: Mapping[str, ProviderSettings],
        retry: RetrySettings,
    ) -> None:
        self._clients = clients
        self._providers = providers
        self._retry = retry
        self._models: dict[tuple[str, str], Model] = {}

    def of(self, provider: str, model: str) -> Model | None:
        """None for a provider that this worker has no settings for."""
        found = self._models.get((provider, model))
        if found is None and (client := self._clients.get(provider)) is not None:
            found = self._models[provider, model] = Model(model, client, self._providers[provider], self._retry)
        return found

    @property
    def in_flight(self) -> int:
        return sum(model.limiter.in_flight for model in self._models.values())

    @property
    def waiting(self) -> int:
        return sum(model.limiter.waiting for model in self._models.values())


@dataclass(frozen=True, slots=True)
class Result:
    """How the asking ended: completions, or the reason why there are none."""

    completions: tuple[Completion, ...] = ()
    error: ResponseError | None = None
    question: Question | None = None


class Asker:
    """Turns a request into the event that answers it; of what a provider does, only AccountStopped is raised."""

    def __init__(self, *, models: Models, prompts: Prompts, retry: Retry, worker: str, max_answer_bytes: int) -> None:
        self._models = models
        self._prompts = prompts
        self._retry = retry
        self._worker = worker
        self._max_answer_bytes = max_answer_bytes

    async def ask(
        self, request: AnnotationRequestedV1, job: JobPublishedV1, *, check_wanted: Callable[[], None]
    ) -> tuple[AnnotationRespondedV1, bytes]:
        """The answer, and its JSON.

        Raises AccountStopped, and what `check_wanted` raises, which is called right before each call.
        """
        result = await self._result(request, job, check_wanted)
        answer = self._event(request, job, result)
        encoded = answer.to_json()
        if len(encoded) > self._max_answer_bytes:
            message = f"the answer has {len(encoded)} bytes; {self._max_answer_bytes} can be sent"
            answer = self._event(
                request, job, replace(result, completions=(), error=_error(ErrorKind.TOO_LARGE, message))
            )
            encoded = answer.to_json()
        return answer, encoded

    async def _result(
        self, request: AnnotationRequestedV1, job: JobPublishedV1, check_wanted: Callable[[], None]
    ) -> Result:
        agent = job.agent
        model = self._models.of(agent.provider, agent.model)
        if model is None:
            return Result(error=_error(ErrorKind.BAD_REQUEST, f"no worker knows a provider named {agent.provider!r}"))
        try:
            prompt = self._prompts.of(job)
            messages = prompt.renderer.messages(request.fields, request.examples)
        except PromptError as error:
            return Result(error=_error(ErrorKind.PROMPT, str(error)))
        except (LookupError, TypeError) as error:  # an example that has not the form of one
            return Result(error=_error(ErrorKind.PROMPT, f"the examples cannot be rendered ({type(error).__name__})"))
        question = Question(
            messages, agent.parameters, prompt.response_format, agent.parameters.max_tokens, check_wanted
        )
        try:
            completions = await self._completions(model, question)
        except CallFailed as failed:
            if failed.verdict is Verdict.STOPPED:
                raise AccountStopped(agent.provider, agent.model, failed) from failed
            message = without_record_text(failed.message, request.fields.values())
            return Result(error=_error(failed.kind, message, failed.status), question=question)
        return Result(completions, question=question)

    async def _completions(self, model: Model, question: Question) -> tuple[Completion, ...]:
        """Raises CallFailed for whatever is not a usable answer in the end."""
        answer = await self._retry(partial(model.call, question))
        if answer.finish_reason == "length" and not answer.refused:
            question.max_tokens = min(MOST_TOKENS, max(LEAST_MORE_TOKENS, question.max_tokens * MORE_ROOM))
            answer = await self._retry(partial(model.call, question))
        if answer.refused:
            raise CallFailed(ErrorKind.REFUSAL, Verdict.PERMANENT, "the model refused to answer")
        if answer.finish_reason == "content_filter":
            raise CallFailed(
                ErrorKind.CONTENT_FILTER, Verdict.PERMANENT, "the provider's content filter cut the answer"
            )
        if answer.finish_reason == "length":
            raise CallFailed(
                ErrorKind.TRUNCATED, Verdict.PERMANENT, f"the answer was cut at {question.max_tokens} tokens"
            )
        return answer.completions

    def _event(self, request: AnnotationRequestedV1, job: JobPublishedV1, result: Result) -> AnnotationRespondedV1:
        question = result.question
        started = question.started if question else None
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
            provider=job.agent.provider,
            model=job.agent.model,
            worker=self._worker,
            structured=question.structured if question else False,
            completions=result.completions,
            error=result.error,
            usage=question.usage if question else None,
            seconds=None if started is None else round(time.monotonic() - started, 6),
            calls=tuple(question.calls) if question else (),
        )


def _error(kind: ErrorKind, message: str, status: int | None = None) -> ResponseError:
    return ResponseError(kind=kind, message=message[:_MOST_MESSAGE_CHARACTERS], status=status)
