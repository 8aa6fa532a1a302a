"""The shares of an account: what is held never adds up to more than the whole, whatever is read when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawing import tries
from tandem_llm_worker.pacing.shares import LEASE_SECONDS, MARGIN_SECONDS, Shares, divide


@dataclass
class Report:
    worker: str
    claim: float
    demand: float
    sent_at: float
    stopping: bool = False


@dataclass
class Worker:
    """Reads the log at its own pace; `offset` is how its clock differs from the others'."""

    name: str
    offset: float
    read: int
    shares: Shares = field(default_factory=Shares)

    def held(self, now: float) -> float:
        return self.shares.held(now + self.offset)


class Fleet:
    def __init__(self) -> None:
        self.log: list[Report] = []
        self.workers: dict[str, Worker] = {}
        self.now = 0.0
        self._names: Iterator[int] = iter(range(10_000))

    def join(self, offset: float = 0.0) -> str:
        name = f"w{next(self._names)}"
        self.workers[name] = Worker(name, offset, read=0)
        while self.workers[name].read < len(self.log):  # the tail of the log is read before the first report
            self.read(name)
        return name

    def report(self, name: str) -> None:
        worker = self.workers[name]
        claim = worker.shares.claim(self.now + worker.offset)
        self.log.append(Report(name, claim, worker.shares.demand, self.now + worker.offset))

    def read(self, name: str) -> None:
        worker = self.workers[name]
        if worker.read == len(self.log):
            return
        report = self.log[worker.read]
        worker.read += 1
        now = self.now + worker.offset
        if report.worker == name:
            worker.shares.read_back(claim=report.claim, sent_at=report.sent_at, now=now)
        else:
            worker.shares.on_report(
                report.worker, claim=report.claim, demand=report.demand, stopping=report.stopping, now=now
            )

    def leave(self, name: str) -> None:
        del self.workers[name]
        self.log.append(Report(name, 0.0, 0.0, self.now, stopping=True))

    def round(self, seconds: float = 1.0) -> None:
        for name in list(self.workers):
            self.report(name)
        for name in list(self.workers):
            while self.workers[name].read < len(self.log):
                self.read(name)
        self.now += seconds

    @property
    def total(self) -> float:
        return sum(worker.held(self.now) for worker in self.workers.values())


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.floats(-1e6, 1e6)),
        st.tuples(st.sampled_from(["leave", "vanish"]), st.integers(0, 5)),
        st.tuples(st.just("report"), st.integers(0, 5)),
        st.tuples(st.just("read"), st.integers(0, 5)),
        st.tuples(st.just("demand"), st.tuples(st.integers(0, 5), st.floats(0, 1))),
        st.tuples(st.just("pass"), st.floats(0, 6)),
    ),
    max_size=120,
)


@tries(200)
@given(actions=ACTIONS)
def test_what_is_held_never_adds_up_to_more_than_the_account(actions: list[tuple[str, Any]]) -> None:
    fleet = Fleet()
    fleet.workers[fleet.join()].shares.demand = 1.0
    for action, value in actions:
        names = list(fleet.workers)
        if action == "join":
            fleet.workers[fleet.join(value)].shares.demand = 1.0
        elif action == "pass":
            fleet.now += value
        elif names and action == "demand":
            fleet.workers[names[value[0] % len(names)]].shares.demand = value[1]
        elif names and action == "vanish":
            fleet.workers.pop(names[value % len(names)])
        elif names:
            getattr(fleet, action)(names[value % len(names)])
        assert fleet.total <= 1.0 + 1e-9


def test_a_worker_alone_holds_everything_as_soon_as_it_has_read_its_first_report() -> None:
    fleet = Fleet()
    name = fleet.join()
    fleet.workers[name].shares.demand = 1.0
    fleet.round(0.05)

    assert fleet.total == pytest.approx(1.0)


def test_hungry_workers_come_to_even_shares_and_the_whole_is_used() -> None:
    fleet = Fleet()
    for _ in range(4):
        fleet.workers[fleet.join()].shares.demand = 1.0
        fleet.round()
    for _ in range(3):
        fleet.round()

    assert [worker.held(fleet.now) for worker in fleet.workers.values()] == pytest.approx([0.25] * 4, abs=0.02)


def test_what_one_cannot_use_goes_to_those_who_can() -> None:
    fleet = Fleet()
    idle, busy = fleet.join(), fleet.join()
    fleet.workers[idle].shares.demand = 0.1
    fleet.workers[busy].shares.demand = 0.9
    for _ in range(4):
        fleet.round()

    assert fleet.workers[idle].held(fleet.now) == pytest.approx(0.1, abs=0.02)
    assert fleet.workers[busy].held(fleet.now) == pytest.approx(0.9, abs=0.02)


def test_a_worker_that_hears_nothing_of_itself_holds_nothing_and_the_others_take_over_later() -> None:
    fleet = Fleet()
    lost, kept = fleet.join(), fleet.join()
    for name in (lost, kept):
        fleet.workers[name].shares.demand = 1.0
    for _ in range(4):
        fleet.round()
    away = fleet.workers.pop(lost)
    began = fleet.now
    while fleet.now < began + LEASE_SECONDS + MARGIN_SECONDS + 2:
        fleet.round(0.5)
        if fleet.workers[kept].held(fleet.now) > 0.6:
            assert away.held(fleet.now) == 0.0

    assert fleet.workers[kept].held(fleet.now) == pytest.approx(1.0)


def test_who_says_that_it_stops_is_followed_at_once() -> None:
    fleet = Fleet()
    gone, kept = fleet.join(), fleet.join()
    for name in (gone, kept):
        fleet.workers[name].shares.demand = 1.0
    for _ in range(4):
        fleet.round()
    fleet.leave(gone)
    fleet.round(0.1)
    fleet.round(0.1)

    assert fleet.workers[kept].held(fleet.now) == pytest.approx(1.0)


@given(demands=st.lists(st.floats(0, 2), min_size=1, max_size=12))
def test_the_whole_is_divided_and_nobody_gets_less_than_he_wants_while_there_is_enough(demands: list[float]) -> None:
    parts = divide(demands)

    assert sum(parts) == pytest.approx(1.0)
    if sum(demands) <= 1.0:
        assert all(part >= demand - 1e-9 for part, demand in zip(parts, demands, strict=True))


def test_who_has_twice_as_much_to_do_gets_twice_as_much() -> None:
    assert divide([1.0, 0.5, 0.5]) == pytest.approx([0.5, 0.25, 0.25])


def test_a_demand_that_fluctuates_moves_nothing_while_nobody_lacks_anything() -> None:
    fleet = Fleet()
    first, second = fleet.join(), fleet.join()
    for name in (first, second):
        fleet.workers[name].shares.demand = 0.8
    for _ in range(4):
        fleet.round()
    held = [worker.held(fleet.now) for worker in fleet.workers.values()]
    fleet.workers[first].shares.demand = 0.75
    for _ in range(4):
        fleet.round()

    assert [worker.held(fleet.now) for worker in fleet.workers.values()] == held


def test_a_newcomer_gets_its_part_of_many_at_once() -> None:
    fleet = Fleet()
    for _ in range(25):
        fleet.workers[fleet.join()].shares.demand = 1.0
        fleet.round(0.2)
        fleet.round(0.2)
    newcomer = fleet.join()
    fleet.workers[newcomer].shares.demand = 1.0
    for _ in range(3):
        fleet.round(0.2)

    assert fleet.workers[newcomer].held(fleet.now) > 0.8 / 26
