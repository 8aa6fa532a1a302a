"""The end of a worker: orderly, and not."""

from __future__ import annotations

import asyncio

import pytest

from llm_worker_line import Line, StartWorker, published, request
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually


@pytest.fixture
def broker(each_broker: Broker) -> Broker:
    """Both: where a log ends, and who has a partition when, is where they differ."""
    return each_broker


async def test_a_stop_finishes_the_calls_under_way_publishes_and_commits(line: Line, start_worker: StartWorker) -> None:
    line.provider.change(hold=True)
    worker = start_worker(provider={"max_in_flight": 4})
    await line.publish(published(), *(request(seq) for seq in range(4)))
    await eventually(lambda: line.provider.score().in_flight == 4)

    stopping = asyncio.create_task(worker.stop())
    await eventually(lambda: line.reports[-1].stopping)
    line.provider.change(hold=False)
    await stopping

    await line.answered(4)
    await line.all_committed()
    assert line.provider.score().abandoned == 0


async def test_what_a_killed_worker_had_under_way_is_asked_by_the_next(line: Line, start_worker: StartWorker) -> None:
    line.provider.change(hold=True)
    first = start_worker(provider={"max_in_flight": 4})
    await line.publish(published(), *(request(seq) for seq in range(20)))
    await eventually(lambda: line.provider.score().in_flight == 4)
    await first.kill()
    line.provider.change(hold=False)

    start_worker()

    answers = await line.answered(20)
    assert {answer.seq for answer in answers} == set(range(20))
    assert line.provider.score().received <= 24
    assert line.provider.score().answered_repeatedly == 0


async def test_reports_tell_slots_and_what_is_in_flight(line: Line, start_worker: StartWorker) -> None:
    line.provider.change(hold=True)
    worker = start_worker(provider={"max_in_flight": 2})
    await line.publish(published(), *(request(seq) for seq in range(3)))

    await eventually(lambda: bool(line.reports) and line.reports[-1].in_flight == 2)

    report = line.reports[-1]
    assert (report.worker, report.slots, report.queued) == (worker.settings.worker, 2, 1)
    assert report.providers == {"simulated": "ok"}
    line.provider.change(hold=False)
    await line.answered(3)
    await eventually(lambda: line.reports[-1].completed_per_second > 0)
    await worker.stop()
    await eventually(lambda: line.reports[-1].stopping)
