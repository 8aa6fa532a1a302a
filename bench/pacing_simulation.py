"""Eight workers share an account of 6,000 requests a minute for 30 seconds of virtual time, with the worker's own code.

    uv run python bench/pacing_simulation.py

Two workers join at 10 s, two leave at 20 s. The account is a bucket that can hold a minute's worth, or one that holds
a second's and of which each refused call takes its part too; both hold a second's worth at first, so 3,100 calls are
all that can be had. No real time is waited for, and the figures are the same on any machine.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from pacing_baselines import Aimd, Cubic, Paced

from tandem.testing.provider.limits import AccountBuckets, ProviderLimits
from tandem.testing.virtual_time import run_in_virtual_time
from tandem_llm_worker.pacing import AccountLimits, Limiter
from tandem_llm_worker.pacing.headers import LimitReading, LimitReadings
from tandem_llm_worker.pacing.shares import Shares

SECONDS = 30.0
PER_MINUTE = 6000.0
IN_FLIGHT = 64
REPORT_SECONDS = 0.5
ON_CHANGE_SECONDS = 0.1
LOOK_SECONDS = 0.05
BUS_SECONDS = (0.01, 0.05)
LATENCY_SECONDS = (0.2, 0.8)

Clock = Callable[[], float]


class Pacing(Protocol):
    """What a worker waits for before a call, and tells what became of it."""

    async def reserve(self) -> AbstractContextManager[Any]: ...
    def accepted(self) -> None: ...
    def refused(self, retry_after: float) -> None: ...


@dataclass
class Policy:
    """How the workers pace themselves."""

    name: str
    configured: float | None = PER_MINUTE
    shares: bool = True
    feedback: bool = True
    headers: bool = False
    static_split: int = 0
    lost_reports: float = 0.0
    baseline: type[Paced] | None = None
    stopped: tuple[float, float] | None = None
    """From when to when a worker is stopped, as by SIGSTOP; then it goes on where it was."""


@dataclass
class Provider:
    """The simulated account, and its score."""

    clock: Clock
    account: AccountBuckets
    accepted: int = 0
    refused: int = 0
    late_accepted: int = 0
    late_refused: int = 0
    per_second: Counter[int] = field(default_factory=Counter)

    def call(self) -> bool:
        now = self.clock()
        ok = self.account.admit(10, 10, now).refused_by is None
        late = now >= SECONDS / 2
        if ok:
            self.accepted += 1
            self.per_second[int(now)] += 1
            self.late_accepted += late
        else:
            self.refused += 1
            self.late_refused += late
        return ok

    def reading(self) -> LimitReading:
        """Return the reading that the rate-limit headers give now."""
        bucket, now = self.account.buckets["requests"], self.clock()
        return LimitReading(PER_MINUTE, max(0.0, bucket.level(now)), bucket.seconds_until_full(now))


@dataclass(frozen=True)
class Report:
    worker: str
    claim: float
    demand: float
    sent_at: float
    found: float | None = None
    refused: int = 0
    taken: int = 0
    stopping: bool = False


@dataclass
class Log:
    """The reports in their one order; each reader gets them a little later, in that order."""

    readers: dict[str, Callable[[Report], None]] = field(default_factory=dict)
    random: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - a simulation

    def send(self, report: Report) -> None:
        delay = self.random.uniform(*BUS_SECONDS)
        asyncio.get_running_loop().call_later(delay, self._deliver, report)

    def _deliver(self, report: Report) -> None:
        for read in list(self.readers.values()):
            read(report)


class Worker:
    """The worker's pacing on a simulated bus and account; always more to do than it may."""

    def __init__(
        self, name: str, policy: Policy, clock: Clock, provider: Provider, log: Log, *, seed: str = ""
    ) -> None:
        self.name = name
        self._policy = policy
        self._clock = clock
        self._provider = provider
        self._log = log
        self._random = random.Random(seed + name)  # noqa: S311 - a simulation
        configured = policy.configured
        if configured is not None and policy.static_split:
            configured /= policy.static_split
        limits = AccountLimits(requests_per_minute=configured, max_in_flight=IN_FLIGHT)
        self.limiter = Limiter(limits, clock=clock, call_later=self._call_later)
        self._pacing: Pacing = self.limiter if policy.baseline is None else policy.baseline(clock)
        self._stopped_until = 0.0
        self._cut = False
        self._refused: dict[str, int] = {}
        self.limiter.on_cut = self._was_cut
        self.shares = Shares()
        self.shares.demand = 1.0
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        if self._policy.shares:
            self.limiter.set_share(0.0)
            self._log.readers[self.name] = self._read
            self.tasks.append(asyncio.create_task(self._report()))
        self.tasks += [asyncio.create_task(self._call()) for _ in range(IN_FLIGHT + 8)]

    def leave(self) -> None:
        for task in self.tasks:
            task.cancel()
        if self._policy.shares:
            del self._log.readers[self.name]
            self._log.send(Report(self.name, 0.0, 0.0, self._clock(), stopping=True))

    def stop_until(self, until: float) -> None:
        """Nothing of this worker runs until then; its clock goes on, and what came for it waits."""
        self._stopped_until = until

    async def _call(self) -> None:
        while True:
            if not await self._try():
                await self._sleep(self._random.uniform(1.0, 1.5))

    async def _try(self) -> bool:
        """Make one call; return whether it was taken. A refused one says to come back after a second."""
        with await self._pacing.reserve():
            ok = self._provider.call()
            await self._sleep(self._random.uniform(*LATENCY_SECONDS) if ok else 0.02)
            if self._policy.headers:
                self.limiter.allow(LimitReadings(requests=self._provider.reading()))
            if self._policy.feedback:
                if ok:
                    self._pacing.accepted()
                else:
                    self._pacing.refused(1.0)
            return ok

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if (left := self._stopped_until - self._clock()) > 0.0:
            await asyncio.sleep(left)

    def _call_later(self, seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        at = max(self._clock() + seconds, self._stopped_until)

        def fire() -> None:
            if (left := self._stopped_until - self._clock()) > 0.0:
                asyncio.get_running_loop().call_later(left, callback)
            else:
                callback()

        return asyncio.get_running_loop().call_later(at - self._clock(), fire)

    async def _report(self) -> None:
        sent = float("-inf")
        while True:
            now = self._clock()
            self._hold(now)
            changed = self._cut or self.shares.wants_to_report(now)
            if now - sent >= REPORT_SECONDS or (now - sent >= ON_CHANGE_SECONDS and changed):
                sent, self._cut = now, False
                claim = self.shares.claim(now)
                self._hold(now)
                if self._random.random() >= self._policy.lost_reports:
                    limiter = self.limiter
                    found, refused = limiter.allowance.rate_to_report, limiter.refused_calls
                    taken = limiter.accepted_calls + limiter.in_flight
                    self._log.send(Report(self.name, claim, self.shares.demand, now, found, refused, taken))
            await self._sleep(LOOK_SECONDS)

    def _was_cut(self) -> None:
        self._cut = True

    def _hold(self, now: float) -> None:
        self.limiter.set_share(self.shares.held(now), until=self.shares.until)

    def _read(self, report: Report) -> None:
        now = self._clock()
        if now < self._stopped_until:
            self._call_later(0.0, partial(self._read, report))
            return
        if report.worker == self.name:
            self.shares.read_back(claim=report.claim, sent_at=report.sent_at, now=now)
        else:
            self.shares.on_report(
                report.worker, claim=report.claim, demand=report.demand, stopping=report.stopping, now=now
            )
            self.limiter.record_total(report.worker, report.taken)
            if report.found is not None and self._policy.feedback:
                self.limiter.adopt(report.found)
                if report.refused > self._refused.get(report.worker, report.refused):
                    self.limiter.adopt_refused(report.found)
            self._refused[report.worker] = report.refused
        self._hold(now)


def simulate(policy: Policy, limits: ProviderLimits, *, seed: str = "") -> Provider:
    """30 s of the fleet; the score of the provider. Latencies and waits differ by the seed."""

    async def story(clock: Clock) -> Provider:
        provider = Provider(clock, AccountBuckets(limits, clock()))
        log = Log()
        workers = [Worker(f"w{number}", policy, clock, provider, log, seed=seed) for number in range(8)]
        for worker in workers[:6]:
            worker.start()
        if policy.stopped is not None:
            began, ended = policy.stopped
            asyncio.get_running_loop().call_later(began, workers[5].stop_until, ended)
        await asyncio.sleep(10)
        for worker in workers[6:]:
            worker.start()
        await asyncio.sleep(10)
        for worker in workers[:2]:
            worker.leave()
        await asyncio.sleep(SECONDS - 20)
        for worker in workers[2:]:
            worker.leave()
        await asyncio.sleep(1)
        return provider

    return run_in_virtual_time(story)


MINUTE_BUCKET = ProviderLimits(requests_per_minute=PER_MINUTE, capacity_seconds=60, initial=1 / 60)
SECOND_BUCKET = ProviderLimits(requests_per_minute=PER_MINUTE, capacity_seconds=1, refused_cost=1)

POLICIES = (
    Policy("full speed, Retry-After alone", configured=None, shares=False, feedback=False),
    Policy("static split by 8", shares=False, feedback=False, static_split=8),
    Policy("AIMD", shares=False, baseline=Aimd),
    Policy("CUBIC", shares=False, baseline=Cubic),
    Policy("feedback alone, limit unknown", configured=None, shares=False),
    Policy("shares with feedback, limit unknown", configured=None),
    Policy("feedback alone, with headers", configured=None, shares=False, headers=True),
    Policy("shares alone", feedback=False),
    Policy("shares with feedback, no headers", feedback=True),
    Policy("shares with feedback and headers", headers=True),
    Policy("the same, a tenth of the reports lost", headers=True, lost_reports=0.1),
    Policy("the same, one stopped from 6 to 14 s", headers=True, stopped=(6.0, 14.0)),
    Policy("no headers, limit set twice too high", configured=2 * PER_MINUTE),
    Policy("twice too high, and the headers say it", configured=2 * PER_MINUTE, headers=True),
)


def main() -> None:
    print(f"{'':40} {'one-minute bucket':>22} {'one-second bucket':>22}   refused after 15 s")
    for policy in POLICIES:
        cells, late = [], []
        for limits in (MINUTE_BUCKET, SECOND_BUCKET):
            score = simulate(policy, limits)
            cells.append(f"{score.accepted:>12,} / {score.refused:>7,}")
            late.append(f"{score.late_refused / max(1, score.late_accepted + score.late_refused):6.1%}")
        print(f"{policy.name:40} {cells[0]} {cells[1]}   {'  '.join(late)}", flush=True)


if __name__ == "__main__":
    main()
