"""The job table and the workers' reports: topics that every process reads whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer

from contract.messaging.bus import dead_letters, job
from tandem.events import JobPublishedV1, JobState, WorkerReportedV1
from tandem.events.catalog import JOBS
from tandem.messaging import Connection, JobTable, Producer, WorkerReports
from tandem.testing.waiting import eventually


@pytest.fixture
async def table(connection: Connection, producer: Producer) -> AsyncIterator[JobTable]:
    """Not started yet."""
    table = JobTable(connection, producer=producer)
    yield table
    await table.stop()


async def test_the_start_waits_until_everything_published_before_is_known(producer: Producer, table: JobTable) -> None:
    await producer.send_all([job(f"job{n % 700}", revision=1 + n // 700) for n in range(2100)])

    await table.start()

    assert len(table.live()) == 700
    assert {published.revision for published in table.live()} == {3}


async def test_an_empty_topic_starts_soon(table: JobTable) -> None:
    started = time.monotonic()

    await table.start()

    assert table.live() == []
    assert time.monotonic() - started < 10


async def test_the_highest_epoch_and_revision_stay_and_listeners_hear_of_news_alone(
    producer: Producer, table: JobTable
) -> None:
    heard: list[JobPublishedV1] = []
    table.on_change(heard.append)
    await table.start()

    for revision, epoch, state in (
        (2, 1, JobState.RUNNING),
        (1, 1, JobState.PAUSED),
        (2, 1, JobState.RUNNING),
        (1, 2, JobState.CANCELLED),
        (9, 1, JobState.RUNNING),
    ):
        await producer.send(job("job", revision=revision, epoch=epoch, state=state))
    await producer.send(job("last"))

    assert await table.wait_for("last", timeout=10)
    assert [(event.epoch, event.revision) for event in heard if event.job_id == "job"] == [(1, 2), (2, 1)]
    newest = table.get("job")
    assert newest is not None
    assert newest.state is JobState.CANCELLED
    assert [live.job_id for live in table.live()] == ["last"]


async def test_whoever_waits_for_a_job_is_woken_by_its_arrival(producer: Producer, table: JobTable) -> None:
    await table.start()
    waiting = [asyncio.create_task(table.wait_for("job", timeout=20)) for _ in range(3)]
    assert await table.wait_for("job", timeout=0.05) is None

    await producer.send(job("job"))

    found = await asyncio.gather(*waiting)
    assert all(published is not None and published.job_id == "job" for published in found)


async def test_what_cannot_be_read_goes_to_the_dead_letter_and_the_table_goes_on(
    connection: Connection, producer: Producer, table: JobTable
) -> None:
    raw = AIOKafkaProducer(**connection.options)
    await raw.start()
    await raw.send_and_wait(connection.topic(JOBS), b"[1, 2]", key=b"job")
    await raw.send_and_wait(connection.topic(JOBS), None, key=b"gone")
    await raw.stop()
    await producer.send(job("job"))

    await table.start()

    assert table.get("job") is not None
    [(reason, value, headers)] = await dead_letters(connection, 1)
    assert (reason, value, headers["topic"]) == ("bad_schema", b"[1, 2]", connection.topic(JOBS))


async def test_reports_of_workers_count_while_they_are_fresh(connection: Connection, producer: Producer) -> None:
    now = 100.0
    await producer.send(WorkerReportedV1(worker="before", slots=1, in_flight=0))
    reports = WorkerReports(connection, clock=lambda: now)
    await reports.start()

    old = datetime.now(UTC) - timedelta(minutes=5)
    await producer.send(WorkerReportedV1(worker="late", slots=1, in_flight=0, occurred_at=old))
    await producer.send(WorkerReportedV1(worker="gone", slots=1, in_flight=0, stopping=True))
    await producer.send(WorkerReportedV1(worker="here", slots=8, in_flight=3))
    await eventually(lambda: any(report.worker == "here" for report in reports.live()))

    assert {report.worker for report in reports.live()} - {"before"} == {"here"}
    now += 6
    assert reports.live() == []
    await reports.stop()
