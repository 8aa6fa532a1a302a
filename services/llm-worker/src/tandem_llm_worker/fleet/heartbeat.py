"""Tells the other workers and the dispatcher, about every second, what this worker can take and what it does."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from tandem.events import AccountReported, AccountState, WorkerReportedV1
from tandem.messaging import Producer
from tandem_llm_worker.fleet.sharing import FleetShares

RATE_SECONDS = 10.0
LAST_REPORT_SECONDS = 2.0
MOST_REASON = 400
"""Characters of why an agent version is refused."""
LEAST_SECONDS = 0.1
"""Between two reports, however much there is to tell."""


class Heartbeat:
    """Sends reports until stopped; the last one says that the worker is stopping."""

    def __init__(
        self,
        *,
        producer: Producer,
        worker: str,
        slots: int,
        providers: tuple[str, ...],
        in_flight: Callable[[], int],
        queued: Callable[[], int],
        completed: Callable[[], int],
        every_seconds: float,
        accounts: Callable[[], Iterable[AccountReported]] = tuple,
        fleet: FleetShares | None = None,
        generation: Callable[[], int] = lambda: -1,
        holding: Callable[[], Iterable[int]] = tuple,
        refused_agents: Callable[[], Mapping[str, str]] = dict,
        timeouts: Mapping[str, float] | None = None,
    ) -> None:
        self._producer = producer
        self._worker = worker
        self._slots = slots
        self._providers = providers
        self._accounts = accounts
        self._fleet = fleet
        self._generation = generation
        self._holding = holding
        self._refused_agents = refused_agents
        self._timeouts = dict(timeouts or {})
        self._sequence = 0
        self._in_flight = in_flight
        self._queued = queued
        self._completed = completed
        self._every_seconds = every_seconds
        self._counts: deque[tuple[float, int]] = deque()
        self._stopping = False
        self._closed = asyncio.Event()
        self._due = asyncio.Event() if fleet is None else fleet.changed

    async def run(self) -> None:
        """Report until cancelled; wait for a broker that is away."""
        while not self._closed.is_set():
            await self._producer.send(self.report())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), LEAST_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), max(0.0, self._every_seconds - LEAST_SECONDS))
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """Say that no more work is taken, and go on reporting what is under way."""
        self._stopping = True
        await self._say_at_once()

    async def close(self) -> None:
        """Nothing is under way any more: the last report gives the shares back."""
        self._closed.set()
        self._due.set()
        await self._say_at_once()

    async def _say_at_once(self) -> None:
        """Report at once, without insisting: the report's age says the same a little later."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_REPORT_SECONDS):
                await self._producer.send(self.report())

    def report(self) -> WorkerReportedV1:
        self._sequence += 1
        accounts = tuple(self._accounts())
        if self._fleet is not None:
            self._due.clear()
            self._fleet.sending(self._sequence)
            accounts = tuple(self._fleet.say(each, leaving=self._closed.is_set()) for each in accounts)
        providers = dict.fromkeys(self._providers, AccountState.OK.value)
        for account in accounts:
            if account.state is not AccountState.OK and providers.get(account.provider) != AccountState.STOPPED:
                providers[account.provider] = account.state.value
        return WorkerReportedV1(
            worker=self._worker,
            slots=self._slots,
            in_flight=self._in_flight(),
            queued=self._queued(),
            completed_per_second=self._rate(time.monotonic(), self._completed()),
            stopping=self._stopping,
            providers=providers,
            accounts=accounts,
            sequence=self._sequence,
            generation=self._generation(),
            holding=tuple(sorted(self._holding())),
            refused_agents={agent_id: reason[:MOST_REASON] for agent_id, reason in self._refused_agents().items()},
            timeouts=self._timeouts,
            heard={} if self._fleet is None else dict(self._fleet.last_reports),
        )

    def _rate(self, now: float, completed: int) -> float:
        self._counts.append((now, completed))
        while self._counts[0][0] < now - RATE_SECONDS:
            self._counts.popleft()
        since, before = self._counts[0]
        return round((completed - before) / (now - since), 3) if now > since else 0.0
