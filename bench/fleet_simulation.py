"""Four workers and a dispatcher share an account of 6,000 requests a minute, in virtual time; one worker is killed.

    uv run python bench/fleet_simulation.py

The pacing is the worker's own, the window the dispatcher's own. The broker is simulated: requests come at random into
four partitions; a killed worker's partition goes to another one when its session has ended, and in the second before,
in which the group shares the partitions out anew, nobody fetches. The account's bucket holds one second's worth and is
empty at first. In one row the first call of all is refused on top.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass, field

from pacing_simulation import PER_MINUTE, Clock, Log, Policy, Provider, Worker

from tandem.testing.provider.limits import AccountBuckets, ProviderLimits
from tandem.testing.virtual_time import run_in_virtual_time
from tandem_api.dispatch.settings import DispatchSettings
from tandem_api.dispatch.window import Rate, late_after, widen, window_size

SECONDS = 60.0
KILLED_AT = 20.0
NOTICED_SECONDS = 5.0
"""After which the dispatcher misses a worker's reports."""
UNSETTLED_SECONDS = 15.0
SESSION_SECONDS = 10.0
REBALANCE_SECONDS = 1.0
PARTITIONS = 4
HANDS = 200
LOOK_SECONDS = 0.25
EMPTY_AT_FIRST = ProviderLimits(requests_per_minute=PER_MINUTE, capacity_seconds=1, initial=0)


@dataclass
class RefusesTheFirst(Provider):
    """Refuses the first calls that come, whatever is in the bucket."""

    first: int = 1

    def call(self) -> bool:
        if self.first > 0:
            self.first -= 1
            self.refused += 1
            return False
        return super().call()


@dataclass
class Supply:
    """The dispatcher's window, and the partitions through which workers get its requests."""

    clock: Clock
    settings: DispatchSettings = field(default_factory=DispatchSettings)
    seed: str = ""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - a simulation
        self._asked: dict[int, tuple[int, float]] = {}
        """Partition and time of each request that is outstanding."""
        self._logs: list[deque[int]] = [deque() for _ in range(PARTITIONS)]
        self._ended = 0
        self._number = 0
        self._rate = Rate()
        self.owners: dict[int, FleetWorker] = {}
        """By partition; one without an owner is not fetched."""
        self.workers: list[FleetWorker] = []
        self.unsettled = False

    async def run(self) -> None:
        """Keep the window full, as the dispatcher does at each tick."""
        settings = self.settings
        while True:
            await asyncio.sleep(settings.tick_seconds)
            self._rate = self._rate.observed(self._ended, settings.tick_seconds)
            self._ended = 0
            rate, now = self._rate.per_second, self.clock()
            share = window_size(
                completed_per_second=rate,
                call_slots=sum(worker.limiter.useful_slots() for worker in self.workers),
                seconds=settings.window_seconds + (settings.rebalance_seconds if self.unsettled else 0.0),
                smallest=settings.min_window,
                largest=settings.max_window,
            )
            before = now - late_after(share, rate)
            late = sum(at < before for _, at in self._asked.values())
            share = widen(share, late=late, completed_per_second=rate, largest=settings.max_window)
            for _ in range(share - len(self._asked)):
                self._number += 1
                partition = self._random.randrange(PARTITIONS)
                self._asked[self._number] = (partition, now)
                self._logs[partition].append(self._number)
            self.fetch()

    def fetch(self) -> None:
        """Give workers what is in the partitions that they own."""
        for partition, owner in self.owners.items():
            log = self._logs[partition]
            while log:
                owner.work.put_nowait(log.popleft())

    def ended(self, number: int) -> None:
        """Take an answer."""
        if self._asked.pop(number, None) is not None:
            self._ended += 1

    def share_out(self, lost: int, owner: FleetWorker) -> None:
        """Give the partition of a dead worker to another one, with all that was not answered."""
        self._logs[lost] = deque(number for number, (partition, _) in self._asked.items() if partition == lost)
        self.owners[lost] = owner


class FleetWorker(Worker):
    """A worker that calls for what it is given, and tells what it could use."""

    supply: Supply

    def start(self) -> None:
        self.work: asyncio.Queue[int] = asyncio.Queue()
        super().start()
        for task in self.tasks[1:]:
            task.cancel()
        self.tasks += [asyncio.create_task(self._look())]
        self.tasks += [asyncio.create_task(self._serve()) for _ in range(HANDS)]

    def die(self) -> None:
        """Vanish without a word."""
        for task in self.tasks:
            task.cancel()
        del self._log.readers[self.name]

    async def _serve(self) -> None:
        while True:
            number = await self.work.get()
            await self._call_once()
            self.supply.ended(number)

    async def _call_once(self) -> None:
        while not await self._try():
            await self._sleep(self._random.uniform(1.0, 1.5))

    async def _look(self) -> None:
        while True:
            await self._sleep(LOOK_SECONDS)
            self.shares.demand = self.limiter.demand()


def simulate(policy: Policy, *, killed: bool = False, refused_first: int = 0, seed: str = "") -> Provider:
    """Run the fleet for a minute; return the provider with its score."""

    async def story(clock: Clock) -> Provider:
        provider = RefusesTheFirst(clock, AccountBuckets(EMPTY_AT_FIRST, clock()), first=refused_first)
        log = Log()
        supply = Supply(clock, seed=seed)
        workers = [FleetWorker(f"w{number}", policy, clock, provider, log, seed=seed) for number in range(4)]
        for worker in workers:
            worker.supply = supply
            worker.start()
        supply.workers = list(workers)
        supply.owners = dict(enumerate(workers))
        tasks = [asyncio.create_task(supply.run())]
        await asyncio.sleep(KILLED_AT)
        if killed:
            await _kill(workers[3], supply)
        await asyncio.sleep(SECONDS - clock())
        for worker in supply.workers:
            worker.leave()
        for task in tasks:
            task.cancel()
        return provider

    return run_in_virtual_time(story)


async def _kill(worker: FleetWorker, supply: Supply) -> None:
    """Kill a worker and return when the others have its partition."""
    lost = next(partition for partition, owner in supply.owners.items() if owner is worker)
    worker.die()
    del supply.owners[lost]
    await asyncio.sleep(NOTICED_SECONDS)
    supply.workers.remove(worker)
    supply.unsettled = True
    await asyncio.sleep(SESSION_SECONDS - NOTICED_SECONDS)
    owners, supply.owners = supply.owners, {}
    await asyncio.sleep(REBALANCE_SECONDS)
    supply.owners = owners
    supply.share_out(lost, supply.workers[0])
    await asyncio.sleep(UNSETTLED_SECONDS - SESSION_SECONDS + NOTICED_SECONDS - REBALANCE_SECONDS)
    supply.unsettled = False


POLICIES = (
    Policy("configured"),
    Policy("learned from headers", configured=None, headers=True),
    Policy("unknown", configured=None),
)


def main() -> None:
    print("| limit | what happens | use of the rate | calls a second from 2 to 12 s | from 30 s on | refused |")
    print("| --- | --- | --- | --- | --- | --- |")
    for policy in POLICIES:
        for what, score in (
            ("no fault", simulate(policy)),
            ("one killed at 20 s", simulate(policy, killed=True)),
            ("first call refused", simulate(policy, refused_first=1)),
        ):
            early = sum(score.per_second[second] for second in range(2, 12)) / 10
            late = sum(score.per_second[second] for second in range(30, int(SECONDS))) / (SECONDS - 30)
            use = score.accepted / (SECONDS * PER_MINUTE / 60)
            print(f"| {policy.name} | {what} | {use:.1%} | {early:.1f} | {late:.1f} | {score.refused} |", flush=True)


if __name__ == "__main__":
    main()
