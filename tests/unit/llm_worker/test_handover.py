"""For whom a worker waits before it takes partitions over."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tandem.events import WorkerReportedV1
from tandem_llm_worker.takeover import handover as handover_module
from tandem_llm_worker.takeover.handover import Handover, holders


def report(worker: str, **more: Any) -> WorkerReportedV1:
    return WorkerReportedV1(worker=worker, slots=8, in_flight=0, **more)


@pytest.mark.parametrize(
    ("said", "waited_for"),
    [
        (report("other", generation=3, holding=(1, 2)), True),
        (report("other", generation=3, holding=(5,)), False),
        (report("other", generation=4), False),
        (report("other", generation=2), True),  # does not know yet what it lost
        (report("other"), False),  # no member of the group yet
        (report("other", generation=3, holding=(2,), stopping=True), True),
        (report("me", generation=2, holding=(1,)), False),
    ],
)
def test_waited_for_is_who_holds_requests_or_does_not_know_what_it_lost(
    said: WorkerReportedV1, *, waited_for: bool
) -> None:
    assert holders([said], [1, 2], worker="me", generation=3) == (["other"] if waited_for else [])


class Reports:
    def __init__(self, *reports: WorkerReportedV1) -> None:
        self.on_report: list[Any] = []
        self.reports = list(reports)

    def fresh(self) -> list[WorkerReportedV1]:
        return self.reports

    def say(self, said: WorkerReportedV1) -> None:
        self.reports = [said]
        for tell in self.on_report:
            tell(said)


async def test_answers_are_read_once_the_calls_of_the_earlier_owner_have_ended() -> None:
    reports = Reports(report("other", generation=3, holding=(1,)))
    read: list[dict[int, int]] = []

    async def tail(behind: Any) -> None:
        read.append(behind)

    handover: Any = Handover(
        worker="me",
        reports=reports,  # type: ignore[arg-type]  # what is used of it
        generation=lambda: 3,
        tail=tail,
        seconds=3600,
    )
    waiting = asyncio.create_task(handover({1: 7}))
    for _ in range(5):
        await asyncio.sleep(0)
    assert read == []

    reports.say(report("other", generation=3))

    await waiting
    assert read == [{1: 7}]


async def test_silence_says_nothing_when_the_worker_itself_was_cut_off() -> None:
    reports = Reports()
    now = [0.0]
    read: list[Any] = []

    async def tail(behind: Any) -> None:
        read.append(behind)

    handover = Handover(
        worker="me",
        reports=reports,  # type: ignore[arg-type]  # what is used of it
        generation=lambda: 3,
        tail=tail,
        seconds=3600,
        clock=lambda: now[0],
    )
    now[0] = 60.0
    waiting = asyncio.create_task(handover({1: 7}))

    async def hear(said: WorkerReportedV1) -> None:
        reports.say(said)
        for _ in range(5):
            await asyncio.sleep(0)

    await hear(report("me", generation=3))  # its own report came back; another worker's may be on its way
    assert read == []
    now[0] = 61.0
    await hear(report("other", generation=3, holding=(1,)))
    now[0] = 70.0
    await hear(report("other", generation=3, holding=(1,)))
    assert read == []
    now[0] = 72.0
    await hear(report("other", generation=3))
    now[0] = 73.0
    await hear(report("other", generation=3))

    await waiting
    assert read == [{1: 7}]


async def test_nobody_is_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover_module, "LOOK_SECONDS", 0.001)
    now = [0.0]
    read: list[Any] = []

    def clock() -> float:
        now[0] += 4.0
        return now[0]

    async def tail(behind: Any) -> None:
        read.append(behind)

    handover = Handover(
        worker="me",
        reports=Reports(report("other", generation=3, holding=(1,))),  # type: ignore[arg-type]  # what is used of it
        generation=lambda: 3,
        tail=tail,
        seconds=10,
        clock=clock,
    )

    await handover({1: 7})

    assert read == [{1: 7}]
