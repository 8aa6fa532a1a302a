"""A worker's handler of requests and a scripted provider in virtual time: hours of waiting run in moments."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from llm_worker_desk import Membership
from llm_worker_line import published, request
from tandem.events import AccountState, AnnotationRespondedV1, Completion, ErrorKind, Usage
from tandem.events.catalog import REQUESTS
from tandem.messaging import Connection, JobTable, Received
from tandem.rendering.pool import RendererPool
from tandem.settings import KafkaSettings
from tandem.testing.provider.limits import AccountBuckets, ProviderLimits
from tandem.testing.virtual_time import run_in_virtual_time
from tandem_llm_worker.accounts.account import Account as AccountSeen
from tandem_llm_worker.accounts.account import Accounts
from tandem_llm_worker.accounts.outages import Outages
from tandem_llm_worker.accounts.probing import Prober
from tandem_llm_worker.answering.asker import Asker
from tandem_llm_worker.answering.handed_back import HandedBackAnswers
from tandem_llm_worker.answering.handler import RequestHandler
from tandem_llm_worker.answering.kept_answers import KeptAnswers
from tandem_llm_worker.calling.compiled_prompts import Prompts
from tandem_llm_worker.calling.model import Model
from tandem_llm_worker.calling.models import Models
from tandem_llm_worker.pacing import Limiter
from tandem_llm_worker.providers.answers import Answer
from tandem_llm_worker.providers.client import ProviderClient
from tandem_llm_worker.providers.error_body import ErrorBody
from tandem_llm_worker.providers.errors import CallFailed, CallVerdict, failure
from tandem_llm_worker.providers.retry import Retry
from tandem_llm_worker.settings import KeptAnswersSettings, ProbeSettings, ProviderSettings, RetrySettings

ASK_ANEW_SECONDS = 3.0
"""How soon the dispatcher asks anew what was handed back."""
DEADLINE_SECONDS = 120.0
"""How long the dispatcher waits for an answer."""
HOURS = 3600.0


@dataclass(frozen=True)
class Call:
    """A call as it arrives at the provider."""

    at: float
    model: str
    prompt: str
    in_flight: int
    """Calls under way, this one included."""

    @property
    def is_probe(self) -> bool:
        return self.prompt == "Hi"

    def is_of(self, *seqs: int) -> bool:
        """Say whether it asks about one of these records."""
        return any(f"text number {seq}," in self.prompt for seq in seqs)


Serve = Callable[[Call], Answer]
"""What a call brings. Raises CallFailed."""


def good(**headers: str) -> Answer:
    """Return an answer that gives a label."""
    text = '{"sentiment": "neutral"}'
    usage = Usage(prompt_tokens=9, completion_tokens=5)
    return Answer((Completion(text=text, finish_reason="stop"),), usage, False, headers)


def refusal(headers: Mapping[str, str]) -> CallFailed:
    """Return what the worker makes of a 429."""
    said = ErrorBody.of({"message": "Rate limit reached.", "code": "rate_limit_exceeded"})
    return failure(429, said, sent=(), headers=headers)


def error(status: int = 503, message: str = "Loading model") -> CallFailed:
    """Return what the worker makes of a server's error."""
    return failure(status, ErrorBody.of({"message": message}), sent=(), headers={})


def timeout() -> CallFailed:
    """Return what the worker makes of a call without an answer."""
    return CallFailed(ErrorKind.TIMEOUT, CallVerdict.TRANSIENT, "no complete answer before the call's deadline")


def lost() -> CallFailed:
    """Return what the worker makes of a connection that breaks off."""
    return CallFailed(ErrorKind.CONNECTION, CallVerdict.TRANSIENT, "the connection failed (ServerDisconnectedError)")


def unreachable() -> CallFailed:
    """Return what the worker makes of a refused connection."""
    failed = CallFailed(ErrorKind.CONNECTION, CallVerdict.TRANSIENT, "the connection failed (ConnectionRefusedError)")
    failed.__cause__ = ConnectionRefusedError()
    return failed


class Window:
    """A limit of `calls` in the last `seconds`, which tells a Retry-After."""

    def __init__(
        self,
        calls: int,
        seconds: float,
        *,
        retry_after: str | None = None,
        headers: Callable[[int], Mapping[str, str]] = lambda _: {},
    ) -> None:
        self._calls, self._seconds, self._retry_after, self._headers = calls, seconds, retry_after, headers
        self._served: deque[float] = deque()
        self._taken = 0

    def __call__(self, call: Call) -> Answer:
        while self._served and self._served[0] <= call.at - self._seconds:
            self._served.popleft()
        if len(self._served) >= self._calls:
            raise refusal({} if self._retry_after is None else {"retry-after": self._retry_after})
        self._served.append(call.at)
        self._taken += 1
        return good(**self._headers(self._taken))


class LimitedAccount:
    """An account of the simulated provider, with the headers of `headers` in place of its own."""

    def __init__(
        self, limits: ProviderLimits, *, headers: Callable[[int], Mapping[str, str]] = lambda _: {}, told: bool = True
    ) -> None:
        """`told`: whether a refusal names a Retry-After."""
        self._account = AccountBuckets(limits, 0.0)
        self._headers, self._told = headers, told
        self._taken = 0

    def __call__(self, call: Call) -> Answer:
        admission = self._account.admit(9, 16, call.at)
        if admission.refused_by is not None:
            raise refusal({"retry-after": str(math.ceil(admission.retry_after))} if self._told else {})
        self._taken += 1
        return good(**self._headers(self._taken))


class ScriptedClient:
    """Stands for the client of a provider: each call takes a while and brings what `serve` makes of it."""

    name = "simulated"

    def __init__(self, serve: Serve, clock: Callable[[], float], settings: ProviderSettings) -> None:
        self._serve, self._clock, self._settings = serve, clock, settings
        self._in_flight = 0
        self.calls: list[tuple[float, ErrorKind | None]] = []
        """When each call but probes began, and how it failed."""
        self.most_in_flight: list[tuple[float, int]] = []

    async def call(self, _api: str, model: str, messages: Any, _parameters: Any) -> Answer:
        began, prompt = self._clock(), messages[-1]["content"]
        self._in_flight += 1
        self.most_in_flight.append((began, self._in_flight))
        kind: ErrorKind | None = None
        try:
            answer = self._serve(Call(began, model, prompt, self._in_flight))
            await asyncio.sleep(0.5)
        except CallFailed as failed:
            kind = failed.kind
            await asyncio.sleep(self._settings.timeout_seconds if kind is ErrorKind.TIMEOUT else 0.05)
            raise
        else:
            return answer
        finally:
            self._in_flight -= 1
            if prompt != "Hi":
                self.calls.append((began, kind))


@dataclass
class Outcome:
    """How a job ended."""

    answers: dict[int, AnnotationRespondedV1]
    calls: list[tuple[float, ErrorKind | None]]
    most_in_flight: list[tuple[float, int]]
    handed_back: Counter[int]
    longest_held: float
    seconds: float
    stops: list[tuple[float, AccountState, str, str]]
    """When the account changed, to what, and why."""
    errors: Counter[ErrorKind] = field(init=False)

    def __post_init__(self) -> None:
        self.errors = Counter(answer.error.kind for answer in self.answers.values() if answer.error)

    @property
    def failed(self) -> set[int]:
        return {seq for seq, answer in self.answers.items() if answer.error}

    @property
    def refused(self) -> int:
        return sum(kind is ErrorKind.RATE_LIMITED for _, kind in self.calls)

    @property
    def answered(self) -> int:
        return sum(kind is None for _, kind in self.calls)


def work_through(
    serve: Serve, *, records: int, agent: Any = None, longest_seconds: float = 4 * HOURS, **settings: Any
) -> Outcome:
    """Ask for `records` as a dispatcher would, until all have ended. `settings` are the provider's.

    What is handed back is asked anew, once the account takes calls.
    """

    async def story(clock: Callable[[], float]) -> Outcome:
        random.seed(1)
        provider = ProviderSettings(base_url="http://127.0.0.1:9/v1", **settings)
        client = ScriptedClient(serve, clock, provider)
        models = Models({"simulated": cast("ProviderClient", client)}, {"simulated": provider})

        def in_virtual_time(model: Model) -> None:
            model.limiter = Limiter(provider.limits_of(model.name), clock=clock)
            model.outages = Outages(
                "simulated", model.name, probe=model.probe, on_outage=model.limiter.restart, clock=clock
            )

        models.on_new.append(in_virtual_time)
        accounts = Accounts(("simulated",), ProbeSettings(), clock=clock)
        changed = asyncio.Event()
        stops: list[tuple[float, AccountState, str, str]] = []

        def note(account: AccountSeen) -> None:
            nonlocal changed
            changed.set()
            changed = asyncio.Event()
            stops.append((clock(), account.state, account.news.reason, account.news.message))

        accounts.on_change.append(note)
        jobs = JobTable(Connection(KafkaSettings()))
        job = published(**({} if agent is None else {"agent": agent}))
        jobs.apply(job)
        handler = RequestHandler(
            jobs=jobs,
            accounts=accounts,
            asker=Asker(
                models=models,
                prompts=Prompts(RendererPool()),
                retry=Retry(RetrySettings(), clock=clock),
                worker="worker",
                max_answer_bytes=900_000,
                on_stopped=accounts.stopped,
                known_stop=accounts.known_stop,
            ),
            kept=KeptAnswers(KeptAnswersSettings()),
            handed_back=HandedBackAnswers(KeptAnswersSettings()),
            job_wait_seconds=0.2,
            lease=Membership(),
        )
        wanted = {("simulated", name) for name in ("simulated", "second")}
        prober = Prober(accounts, probe=models.probe, wanted=lambda: wanted, clock=clock)
        probing = asyncio.create_task(prober.run())
        handed_back: Counter[int] = Counter()
        answers: dict[int, AnnotationRespondedV1] = {}
        longest = 0.0

        async def ask(seq: int) -> None:
            nonlocal longest
            while seq not in answers:
                while accounts.standing_in_the_way(job.agent) is not None:
                    await changed.wait()
                began = clock()
                outgoing = await handler([Received(request(seq), REQUESTS.name, 0, 0)])
                longest = max(longest, clock() - began)
                events = [each.event for each in outgoing]
                if events and isinstance(events[0], AnnotationRespondedV1):
                    answers[seq] = events[0]
                else:
                    handed_back[seq] += 1
                    await asyncio.sleep(ASK_ANEW_SECONDS)

        async with asyncio.timeout(longest_seconds):
            await asyncio.gather(*(ask(seq) for seq in range(records)))
        probing.cancel()
        await asyncio.gather(probing, return_exceptions=True)
        return Outcome(answers, client.calls, client.most_in_flight, handed_back, longest, clock(), stops)

    return run_in_virtual_time(story)
