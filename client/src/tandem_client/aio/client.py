"""The SDK's front door."""


# Written by `make async-client` from client.py: change that one.

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self

import httpx

from tandem_client import config
from tandem_client.aio.binding import bound
from tandem_client.aio.resources.access import Access
from tandem_client.aio.resources.agents import Agents
from tandem_client.aio.resources.bulk import BulkActs
from tandem_client.aio.resources.campaigns import Campaigns
from tandem_client.aio.resources.certificates import Certificates
from tandem_client.aio.resources.comparisons import Comparisons
from tandem_client.aio.resources.datasets import Datasets
from tandem_client.aio.resources.dead_letters import DeadLetters
from tandem_client.aio.resources.decisions import Decisions
from tandem_client.aio.resources.deletions import Deletions
from tandem_client.aio.resources.finding import Finding
from tandem_client.aio.resources.jobs import Jobs
from tandem_client.aio.resources.label_schemas import LabelSchemas
from tandem_client.aio.resources.people import People
from tandem_client.aio.resources.projects import Projects
from tandem_client.aio.resources.review_queues import ReviewQueues
from tandem_client.aio.resources.subsets import Subsets
from tandem_client.aio.transport import Transport


class AsyncTandem:
    """A connection to a Tandem server. Use it within one event loop; close it, or use it as a context manager.

        async with AsyncTandem("http://127.0.0.1:8000", token) as tandem:
            project = await tandem.projects.create("tweets")

    Methods raise TandemError. `timeout` bounds the wait for one answer, `patience` how long a request that did not get
    through is made again, both in seconds.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        timeout: float = 30.0,
        patience: float = 10.0,
        http: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`http` and `sleep` replace the network and the clock in tests."""
        self._transport = Transport(url, token, timeout=timeout, patience=patience, http=http, sleep=sleep)
        self.url = self._transport.url
        self.projects = bound(Projects(self._transport), self)
        self.label_schemas = bound(LabelSchemas(self._transport), self)
        self.datasets = bound(Datasets(self._transport), self)
        self.agents = bound(Agents(self._transport), self)
        self.jobs = bound(Jobs(self._transport, sleep=sleep), self)
        self.subsets = bound(Subsets(self._transport), self)
        self.campaigns = bound(Campaigns(self._transport, sleep=sleep), self)
        self.certificates = bound(Certificates(self._transport, sleep=sleep), self)
        self.finding = bound(Finding(self._transport, self.subsets), self)
        self.comparisons = bound(Comparisons(self._transport, self.campaigns), self)
        self.decisions = bound(Decisions(self._transport), self)
        self.bulk = bound(BulkActs(self._transport, sleep=sleep), self)
        self.review_queues = bound(ReviewQueues(self._transport), self)
        self.access = bound(Access(self._transport), self)
        self.people = bound(People(self._transport), self)
        self.dead_letters = bound(DeadLetters(self._transport), self)
        self.deletions = bound(Deletions(self._transport), self)

    @classmethod
    def connect(cls, url: str | None = None, token: str | None = None, **more: Any) -> Self:
        """Connect to the server that TANDEM_URL and TANDEM_TOKEN name, or that `tandem login` saved; `url` and `token`
        win over them. So no key need stand in a notebook. Raises TandemError where none is known."""
        if url is None or token is None:
            saved = config.load()
            url, token = url or saved.url, token or saved.token
        return cls(url, token, **more)

    @property
    def transport(self) -> Transport:
        """Return the HTTP connection."""
        return self._transport

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._transport.close()
