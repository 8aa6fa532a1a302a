"""A worker's handler of requests and a scripted provider in virtual time: hours of waiting run in moments."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from llm_worker_line import published, request
from tandem.events import AnnotationRespondedV1, Completion, ErrorKind, Usage
from tandem.events.catalog import REQUESTS
from tandem.messaging import Connection, JobTable, Received
from tandem.settings import KafkaSettings
from tandem.testing.provider.limits import Account, Limits
from tandem.testing.virtual_time import run_in_virtual_time
from tandem_llm_worker.accounts import Accounts
from tandem_llm_worker.answers import KeptAnswers
from tandem_llm_worker.asking import Asker, Models
from tandem_llm_worker.handed_back import HandedBackAnswers
from tandem_llm_worker.pacing import Limiter
from tandem_llm_worker.prompts import Prompts
from tandem_llm_worker.providers.client import ProviderClient
from tandem_llm_worker.providers.errors import CallFailed, Said, Verdict, failure
from tandem_llm_worker.providers.reading import Answer
from tandem_llm_worker.providers.retry import Retry
from tandem_llm_worker.requests import RequestHandler
from tandem_llm_worker.settings import KeptAnswersSettings, ProbeSettings, ProviderSettings, RetrySettings

ASK_ANEW_SECONDS = 3.0
"""How soon the dispatcher asks anew what was handed back."""
DEADLINE_SECONDS = 120.0
"""How long the dispatcher waits for an answer."""

Serve = Callable[[float], Answer]
"""What a call that arrives at this time brings. Raises CallFailed."""


def good(**headers: str) -> Answer:
    text = '{"sentiment": "neutral"}'
    return Answer((Completion(text=text, finish_reason="stop"),), Usage(prompt_tokens=9, completion_tokens=5), False, headers)


def refusal(headers: Mapping[str, str]) -> CallFailed:
    """What the worker makes of a 429."""
    said = Said.of({"message": "Rate limit reached.", "code": "rate_limit_exceeded"})
    return failure(429, said, sent=(), headers=headers)


class Window:
    """A limit of `calls` in each `seconds` of the clock, which tells a Retry-After."""

    def __init__(self, calls: int, seconds: float, *, retry_after: str | None, headers: Callable[[int], Mapping[str, str]]) -> None:
        self._calls, self._seconds, self._retry_after, self._headers = calls, seconds, retry_after, headers
        self._served: deque[float] = deque()
        self.taken = 0

    def __call__(self, now: float) -> Answer:
        while self._served and self._served[0] <= now - self._seconds:
            self._served.popleft()
        if len(self._served) >= self._calls:
            raise refusal({} if self._retry_after is None else {"retry-after": self._retry_after})
        self._served.append(now)
        self.taken += 1
        return good(**self._headers(self.taken))


class ScriptedClient:
    """Stands for the client of a provider: each call takes a while and brings what `serve` makes of it."""

    name = "simulated"

    def __init__(self, serve: Serve, clock: Callable[[], float], *, seconds: float = 0.5) -> None:
        self._serve, self._clock, self._seconds = serve, clock, seconds
        self.calls: list[tuple[float, ErrorKind | None]] = []

    async def call(self, _api: str, _model: str, _messages: Any, _parameters: Any) -> Answer:
        began = self._clock()
        try:
            answer = self._serve(began)
        except CallFailed as failed:
            await asyncio.sleep(0.05)
            self.calls.append((began, failed.kind))
            raise
        await asyncio.sleep(self._seconds)
        self.calls.append((began, None))
        return answer


@dataclass
class Outcome:
    """How a job ended."""

    answers: dict[int, AnnotationRespondedV1]
    calls: list[tuple[float, ErrorKind | None]]
    handed_back: Counter[int]
    longest_held: float
    seconds: float
    errors: Counter[ErrorKind] = field(init=False)

    def __post_init__(self) -> None:
        self.errors = Counter(answer.error.kind for answer in self.answers.values() if answer.error)

    @property
    def refused(self) -> int:
        return sum(kind is ErrorKind.RATE_LIMITED for _, kind in self.calls)

    @property
    def answered(self) -> int:
        return sum(kind is None for _, kind in self.calls)


def work_through(serve: Serve, *, records: int, job: Mapping[str, Any] | None = None, **settings: Any) -> Outcome:
    """Ask for `records` as a dispatcher would, which asks anew what is handed back, until all have ended."""

    async def story(clock: Callable[[], float]) -> Outcome:
        random.seed(1)
        client = ScriptedClient(serve, clock)
        provider = ProviderSettings(base_url="http://127.0.0.1:9/v1", **settings)
        models = Models({"simulated": cast("ProviderClient", client)}, {"simulated": provider})
        models.on_new.append(lambda model: setattr(model, "limiter", Limiter(provider.limits_of(model.name), clock=clock)))
        accounts = Accounts(("simulated",), ProbeSettings(), clock=clock)
        jobs = JobTable(Connection(KafkaSettings()))
        jobs.apply(published(**(job or {})))
        handler = RequestHandler(
            jobs=jobs,
            accounts=accounts,
            asker=Asker(
                models=models,
                prompts=Prompts(),
                retry=Retry(RetrySettings(), clock=clock),
                worker="worker",
                max_answer_bytes=900_000,
                on_stopped=accounts.stopped,
                known_stop=accounts.known_stop,
            ),
            kept=KeptAnswers(KeptAnswersSettings()),
            handed_back=HandedBackAnswers(KeptAnswersSettings()),
            job_wait_seconds=0.2,
        )
        handed_back: Counter[int] = Counter()
        answers: dict[int, AnnotationRespondedV1] = {}
        longest = 0.0

        async def ask(seq: int) -> None:
            nonlocal longest
            while seq not in answers:
                began = clock()
                outgoing = await handler([Received(request(seq), REQUESTS.name, 0, 0)])
                longest = max(longest, clock() - began)
                events = [each.event for each in outgoing]
                if events and isinstance(events[0], AnnotationRespondedV1):
                    answers[seq] = events[0]
                else:
                    handed_back[seq] += 1
                    await asyncio.sleep(ASK_ANEW_SECONDS)

        await asyncio.gather(*(ask(seq) for seq in range(records)))
        return Outcome(answers, client.calls, handed_back, longest, clock())

    return run_in_virtual_time(story)


class LimitedAccount:
    """An account of the simulated provider, with the headers of `headers` in place of its own."""

    def __init__(self, limits: Limits, *, headers: Callable[[int], Mapping[str, str]], told: bool = True) -> None:
        """`told`: whether a refusal names a Retry-After."""
        self._account = Account(limits, 0.0)
        self._headers, self._told = headers, told
        self.taken = 0

    def __call__(self, now: float) -> Answer:
        admission = self._account.admit(9, 16, now)
        if admission.refused_by is not None:
            raise refusal({"retry-after": str(math.ceil(admission.retry_after))} if self._told else {})
        self.taken += 1
        return good(**self._headers(self.taken))
