"""The SDK's front door."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Self

import httpx

from tandem_client import config
from tandem_client.binding import bound
from tandem_client.resources.access import Access
from tandem_client.resources.agents import Agents
from tandem_client.resources.bulk import BulkActs
from tandem_client.resources.campaigns import Campaigns
from tandem_client.resources.certificates import Certificates
from tandem_client.resources.comparisons import Comparisons
from tandem_client.resources.datasets import Datasets
from tandem_client.resources.dead_letters import DeadLetters
from tandem_client.resources.decisions import Decisions
from tandem_client.resources.deletions import Deletions
from tandem_client.resources.finding import Finding
from tandem_client.resources.jobs import Jobs
from tandem_client.resources.label_schemas import LabelSchemas
from tandem_client.resources.people import People
from tandem_client.resources.projects import Projects
from tandem_client.resources.review_queues import ReviewQueues
from tandem_client.resources.subsets import Subsets
from tandem_client.transport import Transport


class Tandem:
    """A connection to a Tandem server. May be used from several threads; close it, or use it as a context manager.

        with Tandem("http://127.0.0.1:8000", token) as tandem:
            project = tandem.projects.create("tweets")

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
        http: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()
