"""The handler of requests alone, without a broker, before a provider that a test scripts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1
from tandem.events.catalog import REQUESTS
from tandem.messaging import Connection, JobTable, Received
from tandem.rendering.pool import RendererPool
from tandem.runtime.openai_chat import completion
from tandem.settings import KafkaSettings
from tandem.testing.provider import SimulatedProvider
from tandem_llm_worker.accounts.account import Account, Accounts
from tandem_llm_worker.answering.asker import Asker
from tandem_llm_worker.answering.handed_back import HandedBackAnswers
from tandem_llm_worker.answering.handler import RequestHandler
from tandem_llm_worker.answering.kept_answers import KeptAnswers
from tandem_llm_worker.calling.compiled_prompts import Prompts
from tandem_llm_worker.calling.model import Model
from tandem_llm_worker.calling.models import Models
from tandem_llm_worker.providers.client import ProviderClient
from tandem_llm_worker.providers.retry import Retry
from tandem_llm_worker.settings import KeptAnswersSettings, ProbeSettings, ProviderSettings, RetrySettings


class Membership:
    """A place in the consumer group that a test takes away and gives back."""

    def __init__(self) -> None:
        self._holds = True
        self.asked = 0
        """How often somebody waited for news."""
        self._news = asyncio.Event()

    @property
    def holds(self) -> bool:
        return self._holds

    async def changed(self) -> None:
        self.asked += 1
        await self._news.wait()

    def set(self, holds: bool) -> None:
        self._holds = holds
        self._news.set()
        self._news = asyncio.Event()


@dataclass
class Desk:
    """A handler, the table of jobs that it reads, and the provider that it asks."""

    handler: RequestHandler
    jobs: JobTable
    accounts: Accounts
    handed_back: HandedBackAnswers
    lease: Membership
    models: Models

    @property
    def model(self) -> Model:
        """Return the simulated model as it is called."""
        model = self.models.of("simulated", "simulated")
        assert model is not None
        return model

    @property
    def account(self) -> Account:
        """That of the simulated model."""
        account = self.accounts.of("simulated", "simulated")
        assert account is not None
        return account

    async def ask(self, asked: AnnotationRequestedV1) -> AnnotationRespondedV1 | None:
        outgoing = await self.handler([Received(asked, REQUESTS.name, 0, 0)])
        events = [each.event for each in outgoing]
        if not events:
            return None
        (event,) = events
        assert isinstance(event, AnnotationRespondedV1)
        return event

    async def answer(self, asked: AnnotationRequestedV1) -> AnnotationRespondedV1:
        answer = await self.ask(asked)
        assert answer is not None
        return answer


MakeDesk = Callable[..., Desk]


@pytest.fixture
async def make_desk() -> AsyncIterator[MakeDesk]:
    async with AsyncExitStack() as closing:
        renderers = await closing.enter_async_context(RendererPool())

        def make(
            base_url: str,
            *,
            max_answer_bytes: int = 900_000,
            job_wait: float = 0.2,
            start_seconds: float = 30.0,
            **more: Any,
        ) -> Desk:
            settings = ProviderSettings(
                **{"base_url": base_url, "max_in_flight": 8, "timeout_seconds": 3.0, **more},
            )
            assert settings.is_loopback
            client = ProviderClient("simulated", settings)
            closing.push_async_callback(client.close)
            retry = RetrySettings(max_calls=2, base_seconds=0.01)
            jobs = JobTable(Connection(KafkaSettings()))
            accounts = Accounts(("simulated",), ProbeSettings())
            models = Models({"simulated": client}, {"simulated": settings})
            asker = Asker(
                models=models,
                prompts=Prompts(renderers),
                retry=Retry(retry),
                worker="worker",
                max_answer_bytes=max_answer_bytes,
                on_stopped=accounts.stopped,
                known_stop=accounts.known_stop,
            )
            handed_back = HandedBackAnswers(KeptAnswersSettings())
            lease = Membership()
            handler = RequestHandler(
                lease=lease,
                jobs=jobs,
                accounts=accounts,
                asker=asker,
                kept=KeptAnswers(KeptAnswersSettings()),
                handed_back=handed_back,
                job_wait_seconds=job_wait,
                start_seconds=start_seconds,
            )
            return Desk(handler, jobs, accounts, handed_back, lease, models)

        yield make


@pytest.fixture
async def provider() -> AsyncIterator[SimulatedProvider]:
    async with SimulatedProvider() as provider:
        yield provider


class Scripted:
    """A provider that answers each call with what `reply` makes of its body, and keeps the bodies."""

    def __init__(self, reply: Callable[[dict[str, Any]], tuple[int, Any]]) -> None:
        self.reply = reply
        self.bodies: list[dict[str, Any]] = []
        self.base_url = ""

    async def serve(self, closing: AsyncExitStack) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        closing.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{site.port}/v1"

    async def _complete(self, http: web.Request) -> web.Response:
        body = await http.json()
        self.bodies.append(body)
        status, answer = self.reply(body)
        return web.json_response(answer, status=status)


Script = Callable[..., Any]


@pytest.fixture
async def scripted() -> AsyncIterator[Script]:
    async with AsyncExitStack() as closing:

        async def serve(reply: Callable[[dict[str, Any]], tuple[int, Any]]) -> Scripted:
            server = Scripted(reply)
            await server.serve(closing)
            return server

        yield serve


def good(body: dict[str, Any], *, finish_reason: str = "stop", content: str = '{"sentiment": "neutral"}') -> Any:
    answer = completion(body, answer_id="1", created=1, content=content, tokens=[])
    answer["choices"][0]["finish_reason"] = finish_reason
    return 200, answer


def complaint(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> Any:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return status, {"error": error}
